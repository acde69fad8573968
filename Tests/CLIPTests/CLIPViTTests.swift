import DenseKitCore
import SmallModels
import Testing

@testable import DenseKitCLIP

private func build(_ settings: String) throws -> CLIPViT {
    try #require(try makeBackbone("{type: CLIPViT, \(settings)}", CLIPPlugin()) as? CLIPViT)
}

private let tiny =
    "width: 16, heads: 2, layers: 4, out_indices: [0, 1, 2, 3], input_resolution: 64, output_dim: 6"

@Suite struct CLIPViTTests {
    /// Pixels that fill no patch are not seen; the coarsest level rounds down once more.
    @Test(arguments: [(64, 64), (32, 47), (70, 101), (95, 33), (80, 112)]) func sizes(
        _ height: Int, _ width: Int
    ) throws {
        let network = try build(tiny)
        let image = try images(height, width)
        let features = try network.evaluated(image)
        let h = height / 16
        let w = width / 16
        #expect(
            features.maps.map(\.shape) == [
                [2, 16, 4 * h, 4 * w], [2, 16, 2 * h, 2 * w], [2, 16, h, w], [2, 16, h / 2, w / 2],
            ])
        #expect(
            features.globalEmbedding?.shape == [2, 6]
                && features.languageMap?.shape == [2, 6, h, w])
        #expect(
            network.outputs.map(\.stride) == [4, 8, 16, 32]
                && network.outputs.allSatisfy { $0.channels == 16 })
        #expect(network.language == LanguageSpec(width: 6, stride: 16))
        let cut = try withoutGrad {
            try network(image.narrowed(2, 0, 16 * h).narrowed(3, 0, 16 * w))
        }
        for (a, b) in zip(features.maps, cut.maps) {
            #expect(try (a - b).abs().amax().item() < 1e-5)
        }
    }

    @Test func withoutEmbeddingsThereIsNoLanguage() throws {
        let network = try build(tiny + ", embeddings: false")
        let features = try network(images(32, 32))
        #expect(
            features.globalEmbedding == nil && features.languageMap == nil
                && network.language == nil)
        let names = try network.namedTensors().map(\.name)
        #expect(
            !names.contains { $0.hasPrefix("ln_post") || $0 == "proj" }
                && names.contains("fpn1.4.bias"))
    }

    @Test func patchesOfEight() throws {
        let network = try build(
            "patch_size: 8, width: 16, heads: 2, layers: 4, out_indices: [0, 1, 2, 3], input_resolution: 32"
        )
        let features = try network(images(44, 70))  // 5 × 8 patches
        #expect(
            features.maps.map(\.shape) == [
                [2, 16, 10, 16], [2, 16, 5, 8], [2, 16, 2, 4], [2, 16, 1, 2],
            ])
        #expect(features.languageMap?.shape == [2, 512, 5, 8] && network.language?.stride == 8)
        let pyramid = try network.namedTensors().map(\.name).filter { $0.hasPrefix("fpn") }
        #expect(
            pyramid == [
                "fpn1.0.weight", "fpn1.0.bias", "fpn1.1.weight", "fpn1.1.bias", "fpn2.weight",
                "fpn2.bias", "fpn3.0.weight",
                "fpn3.0.bias", "fpn4.0.weight", "fpn4.0.bias",
            ])
    }

    @Test func stochasticDepthRises() throws {
        let network = try build(tiny + ", drop_path_rate: 0.3")
        let rates = network.transformer.resblocks.map(\.dropPath.probability)
        #expect(zip(rates, [0, 0.1, 0.2, 0.3]).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(network.transformer.resblocks[0].attn.heads == 2)
        #expect(
            try build("width: 128, layers: 4, out_indices: [0, 1, 2, 3]").transformer.resblocks[0]
                .attn.heads == 2)
    }

    /// In training some images miss a block; in evaluation none does.
    @Test func stochasticDepthIsForTraining() throws {
        let network = try build(tiny + ", drop_path_rate: 1, embeddings: false")
        let image = try images(32, 32)
        let block = network.transformer.resblocks[3]
        let tokens = try Tensor.randomNormal([2, 5, 16], generator: RandomGenerator(seed: 2))
        // at 1 every image misses the last block
        #expect(try (block(tokens) - tokens).abs().amax().item() == 0)
        try network.setTraining(false)
        #expect(try (block(tokens) - tokens).abs().amax().item() > 0)
        let (a, b) = try withoutGrad { try (network(image).maps[3], network(image).maps[3]) }
        #expect(try (a - b).abs().amax().item() == 0)
    }

    @Test func oneStepOfTraining() throws {
        let network = try build(tiny + ", drop_path_rate: 0.2")
        let features = try network(images(64, 48))
        let language = try #require(features.languageMap),
            global = try #require(features.globalEmbedding)
        var loss = try language.pow(2).sum() + global.pow(2).sum()
        for map in features.maps { loss = try loss + map.pow(2).sum() }
        try loss.backward()
        for entry in try network.namedParameters() {
            #expect(try #require(entry.tensor.grad, "\(entry.name)").isFinite(), "\(entry.name)")
        }
    }

    @Test(arguments: [(31, 64), (64, 31), (16, 16)]) func imagesThatAreTooSmall(
        _ height: Int, _ width: Int
    ) throws {
        let error = try #require(throws: SettingError.self) {
            try build(tiny)(images(height, width))
        }
        let seen = "\(height / 16 * 16)×\(width / 16 * 16)"
        #expect(
            error.description
                == "the coarsest level needs images of at least 32×32 pixels, found patches for \(seen)"
        )
    }

    @Test(arguments: [
        ("patch_size: 32", "patch_size is 16 or 8, found 32"),
        ("patch_size: 0", "patch_size is 16 or 8, found 0"),
        ("width: 0", "width must be 1…65536, found 0"),
        ("width: 9223372036854775807", "width must be 1…65536, found 9223372036854775807"),
        ("width: 12, heads: 5", "a width of 12 cannot be shared by 5 heads"),
        ("width: 12, heads: 0", "a width of 12 cannot be shared by 0 heads"),
        ("layers: 0", "layers must be 1…1000, found 0"),
        ("layers: 11", "out_indices are four blocks of 0…10 in order, found [3, 5, 7, 11]"),
        ("out_indices: [0, 1, 2]", "out_indices are four blocks of 0…11 in order, found [0, 1, 2]"),
        (
            "out_indices: [0, 2, 1, 3]",
            "out_indices are four blocks of 0…11 in order, found [0, 2, 1, 3]"
        ),
        (
            "out_indices: [-1, 2, 4, 9]",
            "out_indices are four blocks of 0…11 in order, found [-1, 2, 4, 9]"
        ),
        ("width: 4, output_dim: 0", "output_dim must be 1…65536, found 0"),
        ("width: 4, input_resolution: 15", "input_resolution must be 16…32768, found 15"),
        (
            "width: 4, input_resolution: 9223372036854775807",
            "input_resolution must be 16…32768, found 9223372036854775807"
        ),
        ("drop_path_rate: 1.5", "drop_path_rate must be 0.0…1.0, found 1.5"),
        ("drop_path_rate: -0.1", "drop_path_rate must be 0.0…1.0, found -0.1"),
    ])
    func settingsOutOfRange(_ settings: String, _ expected: String) throws {
        #expect(try refusal { try build(settings) } == expected)
    }
}
