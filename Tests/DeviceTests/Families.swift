import Testing

/// The model families of the shipped configurations, as small as can be.
struct Family: Sendable, CustomTestStringConvertible {
    let name: String
    /// The `model:` part of its configuration.
    let model: String
    /// Whether it detects instances, with masks where it has them.
    var detects: Bool { model.contains("RetinaNet") || model.contains("MaskRCNN") }

    var testDescription: String { name }

    static func named(_ name: String) -> Family { all.first { $0.name == name }! }
}

private let clipResNet =
    "{ type: CLIPResNet, layers: [1, 1, 1, 1], width: 8, input_resolution: 64, output_dim: 24 }"
private let plainCLIPResNet =
    "{ type: CLIPResNet, layers: [1, 1, 1, 1], width: 8, attention_pool: false }"
private let clipViT =
    "{ type: CLIPViT, width: 16, layers: 4, heads: 2, output_dim: 24, input_resolution: 64, out_indices: [0, 1, 2, 3], drop_path_rate: 0.1 }"
private let plainCLIPViT =
    "{ type: CLIPViT, width: 16, layers: 4, heads: 2, embeddings: false, input_resolution: 64, out_indices: [0, 1, 2, 3] }"
private let viT =
    "{ type: ViT, width: 16, layers: 4, heads: 2, input_resolution: 64, out_indices: [0, 1, 2, 3] }"
private let swin =
    "{ type: Swin, embed_dims: 8, depths: [2, 2, 1, 1], num_heads: [1, 2, 2, 4], window_size: 4, drop_path_rate: 0.1 }"
private let text = "tokenizer: bytes, text_encoder: { width: 16, heads: 2, layers: 1 }"
private let pool = "attention_pool: { output_dim: 24, input_resolution: 64 }"
private let decoder = "context_decoder: { width: 16, heads: 2, layers: 1 }"
private let denseCLIP = "{ type: DenseCLIP, \(text), \(pool), \(decoder) }"
private let detectingDenseCLIP =
    "{ type: DenseCLIP, \(text), \(pool), \(decoder), scaled_score_map: true, score_target: boxes, "
    + "loss: { type: BinaryCrossEntropy, name: loss_seg } }"
private let icpc = "{ type: ICPC, \(text), \(pool), \(decoder) }"
private let clipSP =
    "{ type: CLIPSP, k: 2, \(text), visual_proj: { output_dim: 24, input_resolution: 64 }, "
    + "multilabel_decoder: { blocks: 2, nodes: 5, head_width: 4 } }"
private let semanticFPN = "{ type: SemanticFPN, channels: 8 }"
private let upernet = "{ type: UPerNet, channels: 8 }"
private let auxiliary =
    "[{ type: FCN, channels: 8, num_convs: 1, concat_input: false, in_index: 2, loss: { type: CrossEntropy, weight: 0.4 } }]"
private let retinaNet = "{ type: RetinaNet, convs: 1, channels: 8, per_level: 50 }"
private let maskRCNN =
    "{ type: MaskRCNN, finest_scale: 28, rpn: { channels: 8, scales: [4], sampler: { count: 32 }, "
    + "train_proposals: { per_level: 40, count: 20 }, test_proposals: { per_level: 40, count: 10 } }, "
    + "box: { channels: 16, sampler: { count: 16 }, score_threshold: 0.001 }, mask: { convs: 1, channels: 8 } }"

extension Family {
    /// A segmentation model with a feature pyramid where it has a Semantic FPN.
    private static func segments(
        _ name: String, _ backbone: String, _ prompter: String = "null", head: String = semanticFPN
    ) -> Family {
        let isPyramid = head == semanticFPN
        return Family(
            name: name,
            model: """
                backbone: \(backbone)
                  prompter: \(prompter)
                  neck: \(isPyramid ? "{ type: FPN, channels: 8 }" : "null")
                  head: \(head)
                  auxiliary_heads: \(isPyramid ? "[]" : auxiliary)
                """)
    }

    private static func detects(
        _ name: String, _ backbone: String, _ head: String, _ prompter: String = "null"
    ) -> Family {
        let levels =
            head == retinaNet
            ? "start_level: 1, extra_levels: 2, add_extra_convs: on_input" : "extra_levels: 1"
        return Family(
            name: name,
            model: """
                backbone: \(backbone)
                  prompter: \(prompter)
                  neck: { type: FPN, channels: 8, \(levels) }
                  head: \(head)
                """)
    }

    /// Every backbone, prompter, neck and head of configs/, in the combinations there.
    static let all = [
        segments("Semantic FPN, CLIP's ResNet", plainCLIPResNet),
        segments("Semantic FPN, ResNet", "{ type: ResNet, depth: 18, stem: v1c }"),
        segments("Semantic FPN, CLIP's ViT", plainCLIPViT), segments("Semantic FPN, ViT", viT),
        segments("UPerNet, ResNet", "{ type: ResNet, depth: 18, stem: v1c }", head: upernet),
        segments("UPerNet, Swin", swin, head: upernet),
        segments("DenseCLIP, CLIP's ResNet", clipResNet, denseCLIP),
        segments("DenseCLIP, CLIP's ViT", clipViT, denseCLIP),
        segments("DenseCLIP, UPerNet, Swin", swin, denseCLIP, head: upernet),
        segments("ICPC, CLIP's ResNet", clipResNet, icpc),
        segments("ICPC, CLIP's ViT", clipViT, icpc),
        segments("CLIP-SP, CLIP's ResNet", clipResNet, clipSP),
        segments("CLIP-SP, CLIP's ViT", clipViT, clipSP),
        detects("RetinaNet, ResNet", "{ type: ResNet, depth: 18, norm_eval: true }", retinaNet),
        detects("RetinaNet, CLIP's ResNet", plainCLIPResNet, retinaNet),
        detects("Mask R-CNN, ResNet", "{ type: ResNet, depth: 18, norm_eval: true }", maskRCNN),
        detects("Mask R-CNN, Swin", swin, maskRCNN),
        detects("DenseCLIP, RetinaNet", clipResNet, retinaNet, detectingDenseCLIP),
        detects("DenseCLIP, Mask R-CNN", clipResNet, maskRCNN, detectingDenseCLIP),
    ]
}
