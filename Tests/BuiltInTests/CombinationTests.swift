import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

/// Every backbone with every prompter, neck and head, at a size that takes a moment.
/// `DENSEKIT_WALK=all swift test --filter CombinationTests` walks all of them; without it a fixed
/// sample.
@Suite("Combinations", .serialized) struct CombinationTests {
    private static let backbones = [
        "{ type: CLIPResNet, layers: [1, 1, 1, 1], width: 8, input_resolution: 64, output_dim: 24 }",
        "{ type: CLIPResNet, layers: [1, 1, 1, 1], width: 8, attention_pool: false }",
        "{ type: ResNet, depth: 18 }",
        "{ type: ResNet, depth: 18, stem: v1c }",
        "{ type: CLIPViT, width: 16, layers: 4, heads: 2, output_dim: 24, input_resolution: 64, out_indices: [0, 1, 2, 3] }",
        "{ type: CLIPViT, width: 16, layers: 4, heads: 2, embeddings: false, input_resolution: 64, out_indices: [0, 1, 2, 3] }",
        "{ type: ViT, width: 16, layers: 4, heads: 2, input_resolution: 64, out_indices: [0, 1, 2, 3] }",
        "{ type: Swin, embed_dims: 8, depths: [2, 2, 1, 1], num_heads: [1, 2, 2, 4], window_size: 4 }",
    ]
    private static let prompters: [String] =
        ["null"]
        + ["post", "post_template", "pre", "contexts", "template"].map { mode in
            let decoder =
                ["contexts", "template"].contains(mode)
                ? "" : ", context_decoder: { width: 16, heads: 2, layers: 1 }"
            return
                "{ type: DenseCLIP, prompting: \(mode), tokenizer: bytes, text_encoder: { width: 16, heads: 2, layers: 1 }, "
                + "attention_pool: { output_dim: 24, input_resolution: 64 }\(decoder) }"
        }
        + ["prompting: icpc", "prompting: coop, multi_scale: false, contrastive: null"].map {
            settings in
            "{ type: ICPC, \(settings), tokenizer: bytes, text_encoder: { width: 16, heads: 2, layers: 1 }, "
                + "attention_pool: { output_dim: 24, input_resolution: 64 }, context_decoder: { width: 16, heads: 2, layers: 1 } }"
        }
        + [
            "{ type: CLIPSP, k: 2, tokenizer: bytes, text_encoder: { width: 16, heads: 2, layers: 1 }, "
                + "visual_proj: { output_dim: 24, input_resolution: 64 }, multilabel_decoder: { blocks: 2, nodes: 5, head_width: 4 } }"
        ]
    private static let necks = ["null", "{ type: FPN, channels: 8 }"]
    private static let heads = [
        "{ type: SemanticFPN, channels: 8 }", "{ type: UPerNet, channels: 8 }",
        "{ type: FCN, channels: 8, in_index: 0 }",
    ]
    private static let auxiliary = [
        "[]",
        "[{ type: FCN, channels: 8, num_convs: 1, concat_input: false, in_index: 2, loss: { type: CrossEntropy, weight: 0.4 } }]",
    ]

    /// The `model:` part of each combination.
    private static let all: [String] = {
        var models: [String] = []
        for (b, backbone) in backbones.enumerated() {
            for (p, prompter) in prompters.enumerated() {
                // An embedding that nobody compares with text would learn nothing.
                if prompter == "null", backbone.contains("output_dim") { continue }
                for (n, neck) in necks.enumerated() {
                    for (h, head) in heads.enumerated() {
                        models.append(
                            """
                            backbone: \(backbone)
                            prompter: \(prompter)
                            neck: \(neck)
                            head: \(head)
                            auxiliary_heads: \(auxiliary[(b + p + n + h) % 2])
                            """)
                    }
                }
            }
        }
        return models
    }()

    private static let walk: [String] = {
        if ProcessInfo.processInfo.environment["DENSEKIT_WALK"] == "all" { return all }
        // A step that shares no divisor with the numbers of parts meets every part.
        return stride(from: 0, to: all.count, by: 11).map { all[$0] }
    }()

    private static let classes = ["sky", "red car", "grass"]

    private static func model(_ yaml: String) throws -> DenseModel {
        let context = BuildContext(registry: try Registry(BuiltIn.plugins), classNames: classes)
        return try DenseModel(.decode(yaml: yaml), context)
    }

    @Test("There are all of them, and the sample meets every part")
    func parts() {
        #expect(Self.all.count == (8 * 9 - 2) * 2 * 3 && Self.walk.count >= 26)
        let text = Self.walk.joined()
        for part in Self.backbones + Self.prompters + Self.necks + Self.heads + Self.auxiliary {
            #expect(text.contains(part), "\(part)")
        }
    }

    /// In a process of its own, so that nothing else computes beside it (docs/engine.md, known
    /// limits).
    @Test("Trains a step, and loaded into another model its weights predict the same")
    func combinations() async {
        await #expect(processExitsWith: .success) {
            for yaml in Self.walk {
                let unreached = try trainSaveAndLoad(yaml) { try Self.model(yaml) }
                // FCN by itself reads one level.
                #expect(
                    unreached.isEmpty || yaml.contains("head: { type: FCN"),
                    "no gradient: \(unreached) in\n\(yaml)")
            }
        }
    }

    /// Detectors on every backbone, alone and with DenseCLIP's prompter as it stands before
    /// detectors: few enough to walk always.
    private static let detectors: [String] = {
        let prompter =
            "{ type: DenseCLIP, tokenizer: bytes, text_encoder: { width: 16, heads: 2, layers: 1 }, "
            + "attention_pool: { output_dim: 24, input_resolution: 64 }, context_decoder: { width: 16, heads: 2, layers: 1 }, "
            + "scaled_score_map: true, score_target: boxes, loss: { type: BinaryCrossEntropy, name: loss_seg } }"
        let heads = [
            "{ type: RetinaNet, convs: 1, channels: 8 }",
            "{ type: MaskRCNN, rpn: { channels: 8 }, box: { channels: 16 }, mask: { convs: 1, channels: 8 } }",
        ]
        return backbones.flatMap { backbone in
            ["null", prompter].filter { $0 != "null" || !backbone.contains("output_dim") }.flatMap {
                prompter in
                heads.map { head in
                    "backbone: \(backbone)\nprompter: \(prompter)\nneck: { type: FPN, channels: 8, extra_levels: 1 }\nhead: \(head)"
                }
            }
        }
    }()

    @Test(
        "Detectors train a step on every backbone, and loaded into another model their weights predict the same"
    )
    func detectorCombinations() async {
        await #expect(processExitsWith: .success) {
            #expect(Self.detectors.count == (8 * 2 - 2) * 2)
            for yaml in Self.detectors {
                let unreached = try trainSaveAndLoad(yaml) { try Self.model(yaml) }
                #expect(unreached.isEmpty, "no gradient: \(unreached) in\n\(yaml)")
            }
        }
    }

    @Test(
        "What does not fit says why",
        arguments: [
            (
                "backbone: \(backbones[2])\nhead: { type: FCN, in_index: 4 }",
                "in_index"
            ),
            (
                "backbone: \(backbones[7])\nprompter: { type: DenseCLIP, tokenizer: bytes, prompting: contexts, gamma: 1 }\nhead: SemanticFPN",
                "gamma"
            ),
            (
                "backbone: \(backbones[0])\nneck: { type: FPN, channels: 0 }\nhead: SemanticFPN",
                "channels"
            ),
        ])
    func impossible(_ yaml: String, _ word: String) throws {
        let error = #expect(throws: (any Error).self) { _ = try Self.model(yaml) }
        #expect("\(try #require(error))".contains(word), "\(String(describing: error))")
    }
}
