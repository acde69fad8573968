import DenseKitBuiltIn
import DenseKitCore
import PublishedWeights
import Testing

private func model(_ yaml: String, classes: Int = 150) throws -> DenseModel {
    let names = (0..<classes).map { "class \($0)" }
    let tokens = (0..<classes).map { [49406, $0 + 1, 49407, 0, 0] }
    var context = BuildContext(registry: try Registry(BuiltIn.plugins), classNames: names)
    context.tokenIDs = tokens
    return try DenseModel(.decode(yaml: yaml), context)
}

private let heads = "neck: { type: FPN, channels: 256 }\nhead: { type: SemanticFPN, channels: 256 }"
private let denseCLIP =
    "backbone: { type: CLIPViT, input_resolution: 640 }\nprompter: DenseCLIP\n" + heads

/// DenseCLIP's Table 1, in millions.
private let published: [(model: String, parameters: Double, withoutTheText: Double)] = [
    (
        "backbone: { type: CLIPViT, input_resolution: 512, embeddings: false }\n" + heads, 100.84,
        100.84
    ),
    (
        "backbone: { type: CLIPViT, input_resolution: 640, embeddings: false }\n" + heads, 101.28,
        101.28
    ),
    ("backbone: { type: ViT, input_resolution: 512 }\n" + heads, 100.84, 100.84),
    (denseCLIP, 168.67, 105.27),
]

@Suite("Models on Vision Transformers", .serialized) struct TransformerModelTests {
    @Test("Parameters at full size are those that DenseCLIP's tables count", arguments: published)
    func parameters(yaml: String, parameters: Double, withoutTheText: Double) throws {
        let model = try model(yaml)
        func millions(_ entries: [NamedTensor]) -> Double {
            Double(entries.reduce(0) { $0 + $1.tensor.count }) / 1e6
        }
        let all = try model.namedParameters()
        #expect(abs(millions(all) - parameters) < 0.005)
        #expect(
            abs(millions(all.filter { !$0.name.hasPrefix("text_encoder.") }) - withoutTheText)
                < 0.005)
    }

    @Test(
        "DenseCLIP's checkpoint on ViT-B/16 is this model's, name by name; CLIP's is a part of it")
    func checkpoints() throws {
        let model = try model(denseCLIP)
        let released = try PublishedWeights.load("denseclip_vitb_fpn")
        #expect(try model.load(released).isComplete)
        let clip = try model.loadPretrained(
            PublishedWeights.load("openai_clip_vit_b16"), source: "ViT-B-16.pt")
        #expect(
            clip.matched.count == 152 + 149 && clip.unexpected.isEmpty
                && clip.format == "OpenAI CLIP")
        #expect(
            clip.resized.map(\.name) == [
                "backbone.positional_embedding", "text_encoder.positional_embedding",
            ])
        let kept = Set(
            clip.missing.map {
                String(
                    $0.split(separator: ".").prefix($0.hasPrefix("backbone") ? 2 : 1).joined(
                        separator: "."))
            })
        let pyramid = ["backbone.fpn1", "backbone.fpn2", "backbone.fpn3", "backbone.fpn4"]
        #expect(
            kept == Set(pyramid + ["contexts", "gamma", "context_decoder", "neck", "decode_head"]))
    }

    /// Sizes that are no multiples of a patch, and grids that halve with a rest.
    @Test(
        "A step of training reaches every parameter, and an image is answered, at any size",
        arguments: [
            "{ type: CLIPViT, output_dim: 24", "{ type: CLIPViT, embeddings: false",
            "{ type: CLIPViT, patch_size: 8",
            "{ type: ViT",
        ], [(64, 96), (75, 101), (112, 80)])
    func anySize(backbone: String, size: (Int, Int)) throws {
        let prompter = """
            { type: DenseCLIP, text_encoder: { width: 16, heads: 2, layers: 1 }, context_decoder: { width: 16, heads: 2, layers: 1 }, \
            attention_pool: { output_dim: 24, input_resolution: 64 } }
            """
        let small =
            "\(backbone), width: 16, heads: 2, layers: 4, out_indices: [0, 1, 2, 3], input_resolution: 64 }"
        let tail = "neck: { type: FPN, channels: 8 }\nhead: { type: SemanticFPN, channels: 8 }"
        let model = try model("backbone: \(small)\nprompter: \(prompter)\n\(tail)", classes: 3)
        let (height, width) = size
        let images = try Tensor.randomNormal(
            [2, 3, height, width], generator: RandomGenerator(seed: 1))
        let targets = Targets(labels: try Tensor.ones([2, height, width]).to(.int64))
        let mixed = [DType.bfloat16, .float16].filter { canAutocast($0, on: .cpu) }
        for dtype in [nil] + mixed {
            let losses = try withAutocast(dtype) {
                try model.losses(images, targets, ForwardPass())
            }
            try #require(try losses.total()).backward()
            for entry in try model.namedParameters() {
                let gradient = try #require(entry.tensor.grad, "\(entry.name)")
                #expect(try gradient.dtype == .float32 && gradient.isFinite(), "\(entry.name)")
                try entry.tensor.clearGrad()
            }
        }
        try model.setTraining(false)
        let found = try withoutGrad { try model.predictions(images) }
        let embedding = try #require(found as? SegmentationPredictions).embedding
        let finest = try withoutGrad { try model.backbone(images) }.maps[0]
        #expect(
            try embedding.shape == [2, 8, finest.size(2), finest.size(3)] && embedding.isFinite())
    }
}
