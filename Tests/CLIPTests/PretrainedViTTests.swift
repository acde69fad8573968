import DenseKitCore
import PublishedWeights
import Testing

@testable import DenseKitCLIP

private func imageEncoder(_ settings: String) throws -> CLIPViT {
    try CLIPViT(.decode(yaml: "{\(settings)}"), BuildContext(registry: Registry()))
}

private let readAs = "(read as OpenAI CLIP)"
private let missing =
    "fpn1.*.weight (4), fpn1.*.bias (4), fpn1.2.running_mean, fpn1.2.running_var, fpn2.*.weight (2), fpn2.*.bias (2), fpn3.weight, "
    + "fpn3.bias, and 2 more"

@Suite(.serialized) struct OpenAIViTTests {
    @Test(
        "OpenAI's Vision Transformer loads; the grid of 14×14 positions is resized, and the pyramid is initialized again",
        arguments: [
            (
                "input_resolution: 224",
                "model tensors: filled 152, not filled 18, other shape 0; file tensors: used 152, not needed 153, without place 0 \(readAs)\n  not filled: \(missing)"
            ),
            (
                "input_resolution: 640",
                "model tensors: filled 152, not filled 18, other shape 0, resized 1; file tensors: used 152, not needed 153, without place 0 \(readAs)\n"
                    + "  not filled: \(missing)\n  resized: positional_embedding (model [1601, 768], file [197, 768])"
            ),
            (
                "input_resolution: 224, embeddings: false",
                "model tensors: filled 149, not filled 18, other shape 0; file tensors: used 149, not needed 156, without place 0 \(readAs)\n"
                    + "  not filled: \(missing)"
            ),
        ])
    func images(settings: String, report: String) throws {
        let encoder = try imageEncoder(settings)
        let file = try PublishedWeights.load("openai_clip_vit_b16")
        #expect("\(try encoder.loadPretrained(file, source: "ViT-B-16.pt"))" == report)
    }

    @Test(
        "Asked to be whole, a file without the pyramid is refused; without blocks it is refused anyway"
    )
    func wholeOrNot() throws {
        let encoder = try imageEncoder("input_resolution: 224")
        let file = try PublishedWeights.load("openai_clip_vit_b16")
        #expect(throws: LoadError.self) {
            try encoder.loadPretrained(file, atLeast: 1, source: "W")
        }
        let some = file.filter {
            !$0.key.contains("resblocks.3.") && !$0.key.contains("resblocks.4.")
        }
        #expect(throws: LoadError.self) { try encoder.loadPretrained(some, source: "W") }
    }

    @Test("A text encoder of another width and a ResNet are refused")
    func others() throws {
        let encoder = try imageEncoder("input_resolution: 224")
        for list in ["openai_clip_rn50", "openai_clip_rn50x4"] {
            let file = try PublishedWeights.load(list)
            #expect(throws: LoadError.self) { try encoder.loadPretrained(file, source: list) }
        }
    }

    @Test("Its text encoder loads too")
    func text() throws {
        var configuration = CLIPTextContextEncoder.Configuration()
        configuration.outputDim = 512
        configuration.contextLength = 77
        let encoder = try CLIPTextContextEncoder(configuration, BuildContext(registry: Registry()))
        let report = try encoder.loadPretrained(
            PublishedWeights.load("openai_clip_vit_b16"), source: "ViT-B-16.pt")
        #expect(
            "\(report)"
                == "model tensors: filled 149, not filled 0, other shape 0; file tensors: used 149, not needed 156, without place 0 \(readAs)"
        )
    }

    @Test(
        "The global embedding is that of DenseCLIP's code: open_clip's with the class embedding counted twice"
    )
    func embedding() throws {
        let answers = try TensorFile.load(
            PublishedWeights.path("tiny_clip_vit_answers.safetensors")
        ).tensors
        func answer(_ name: String) throws -> Tensor { try #require(answers[name]).to(.float32) }
        let weights = try WeightsFile.load(PublishedWeights.path("tiny_clip_vit.pth")).tensors
        let encoder = try imageEncoder(
            "layers: 4, width: 16, heads: 2, input_resolution: 64, output_dim: 32, out_indices: [0, 1, 2, 3]"
        )
        #expect(
            try encoder.loadPretrained(weights, source: "W").missing.allSatisfy {
                $0.hasPrefix("fpn")
            })
        try encoder.setTraining(false)
        try withoutGrad {
            let found = try #require(try encoder(answer("image")).globalEmbedding)
            #expect(try (found - answer("embedding")).abs().amax().item() < 1e-4)
            #expect(try (found - answer("openai_embedding")).abs().amax().item() > 1e-3)
            // With one of them taken from the position, it is OpenAI's.
            _ = try encoder.positionalEmbedding.narrowed(0, 0, 1).addInPlace(
                encoder.classEmbedding, scale: -1)
            let plain = try #require(try encoder(answer("image")).globalEmbedding)
            #expect(try (plain - answer("openai_embedding")).abs().amax().item() < 1e-4)
        }
    }

    @Test(
        "With exact GELU the global embedding is open_clip's of quick_gelu=False, and the text takes it over"
    )
    func exactGELU() throws {
        let answers = try TensorFile.load(
            PublishedWeights.path("tiny_clip_vit_answers.safetensors")
        ).tensors
        let image = try #require(answers["image"]).to(.float32)
        let weights = try WeightsFile.load(PublishedWeights.path("tiny_clip_vit.pth")).tensors
        // open_clip_torch 3.3.0, encode_image(image)[0, :8] with the class embedding counted twice.
        let exact: [Float] = [
            -1.37111, -0.2889, -1.49534, 0.23949, -0.57122, -1.5085, -0.5289, 1.44562,
        ]
        let quick: [Float] = [
            -1.36669, -0.28618, -1.49788, 0.24561, -0.56847, -1.5014, -0.53439, 1.44295,
        ]
        for (setting, expected, isQuick) in [
            ("quick_gelu: false", exact, false), ("quick_gelu: true", quick, true),
        ] {
            let encoder = try imageEncoder(
                "layers: 4, width: 16, heads: 2, input_resolution: 64, output_dim: 32, out_indices: [0, 1, 2, 3], \(setting)"
            )
            try encoder.loadPretrained(weights, source: "W")
            try encoder.setTraining(false)
            let found = try withoutGrad {
                try #require(try encoder(image).globalEmbedding).selected(0, 0).floats()
            }
            #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 }, "\(setting)")
            #expect(encoder.language?.quickGELU == isQuick)
        }
    }

    @Test("Positions of no square grid, or of another width, are not resized")
    func noGrid() throws {
        let encoder = try imageEncoder(
            "layers: 4, width: 16, heads: 2, input_resolution: 32, out_indices: [0, 1, 2, 3]")
        let name = "positional_embedding"
        for rows in [0, 1, 3, 198] {
            #expect(try encoder.adapted(Tensor.zeros([rows, 16]), name, to: [5, 16]) == nil)
        }
        #expect(try encoder.adapted(Tensor.zeros([10, 15]), name, to: [5, 16]) == nil)
        #expect(
            try encoder.adapted(Tensor.zeros([10, 16], dtype: .float16), name, to: [5, 16])?.shape
                == [5, 16])
        #expect(try encoder.adapted(Tensor.zeros([10, 16]), "proj", to: [5, 16]) == nil)
    }
}
