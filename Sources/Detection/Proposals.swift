import DenseKitVision

/// Makes proposals of the predictions of a region proposal network: mmdetection 2.17's
/// `RPNHead.get_bboxes`.
///
/// The best `preNMS` anchors of each level are decoded, boxes that are too small are removed, NMS
/// runs within each level, and the best `max` boxes of all levels are kept.
public struct ProposalFilter: Sendable, Hashable {
    /// Anchors of each level that are kept before NMS, by score, 1…1000000.
    public var preNMS: Int
    /// IoU above which the box with the lower score is removed, 0…1.
    public var nmsThreshold: Double
    /// Proposals of an image that are kept after NMS, 1…1000000.
    public var max: Int
    /// Boxes whose width or height is this many pixels or less are removed.
    public var minimumSize: Double

    /// A filter; by default with an NMS threshold of 0.7, removing only boxes without area.
    ///
    /// - Throws: `SettingError` for a count outside 1…1000000 or a threshold outside 0…1.
    public init(preNMS: Int, nmsThreshold: Double = 0.7, max: Int, minimumSize: Double = 0) throws {
        try SettingError.check("the proposals before NMS", preNMS, in: 1...1_000_000)
        try SettingError.check("the proposals' NMS threshold", nmsThreshold, in: 0...1)
        try SettingError.check("the proposals after NMS", max, in: 1...1_000_000)
        self.preNMS = preNMS
        self.nmsThreshold = nmsThreshold
        self.max = max
        self.minimumSize = minimumSize
    }

    /// The proposals of one image by descending score, without gradient.
    ///
    /// - Parameters:
    ///   - scores: probability that an anchor holds an object, `[n]` for each level
    ///   - deltas: `[n, 4]` for each level
    ///   - anchors: corners in pixels, `[n, 4]` for each level
    ///   - coder: turns deltas into boxes
    ///   - size: of the image without padding, to which boxes are clipped
    /// - Returns: boxes `[p, 4]`, corners in pixels, and scores `[p]`
    public func proposals(
        scores: [Tensor], deltas: [Tensor], anchors: [Tensor], coder: DeltaCoder, in size: Size2D
    ) throws
        -> (boxes: Tensor, scores: Tensor)
    {
        try withoutGrad {
            var (values, raw, own, levels): ([Tensor], [Tensor], [Tensor], [Tensor]) = (
                [], [], [], []
            )
            for (level, score) in scores.enumerated() {
                let best = try score.topK(min(preNMS, score.size(0)))
                values.append(best.values)
                raw.append(try deltas[level].indexed(0, best.indices))
                own.append(try anchors[level].indexed(0, best.indices))
                levels.append(
                    try Tensor.full(
                        best.indices.shape, Double(level), dtype: .int64, device: score.device))
            }
            let boxes = try coder.decode(Tensor.cat(own, dim: 0), Tensor.cat(raw, dim: 0), in: size)
            let (x1, y1, x2, y2) = try Boxes.corners(boxes)
            let isLarge = try (x2 - x1).isGreater(than: minimumSize).and(
                (y2 - y1).isGreater(than: minimumSize))
            let rows = try isLarge.nonzero().selected(1, 0)
            let large = try boxes.indexed(0, rows)
            let certainty = try Tensor.cat(values, dim: 0).indexed(0, rows)
            let groups = try Tensor.cat(levels, dim: 0).indexed(0, rows)
            let kept = try Tensor.batchedNMS(
                large, certainty, groups: groups, threshold: nmsThreshold)
            let best = try kept.narrowed(0, 0, min(max, kept.size(0)))
            return try (large.indexed(0, best), certainty.indexed(0, best))
        }
    }
}
