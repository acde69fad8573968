import DenseKitCore
import PublishedWeights
import SmallModels
import Testing

@testable import DenseKitCLIP

private func imageEncoder(_ settings: String) throws -> any Backbone {
    try makeBackbone("{type: CLIPResNet, \(settings)}", CLIPPlugin())
}

private func textEncoder(_ settings: String) throws -> CLIPTextContextEncoder {
    try CLIPTextContextEncoder(.decode(yaml: "{\(settings)}"), BuildContext(registry: Registry()))
}

private let readAs = "(read as OpenAI CLIP)"

@Suite struct OpenAITests {
    @Test(
        "OpenAI's image encoders load; the grid of 7×7 positions is resized",
        arguments: [
            (
                "openai_clip_rn50", "depth: 50, input_resolution: 224",
                "model tensors: filled 339, not filled 0, other shape 0; file tensors: used 339, not needed 153, without place 0 \(readAs)"
            ),
            (
                "openai_clip_rn50", "depth: 50",
                "model tensors: filled 339, not filled 0, other shape 0, resized 1; file tensors: used 339, not needed 153, without place 0 \(readAs)\n"
                    + "  resized: attnpool.positional_embedding (model [257, 2048], file [50, 2048])"
            ),
            (
                "openai_clip_rn50", "attention_pool: false",
                "model tensors: filled 330, not filled 0, other shape 0; file tensors: used 330, not needed 162, without place 0 \(readAs)"
            ),
            (
                "openai_clip_rn101", "depth: 101, input_resolution: 224",
                "model tensors: filled 645, not filled 0, other shape 0; file tensors: used 645, not needed 153, without place 0 \(readAs)"
            ),
            (
                "openai_clip_rn50x4",
                "layers: [4, 6, 10, 6], width: 80, output_dim: 640, input_resolution: 288",
                "model tensors: filled 519, not filled 0, other shape 0; file tensors: used 519, not needed 153, without place 0 \(readAs)"
            ),
        ])
    func images(list: String, settings: String, report: String) throws {
        let encoder = try imageEncoder(settings)
        #expect(
            "\(try encoder.loadPretrained(PublishedWeights.load(list), source: list))" == report)
    }

    @Test(
        "OpenAI's text encoders load; the positions beyond the prompt are cut",
        arguments: [
            ("openai_clip_rn50", "output_dim: 1024"), ("openai_clip_rn101", "output_dim: 512"),
            ("openai_clip_rn50x4", "width: 640, heads: 10, output_dim: 640"),
        ])
    func texts(list: String, settings: String) throws {
        let tensors = try PublishedWeights.load(list)
        let rest = tensors.count - 149
        let report = try textEncoder(settings + ", context_length: 77").loadPretrained(
            tensors, source: list)
        #expect(
            "\(report)"
                == "model tensors: filled 149, not filled 0, other shape 0; file tensors: used 149, not needed \(rest), without place 0 \(readAs)"
        )
        let cut = try textEncoder(settings).loadPretrained(tensors, source: list)
        #expect(cut.resized.map(\.name) == ["positional_embedding"] && cut.matched.count == 149)
    }

    @Test(
        "The larger image encoders have the names of a narrow one of as many blocks, and the widths of their settings",
        arguments: [
            ("openai_clip_rn50x4", [4, 6, 10, 6], 80, 640, 288),
            ("openai_clip_rn50x16", [6, 8, 18, 8], 96, 768, 384),
            ("openai_clip_rn50x64", [3, 15, 36, 10], 128, 1024, 448),
        ])
    func larger(list: String, layers: [Int], width: Int, output: Int, resolution: Int) throws {
        let file = try PublishedWeights.load(list).filter { $0.key.hasPrefix("visual.") }
        let names = try imageEncoder("layers: \(layers), width: 2, input_resolution: 32")
            .namedTensors().map {
                "visual." + $0.name
            }
        #expect(Set(names) == Set(file.keys))
        #expect(file["visual.conv3.weight"]?.shape == [width, width / 2, 3, 3])
        #expect(file["visual.layer4.0.conv3.weight"]?.shape == [32 * width, 8 * width, 1, 1])
        #expect(file["visual.attnpool.c_proj.weight"]?.shape == [output, 32 * width])
        let side = resolution / 32
        #expect(
            file["visual.attnpool.positional_embedding"]?.shape == [1 + side * side, 32 * width])
    }

    @Test("A text encoder of more positions than CLIP has, or of another width, is refused")
    func tooLong() throws {
        let tensors = try PublishedWeights.load("openai_clip_rn50")
        let error = try #require(throws: LoadError.self) {
            try textEncoder("context_length: 78").loadPretrained(tensors, source: "RN50.pt")
        }
        #expect(
            error.description == """
                RN50.pt: does not fit the model: model tensors: filled 148, not filled 0, other shape 1; file tensors: used 148, not needed 343, without place 0 \(readAs)
                  other shape: positional_embedding (model [78, 512], file [77, 512])
                Tensors of other shapes within an encoder belong to another size of it: use the settings of the file (width, depth, patch \
                size, lengths)
                """)
        #expect(throws: LoadError.self) {
            try textEncoder("width: 256").loadPretrained(tensors, source: "RN50.pt")
        }
    }

    @Test("Positions that are no square grid are not resized")
    func noSquare() throws {
        let pool = try AttentionPool2d(64, inputResolution: 64, heads: 1, output: 8)
        let name = "positional_embedding"
        for rows in [0, 1, 3, 6] {
            #expect(try pool.adapted(Tensor.zeros([rows, 64]), name, to: [5, 64]) == nil)
        }
        #expect(try pool.adapted(Tensor.zeros([50, 63]), name, to: [5, 64]) == nil)
        #expect(try pool.adapted(Tensor.zeros([50, 64]), name, to: [5, 64])?.shape == [5, 64])
        #expect(try pool.adapted(Tensor.zeros([50]), "q_proj.bias", to: [64]) == nil)
    }
}

/// A small CLIP with open_clip's answers, from a state dict and from a TorchScript archive.
@Suite struct ZeroShotTests {
    private let answers: [String: Tensor]

    init() throws {
        answers = try TensorFile.load(PublishedWeights.path("tiny_clip_answers.safetensors"))
            .tensors
    }

    private func answer(_ name: String) throws -> Tensor { try #require(answers[name]) }

    private func distance(_ a: Tensor, _ b: Tensor) throws -> Double {
        try (a - b).abs().amax().item()
    }

    @Test(
        "Image and text embeddings and their cosine are open_clip's",
        arguments: ["tiny_clip.pth", "tiny_clip.pt"])
    func cosine(file: String) throws {
        let weights = try WeightsFile.load(PublishedWeights.path(file)).tensors
        #expect(weights["visual.conv1.weight"]?.dtype == .float16)
        let images = try imageEncoder(
            "layers: [1, 1, 1, 1], width: 2, input_resolution: 64, output_dim: 32")
        let texts = try textEncoder(
            "vocabulary_size: 64, width: 16, heads: 2, layers: 2, context_length: 77, output_dim: 32"
        )
        #expect(try images.loadPretrained(weights, source: file).missing.isEmpty)
        #expect(try texts.loadPretrained(weights, source: file).missing.isEmpty)
        try images.setTraining(false)
        try texts.setTraining(false)
        let tokens = try answer("tokens").integers().map(Int.init)
        let rows = (0..<5).map { Array(tokens[(77 * $0)..<(77 * $0 + 77)]) }
        try withoutGrad {
            let image = try #require(try images(answer("image").to(.float32)).globalEmbedding)
            // Plain prompts: no learned contexts.
            let text = try texts(rows, contexts: Tensor.zeros([1, 0, 16])).selected(0, 0)
            #expect(image.shape == [1, 32] && text.shape == [5, 32])
            #expect(try distance(image, answer("image_embeddings")) < 1e-4)
            #expect(try distance(text, answer("text_embeddings")) < 1e-4)
            let scores = try image.normalized(1).matmul(text.normalized(1).transposed(0, 1))
            #expect(try distance(scores, answer("scores")) < 1e-4)
        }
    }

    @Test("With exact GELU the text embeddings are open_clip's of quick_gelu=False")
    func exactGELU() throws {
        let weights = try WeightsFile.load(PublishedWeights.path("tiny_clip.pth")).tensors
        let tokens = try answer("tokens").integers().map(Int.init)
        let rows = (0..<5).map { Array(tokens[(77 * $0)..<(77 * $0 + 77)]) }
        func first(_ settings: String) throws -> [Float] {
            let texts = try textEncoder(
                "vocabulary_size: 64, width: 16, heads: 2, layers: 2, context_length: 77, output_dim: 32"
                    + settings)
            try texts.loadPretrained(weights, source: "tiny")
            return try withoutGrad {
                try texts(rows, contexts: Tensor.zeros([1, 0, 16])).selected(0, 0).narrowed(1, 0, 1)
                    .contiguous().floats()
            }
        }
        // open_clip_torch 3.3.0, encode_text(tokens)[:, 0].
        let (exact, quick): ([Float], [Float]) = (
            [0.09102, -0.10748, 1.10221, 0.87043, 0.0686],
            [0.08533, -0.1158, 1.09388, 0.85464, 0.06076]
        )
        for (settings, expected) in [
            (", quick_gelu: false", exact), (", quick_gelu: true", quick), ("", quick),
        ] {
            #expect(
                try zip(first(settings), expected).allSatisfy { abs($0 - $1) < 1e-4 }, "\(settings)"
            )
        }
    }

    @Test("Positions are resized as DenseCLIP's code does")
    func positions() throws {
        let weights = try WeightsFile.load(PublishedWeights.path("tiny_clip.pth")).tensors
        let images = try imageEncoder(
            "layers: [1, 1, 1, 1], width: 2, input_resolution: 128, output_dim: 32")
        #expect(try images.loadPretrained(weights, source: "tiny").resized.count == 1)
        let found = try #require(
            try images.namedTensors().first { $0.name == "attnpool.positional_embedding" }?.tensor)
        #expect(try distance(found.detached(), answer("resized_positions")) < 1e-6)
    }
}
