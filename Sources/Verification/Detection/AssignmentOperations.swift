import DenseKitCore

/// Assigners by name (`config.assigners`), over proposals (`NAME.gt_inds`, `.max_overlaps`,
/// `.labels`) or over all anchors of one of `config.anchors` (`NAME.pos`, `.pos_gt`, `.ignored`):
/// the output's description defines which, and the size of the image ("all 4608 retina anchors of a
/// 128x192 image").
struct AssignmentOperations {
    let inputs: DetectionInputs
    private var golden: GoldenCase { inputs.golden }

    func outputs() throws -> [String: Tensor] {
        let groundTruth = try InstanceTargets(
            boxes: inputs.floats("gt_bboxes"), labels: inputs.tensor("gt_labels"),
            ignoredBoxes: inputs.has("gt_bboxes_ignore")
                ? inputs.floats("gt_bboxes_ignore") : Tensor.zeros([0, 4]))
        let proposals = try proposals(groundTruth.boxes)
        var outputs = ["proposals": proposals]
        for (name, settings) in golden.json["config"]?["assigners"]?.object ?? [:] {
            let assigner = try MaxIoUAssigner(settings, golden)
            if let anchors = try anchors(
                inputs.words("\(name).pos") + inputs.words("\(name).ignored"))
            {
                let indices = try assigner.assign(anchors, to: groundTruth).indices
                let positives = try indices.isGreater(than: 0).nonzero().selected(1, 0)
                outputs["\(name).pos"] = positives
                outputs["\(name).pos_gt"] = try indices.indexed(0, positives) - 1
                outputs["\(name).ignored"] = try indices.equals(-1).nonzero().selected(1, 0)
            } else {
                let assignment = try assigner.assign(proposals, to: groundTruth)
                outputs["\(name).gt_inds"] = assignment.indices
                outputs["\(name).max_overlaps"] = assignment.overlaps
                outputs["\(name).labels"] = try assignment.labels(of: groundTruth)
            }
        }
        return outputs
    }

    /// Seeded boxes, the first of them replaced by ground-truth boxes, moved a little.
    private func proposals(_ groundTruth: Tensor) throws -> Tensor {
        let seeded = try inputs.boxes("proposals")
        let jitter = try inputs.floats("jitter")
        guard groundTruth.size(0) > 0, jitter.size(0) <= seeded.size(0) else {
            throw GoldenCaseError(
                golden.path, "has no ground truth, or more rows of jitter than proposals")
        }
        let rows = try Tensor.from((0..<jitter.size(0)).map { Int64($0 % groundTruth.size(0)) })
        let rest = try seeded.narrowed(0, jitter.size(0), seeded.size(0) - jitter.size(0))
        return try Tensor.cat([groundTruth.indexed(0, rows) + jitter, rest], dim: 0)
    }

    /// All levels' anchors, if the description speaks of anchors.
    private func anchors(_ words: String) throws -> Tensor? {
        guard
            let match = try /(\w+) anchors of a (\d{1,4})x(\d{1,4}) image/.firstMatch(in: words)?
                .output
        else { return nil }
        let name = String(match.1)
        let height = Int(match.2) ?? 0
        let width = Int(match.3) ?? 0
        guard let settings = golden.json["config"]?["anchors"]?[name] else {
            throw GoldenCaseError(golden.path, "has no anchors '\(name)' in its config")
        }
        let generator = try AnchorGenerator(settings, golden)
        let sizes = generator.strides.map { Size2D((height + $0 - 1) / $0, (width + $0 - 1) / $0) }
        return try Tensor.cat(generator.anchors(for: sizes), dim: 0)
    }
}

extension MaxIoUAssigner {
    /// From mmdetection's settings.
    ///
    /// Throws `GoldenCaseError` for unknown ones.
    init(_ settings: GoldenJSON, _ golden: GoldenCase) throws {
        let known: Set = [
            "type", "pos_iou_thr", "neg_iou_thr", "min_pos_iou", "match_low_quality",
            "gt_max_assign_all", "ignore_iof_thr",
            "ignore_wrt_candidates", "gpu_assign_thr",
        ]
        if let other = settings.unknown(besides: known) {
            throw GoldenCaseError(
                golden.path,
                "has an assigner with the setting '\(other)'; known: \(known.sorted().joined(separator: ", "))"
            )
        }
        let negative = settings["neg_iou_thr"]?.numbers ?? []
        guard settings["type"]?.string ?? "MaxIoUAssigner" == "MaxIoUAssigner",
            let positive = settings["pos_iou_thr"]?.number,
            (1...2).contains(negative.count), negative.count == 1 || negative[0] <= negative[1]
        else {
            throw GoldenCaseError(
                golden.path,
                "has an assigner that is no MaxIoUAssigner with pos_iou_thr and neg_iou_thr")
        }
        let ignoring = settings["ignore_iof_thr"]?.number ?? -1
        try self.init(
            positive: positive,
            negative: negative.count == 1
                ? min(0, negative[0])..<negative[0] : negative[0]..<negative[1],
            minPositive: settings["min_pos_iou"]?.number ?? 0,
            matchesLowQuality: settings["match_low_quality"]?.bool ?? true,
            assignsAllBest: settings["gt_max_assign_all"]?.bool ?? true,
            ignoreThreshold: ignoring > 0 ? ignoring : nil,
            ignoresByBoxes: settings["ignore_wrt_candidates"]?.bool ?? true)
    }
}
