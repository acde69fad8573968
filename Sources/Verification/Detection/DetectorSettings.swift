import DenseKitCore
import Foundation

/// The settings of the reference of a detector's case, by mmdetection's names, as assignments to
/// our settings: how many boxes are sampled, proposed and kept, thresholds, widths of layers.
struct DetectorSettings {
    /// `model.head.rpn.sampler.count=64`, …: of the model file's head, and only what the file does
    /// not define.
    let assignments: [String]

    init(_ golden: GoldenCase, model: YAMLNode) {
        let head = model["model"]?["head"]
        let words = Self.words[head?["type"]?.scalar?.text ?? ""] ?? [:]
        let config = golden.json["config"]
        assignments = words.sorted { $0.key < $1.key }.compactMap { setting, place in
            let path = place.split(separator: ".").map(String.init)
            let value = [config, config?["model"]].lazy.compactMap { Self.value(path, in: $0) }
                .first
            let isSaid = setting.split(separator: ".").reduce(head) { $0?[String($1)] } != nil
            guard !isSaid, let value, let text = try? JSONEncoder().encode(value) else {
                return nil
            }
            return "model.head.\(setting)=\(String(decoding: text, as: UTF8.self))"
        }
    }

    private static func value(_ path: [String], in config: GoldenJSON?) -> GoldenJSON? {
        let value = path.reduce(config) { $0?[$1] }
        if case .null = value { return nil }
        return value
    }

    /// Our settings of each head, and where mmdetection's configuration has them.
    private static let words: [String: [String: String]] = [
        "RetinaNet": joined([retinaNet, assigner("assigner", "train_cfg.assigner")]),
        "MaskRCNN": joined([
            maskRCNN, assigner("rpn.assigner", "train_cfg.rpn.assigner"),
            assigner("box.assigner", "train_cfg.rcnn.assigner"),
            sampler("rpn.sampler", "train_cfg.rpn.sampler"),
            sampler("box.sampler", "train_cfg.rcnn.sampler"),
            proposals("rpn.train_proposals", "train_cfg.rpn_proposal"),
            proposals("rpn.test_proposals", "test_cfg.rpn"),
        ]),
    ]

    private static let retinaNet: [String: String] = [
        "convs": "bbox_head.stacked_convs", "channels": "bbox_head.feat_channels",
        "base_scale": "bbox_head.anchor_generator.octave_base_scale",
        "scales_per_octave": "bbox_head.anchor_generator.scales_per_octave",
        "ratios": "bbox_head.anchor_generator.ratios", "stds": "bbox_head.bbox_coder.target_stds",
        "per_level": "test_cfg.nms_pre", "score_threshold": "test_cfg.score_thr",
        "nms_threshold": "test_cfg.nms.iou_threshold", "max_per_image": "test_cfg.max_per_img",
    ]

    private static let maskRCNN: [String: String] = [
        "rpn.channels": "rpn_head.feat_channels", "rpn.scales": "rpn_head.anchor_generator.scales",
        "rpn.ratios": "rpn_head.anchor_generator.ratios",
        "sampling_ratio": "roi_head.bbox_roi_extractor.roi_layer.sampling_ratio",
        "box.roi_size": "roi_head.bbox_roi_extractor.roi_layer.output_size",
        "box.channels": "roi_head.bbox_head.fc_out_channels",
        "box.class_agnostic": "roi_head.bbox_head.reg_class_agnostic",
        "box.stds": "roi_head.bbox_head.bbox_coder.target_stds",
        "box.score_threshold": "test_cfg.rcnn.score_thr",
        "box.nms_threshold": "test_cfg.rcnn.nms.iou_threshold",
        "box.max_per_image": "test_cfg.rcnn.max_per_img",
        "mask.roi_size": "roi_head.mask_roi_extractor.roi_layer.output_size",
        "mask.convs": "roi_head.mask_head.num_convs",
        "mask.channels": "roi_head.mask_head.conv_out_channels",
        "mask.class_agnostic": "roi_head.mask_head.class_agnostic",
    ]

    private static func joined(_ parts: [[String: String]]) -> [String: String] {
        parts.reduce(into: [:]) { all, part in all.merge(part) { first, _ in first } }
    }

    private static func assigner(_ setting: String, _ place: String) -> [String: String] {
        [
            "\(setting).positive": "\(place).pos_iou_thr",
            "\(setting).negative": "\(place).neg_iou_thr",
            "\(setting).min_positive": "\(place).min_pos_iou",
            "\(setting).matches_low_quality": "\(place).match_low_quality",
        ]
    }

    private static func sampler(_ setting: String, _ place: String) -> [String: String] {
        [
            "\(setting).count": "\(place).num",
            "\(setting).positive_fraction": "\(place).pos_fraction",
        ]
    }

    private static func proposals(_ setting: String, _ place: String) -> [String: String] {
        [
            "\(setting).per_level": "\(place).nms_pre", "\(setting).count": "\(place).max_per_img",
            "\(setting).nms_threshold": "\(place).nms.iou_threshold",
            "\(setting).min_size": "\(place).min_bbox_size",
        ]
    }
}
