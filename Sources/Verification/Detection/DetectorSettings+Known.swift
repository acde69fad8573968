import DenseKitCore

// A setting of training or testing in a detector's case that nothing reads would change its outputs
// silently.
extension DetectorSettings {
    /// Throws `GoldenCaseError` for a setting of `train_cfg` or `test_cfg` by mmdetection's names
    /// that is unknown here.
    ///
    /// - Parameter model: the model file; of a head that is not ours nothing is known
    static func check(_ golden: GoldenCase, model: YAMLNode) throws {
        let head = model["model"]?["head"]?["type"]?.scalar?.text
        for root in ["config", "config.model"] {
            let train = "\(root).train_cfg"
            let test = "\(root).test_cfg"
            switch head {
            case "RetinaNet":
                try golden.check(train, knows: "assigner", fixed: sampling)
                try golden.checkAssigner("\(train).assigner")
                try golden.check(
                    test, knows: "nms_pre score_thr nms max_per_img",
                    fixed: ["min_bbox_size": .number(0)])
                try golden.checkSuppression("\(test).nms")
            case "MaskRCNN":
                try golden.check(train, knows: "rpn rpn_proposal rcnn")
                try golden.check("\(train).rpn", knows: "assigner sampler", fixed: sampling)
                try golden.check(
                    "\(train).rcnn", knows: "assigner sampler mask_size", fixed: sampling)
                for stage in ["\(train).rpn", "\(train).rcnn"] {
                    try golden.checkAssigner("\(stage).assigner")
                    try golden.check(
                        "\(stage).sampler", knows: "num pos_fraction add_gt_as_proposals",
                        fixed: ["type": .string("RandomSampler"), "neg_pos_ub": .number(-1)])
                }
                try golden.check(test, knows: "rpn rcnn")
                for proposals in ["\(train).rpn_proposal", "\(test).rpn"] {
                    try golden.check(proposals, knows: "nms_pre max_per_img nms min_bbox_size")
                    try golden.checkSuppression("\(proposals).nms")
                }
                try golden.check("\(test).rcnn", knows: "score_thr nms max_per_img mask_thr_binary")
                try golden.checkSuppression("\(test).rcnn.nms")
            default: return
            }
        }
    }

    private static let sampling: [String: GoldenJSON] = [
        "allowed_border": .number(-1), "pos_weight": .number(-1), "debug": .bool(false),
    ]
}

extension GoldenCase {
    fileprivate func checkAssigner(_ place: String) throws {
        try check(
            place, knows: "pos_iou_thr neg_iou_thr min_pos_iou match_low_quality gpu_assign_thr",
            fixed: [
                "type": .string("MaxIoUAssigner"), "ignore_iof_thr": .number(-1),
                "gt_max_assign_all": .bool(true),
                "ignore_wrt_candidates": .bool(true),
            ])
    }

    fileprivate func checkSuppression(_ place: String) throws {
        try check(place, knows: "iou_threshold", fixed: ["type": .string("nms")])
    }
}
