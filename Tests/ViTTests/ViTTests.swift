import DenseKitCore
import SmallModels
import Testing

@testable import DenseKitViT

private func build(_ settings: String) throws -> ViT {
    try #require(try makeBackbone("{type: ViT, \(settings)}", ViTPlugin()) as? ViT)
}

private let tiny = "width: 16, heads: 2, layers: 4, out_indices: [0, 1, 2, 3], input_resolution: 64"

@Suite struct ViTTests {
    /// Images are filled to whole patches, as with zeros; the coarsest level rounds down.
    @Test(arguments: [(64, 64), (32, 47), (70, 101), (17, 33), (80, 112)]) func sizes(
        _ height: Int, _ width: Int
    ) throws {
        let network = try build(tiny)
        let image = try images(height, width)
        let features = try network.evaluated(image)
        let h = (height + 15) / 16
        let w = (width + 15) / 16
        #expect(
            features.maps.map(\.shape) == [
                [2, 16, 4 * h, 4 * w], [2, 16, 2 * h, 2 * w], [2, 16, h, w], [2, 16, h / 2, w / 2],
            ])
        #expect(
            features.globalEmbedding == nil && features.languageMap == nil
                && network.language == nil)
        #expect(
            network.outputs.map(\.stride) == [4, 8, 16, 32]
                && network.outputs.allSatisfy { $0.channels == 16 })
        let filled = try withoutGrad {
            try network(image.padded([0, 16 * w - width, 0, 16 * h - height]))
        }
        for (a, b) in zip(features.maps, filled.maps) {
            #expect(try (a - b).abs().amax().item() < 1e-5)
        }
    }

    @Test func keysAreMmsegmentations() throws {
        let names = try build(tiny + ", final_norm: true").namedTensors().map(\.name)
        #expect(
            Array(names.prefix(4)) == [
                "patch_embed.projection.weight", "patch_embed.projection.bias", "cls_token",
                "pos_embed",
            ])
        #expect(
            names.filter { $0.hasPrefix("layers.1.") }.map { String($0.dropFirst(9)) } == [
                "ln1.weight", "ln1.bias", "attn.attn.in_proj_weight", "attn.attn.in_proj_bias",
                "attn.attn.out_proj.weight",
                "attn.attn.out_proj.bias", "ln2.weight", "ln2.bias", "ffn.layers.0.0.weight",
                "ffn.layers.0.0.bias",
                "ffn.layers.1.weight", "ffn.layers.1.bias",
            ])
        #expect(
            names.contains("ln1.weight") && names.contains("fpn1.4.weight")
                && names.contains("fpn3.bias"))
        #expect(try !build(tiny).namedTensors().map(\.name).contains("ln1.weight"))
    }

    @Test func settings() throws {
        let network = try build(tiny + ", drop_path_rate: 0.3, interpolation: bilinear")
        #expect(
            zip(network.layers.map(\.dropPath.probability), [0, 0.1, 0.2, 0.3]).allSatisfy {
                abs($0 - $1) < 1e-12
            })
        #expect(network.posEmbed.shape == [1, 17, 16] && network.layers[0].attn.attn.heads == 2)
        #expect(
            try build("width: 192, layers: 4, out_indices: [0, 1, 2, 3]").layers[0].attn.attn.heads
                == 3)
    }

    @Test func oneStepOfTraining() throws {
        let network = try build(tiny + ", drop_path_rate: 0.2, final_norm: true")
        let maps = try network(images(64, 48)).maps
        try maps.map { try $0.pow(2).sum() }.reduce(Tensor.zeros([])) { try $0 + $1 }.backward()
        for entry in try network.namedParameters() {
            #expect(try #require(entry.tensor.grad, "\(entry.name)").isFinite(), "\(entry.name)")
        }
    }

    @Test func imagesThatAreTooSmall() throws {
        let error = try #require(throws: SettingError.self) { try build(tiny)(images(16, 40)) }
        #expect(
            error.description
                == "the coarsest level needs images of at least 32×32 pixels, found patches for 16×48"
        )
    }

    @Test(arguments: [
        ("patch_size: 14", "patch_size is 16 or 8, found 14"),
        ("width: 0", "width must be 1…65536, found 0"),
        ("width: 12, heads: 5", "a width of 12 cannot be shared by 5 heads"),
        ("layers: 9223372036854775807", "layers must be 1…1000, found 9223372036854775807"),
        (
            "out_indices: [3, 5, 7, 12]",
            "out_indices are four blocks of 0…11 in order, found [3, 5, 7, 12]"
        ),
        ("width: 4, input_resolution: 8", "input_resolution must be 16…32768, found 8"),
        ("drop_path_rate: 2", "drop_path_rate must be 0.0…1.0, found 2.0"),
    ])
    func settingsOutOfRange(_ settings: String, _ expected: String) throws {
        #expect(try refusal { try build(settings) } == expected)
    }
}
