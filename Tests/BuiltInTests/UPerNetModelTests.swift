import DenseKitBuiltIn
import DenseKitCore
import PublishedWeights
import Testing

private func model(_ yaml: String, classes: Int) throws -> DenseModel {
    let tokens = (0..<classes).map { [49406, $0 + 1, 49407, 0, 0] }
    var context = BuildContext(
        registry: try Registry(BuiltIn.plugins), classNames: (0..<classes).map { "class \($0)" })
    context.tokenIDs = tokens
    return try DenseModel(ModelConfiguration.decode(yaml: yaml, file: "a.yaml"), context)
}

private let auxiliary =
    "{ type: FCN, in_index: 2, channels: 256, num_convs: 1, concat_input: false, loss: { type: CrossEntropy, weight: 0.4 } }"
private let denseCLIP =
    "\nprompter: { type: DenseCLIP, text_encoder: { layers: 1, vocabulary_size: 8 } }"

@Suite("UPerNet's models", .serialized) struct UPerNetModelTests {
    /// The published sizes in millions, with 150 classes and the auxiliary head, and without text
    /// encoder. (Xiao et al. and Liu et al. in DenseCLIP's tables 1 and 5)
    @Test(arguments: [
        ("{ type: ResNet, depth: 50, stem: v1c }", "", 66.52),
        ("{ type: ResNet, depth: 101, stem: v1c }", "", 85.51),
        ("{ type: Swin, variant: tiny }", "", 59.94), ("{ type: Swin, variant: small }", "", 81.26),
        ("{ type: Swin, variant: tiny }", denseCLIP, 66.86),
        ("{ type: Swin, variant: small }", denseCLIP, 88.18),
    ])
    func parameters(_ backbone: String, _ prompter: String, _ millions: Double) throws {
        let model = try model(
            "backbone: \(backbone)\(prompter)\nhead: { type: UPerNet, channels: 512 }\nauxiliary_heads: [\(auxiliary)]",
            classes: 150)
        let counted = try model.namedParameters().filter { !$0.name.hasPrefix("text_encoder.") }
        let count = counted.reduce(0) { $0 + $1.tensor.count }
        #expect(abs(Double(count) / 1e6 - millions) < 0.005, "\(count)")
        if backbone.contains("50") {
            let head = counted.filter { $0.name.hasPrefix("auxiliary_head.") }.reduce(0) {
                $0 + $1.tensor.count
            }
            #expect(abs(Double(head) / 1e6 - 2.40) < 0.005)
        }
    }

    @Test("mmsegmentation's Swin with UPerNet loads whole, and without the auxiliary head")
    func weights() throws {
        let file = try PublishedWeights.load("mmseg_1x_upernet_swin_t")
        let plain = "backbone: { type: Swin }\nhead: { type: UPerNet }"
        for (yaml, line) in [
            (
                plain + "\nauxiliary_heads: [\(auxiliary)]",
                "model tensors: filled 259, not filled 0, other shape 0; file tensors: used 259, not needed 12, without place 0"
            ),
            (
                plain,
                "model tensors: filled 251, not filled 0, other shape 0; file tensors: used 251, not needed 20, without place 0 (read as a whole model)"
            ),
        ] {
            let report = try model(yaml, classes: 150).loadPretrained(file, atLeast: 1, source: "W")
            #expect("\(report)" == line)
        }
        let other = try model(plain, classes: 6)
        let error = try #require(throws: LoadError.self) {
            try other.loadPretrained(file, source: "W")
        }
        #expect(
            error.report.mismatched.map(\.name) == [
                "decode_head.conv_seg.weight", "decode_head.conv_seg.bias",
            ])
    }

    private static let backbones = [
        "{ type: ResNet, depth: 18, stem: v1c }",
        "{ type: CLIPResNet, layers: [1, 1, 1, 1], width: 8, output_dim: 16, input_resolution: 64 }",
        "{ type: Swin, embed_dims: 8, depths: [1, 2, 1, 1], num_heads: [1, 2, 2, 4], window_size: 4 }",
    ]

    /// Any backbone, with language or without, and two auxiliary heads: a step of training, then a
    /// prediction.
    @Test(arguments: backbones, [false, true]) func anyBackbone(
        _ backbone: String, _ prompted: Bool
    ) throws {
        let prompter =
            prompted
            ? """

            prompter:
              type: DenseCLIP
              num_contexts: 2
              text_encoder: { width: 16, heads: 2, layers: 1 }
              context_decoder: { width: 16, heads: 2, layers: 1 }
              attention_pool: { output_dim: 16, input_resolution: 64 }
            """ : ""
        let auxiliaries =
            "[{ type: FCN, in_index: 2, channels: 8, num_convs: 1, concat_input: false }, { type: FCN, channels: 8 }]"
        let model = try model(
            "backbone: \(backbone)\(prompter)\nhead: { type: UPerNet, channels: 8 }\nauxiliary_heads: \(auxiliaries)",
            classes: 3)
        let images = try Tensor.randomNormal([2, 3, 70, 58], generator: RandomGenerator(seed: 1))
        let targets = Targets(labels: try Tensor.zeros([2, 70, 58], dtype: .int64))
        let losses = try model.losses(images, targets, ForwardPass(progress: 0))
        let identity = prompted ? ["aux_identity.loss_ce"] : []
        #expect(
            losses.entries.map(\.name) == ["decode.loss_ce"] + identity + [
                "aux_0.loss_ce", "aux_1.loss_ce",
            ])
        let total = try #require(try losses.total())
        try total.backward()
        #expect(try total.isFinite())
        let heads = try model.namedParameters().filter {
            $0.name.contains("_head.") || $0.name.hasPrefix("backbone.")
        }
        let silent = heads.filter { $0.tensor.grad == nil }.map(\.name)
        // Without a prompter nobody reads CLIP's attention pool.
        #expect(silent.allSatisfy { !prompted && $0.hasPrefix("backbone.attnpool.") }, "\(silent)")
        // The score map joins what UPerNet pools, not what auxiliary heads see.
        let level = model.backbone.outputs[3].channels
        let inputs = Dictionary(
            uniqueKeysWithValues: try model.namedParameters().map { ($0.name, $0.tensor.size(1)) })
        #expect(inputs["decode_head.psp_modules.0.1.conv.weight"] == level + (prompted ? 3 : 0))
        #expect(inputs["auxiliary_head.1.convs.0.conv.weight"] == level)

        try model.setTraining(false)
        try withoutGrad {
            let found = try #require(try model.predictions(images) as? SegmentationPredictions)
            let logits = try found.classify(found.embedding)
            #expect(logits.shape[1] == 3 && (14...18).contains(logits.size(2)))
            #expect(try logits.isFinite())
        }
    }
}
