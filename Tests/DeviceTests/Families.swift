import Foundation
import Testing

/// The model families of the shipped configurations, as small as can be.
struct Family: Sendable, CustomTestStringConvertible {
    let name: String
    /// The `model:` part of its configuration.
    let model: String
    /// The most that a step may copy to the device, and how often it may wait for it.
    let limit: Limit
    /// Whether it detects instances, with masks where it has them.
    var detects: Bool { model.contains("RetinaNet") || model.contains("MaskRCNN") }

    var testDescription: String { name }

    /// The same for the prediction of an image.
    var imageLimit: Limit {
        // The regions of five levels, twice; their masks, by the grid.
        if model.contains("MaskRCNN") { return Limit(copies: 14, waits: 8) }
        if model.contains("RetinaNet") { return Limit(copies: 3, waits: 3) }
        // The image, and rows of logits to resize, twice; the labels back.
        let own = model.contains("ICPC") || model.contains("CLIPSP") ? 1 : 0
        return Limit(copies: 5 + own, waits: model.contains("CLIPSP") ? 2 : 1)
    }

    struct Limit: Sendable {
        let copies: Int
        let waits: Int
    }

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
        _ name: String, _ backbone: String, _ prompter: String = "null", head: String = semanticFPN,
        limit: Limit = data
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
                """, limit: limit)
    }

    private static func detects(
        _ name: String, _ backbone: String, _ head: String, _ prompter: String = "null",
        limit: Limit
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
                """, limit: limit)
    }

    /// Images and labels; losses and metrics together, and the norm of the gradients.
    private static let data = Limit(copies: 2, waits: 2)
    /// The same and the texts' indices, and so on below.
    private static let texts = Limit(copies: 3, waits: 2)
    /// Cells, points and their shares; the candidates of the contrast.
    private static let contrast = Limit(copies: 6, waits: 3)
    /// Selected labels and cells; probabilities, and which classes there are.
    private static let selection = Limit(copies: 4, waits: 4)
    /// Images, boxes, labels, masks and anchors; of each of the two images the anchors that count
    /// and how many are of objects.
    private static let anchors = Limit(copies: 5, waits: 6)
    private static let prompted = Limit(copies: 8, waits: 8)
    /// What is sampled of two images twice, and where five levels' regions come from.
    private static let regions = Limit(copies: 28, waits: 21)
    private static let promptedRegions = Limit(copies: 31, waits: 23)

    /// Those of a test run: all with `DENSEKIT_WALK=all`, as in CI on the second engine; else every
    /// third.
    static let walked: [Family] = {
        let walksAll = ProcessInfo.processInfo.environment["DENSEKIT_WALK"] == "all"
        return all.enumerated().filter { walksAll || $0.offset % 3 == 0 }.map(\.element)
    }()

    /// Every backbone, prompter, neck and head of configs/, in the combinations there.
    static let all = [
        segments("Semantic FPN, CLIP's ResNet", plainCLIPResNet),
        segments("Semantic FPN, ResNet", "{ type: ResNet, depth: 18, stem: v1c }"),
        segments("Semantic FPN, CLIP's ViT", plainCLIPViT), segments("Semantic FPN, ViT", viT),
        segments("UPerNet, ResNet", "{ type: ResNet, depth: 18, stem: v1c }", head: upernet),
        segments("UPerNet, Swin", swin, head: upernet),
        segments("DenseCLIP, CLIP's ResNet", clipResNet, denseCLIP, limit: texts),
        segments("DenseCLIP, CLIP's ViT", clipViT, denseCLIP, limit: texts),
        segments("DenseCLIP, UPerNet, Swin", swin, denseCLIP, head: upernet, limit: texts),
        segments("ICPC, CLIP's ResNet", clipResNet, icpc, limit: contrast),
        segments("ICPC, CLIP's ViT", clipViT, icpc, limit: contrast),
        segments("CLIP-SP, CLIP's ResNet", clipResNet, clipSP, limit: selection),
        segments("CLIP-SP, CLIP's ViT", clipViT, clipSP, limit: selection),
        detects(
            "RetinaNet, ResNet", "{ type: ResNet, depth: 18, norm_eval: true }", retinaNet,
            limit: anchors),
        detects("RetinaNet, CLIP's ResNet", plainCLIPResNet, retinaNet, limit: anchors),
        detects(
            "Mask R-CNN, ResNet", "{ type: ResNet, depth: 18, norm_eval: true }", maskRCNN,
            limit: regions),
        detects("Mask R-CNN, Swin", swin, maskRCNN, limit: regions),
        detects("DenseCLIP, RetinaNet", clipResNet, retinaNet, detectingDenseCLIP, limit: prompted),
        detects(
            "DenseCLIP, Mask R-CNN", clipResNet, maskRCNN, detectingDenseCLIP,
            limit: promptedRegions),
    ]
}
