import DenseKitVision

/// From the predictions of a region proposal network to proposals: mmdetection 2.17's `RPNHead.get_bboxes`.
///
/// The best `preNMS` anchors of every level are decoded; sides of `minimumSize` or less go; NMS thins out every level by itself; of what
/// is left the best `max` are proposed.
public struct ProposalFilter: Sendable, Hashable {
    public var preNMS: Int
    public var nmsThreshold: Double
    public var max: Int
    public var minimumSize: Double

    /// Throws `SettingError` for counts outside 1…1000000, or a threshold outside 0…1.
    public init(preNMS: Int, nmsThreshold: Double = 0.7, max: Int, minimumSize: Double = 0) throws {
        try SettingError.check("the proposals before NMS", preNMS, in: 1...1_000_000)
        try SettingError.check("the proposals' NMS threshold", nmsThreshold, in: 0...1)
        try SettingError.check("the proposals after NMS", max, in: 1...1_000_000)
        (self.preNMS, self.nmsThreshold, self.max, self.minimumSize) = (preNMS, nmsThreshold, max, minimumSize)
    }

    /// The proposals of one image, the best first, without gradient.
    ///
    /// - Parameters:
    ///   - scores: probabilities of a thing, `[n]` for every level
    ///   - deltas: `[n, 4]` for every level
    ///   - anchors: `[n, 4]` for every level
    ///   - size: the picture's, without padding: boxes are clipped to it
    /// - Returns: boxes `[p, 4]`, scores `[p]`
    public func proposals(scores: [Tensor], deltas: [Tensor], anchors: [Tensor], coder: DeltaCoder, in size: Size2D) throws
        -> (boxes: Tensor, scores: Tensor)
    {
        try withoutGrad {
            var (values, raw, own, levels): ([Tensor], [Tensor], [Tensor], [Tensor]) = ([], [], [], [])
            for (level, score) in scores.enumerated() {
                let best = try score.topK(min(preNMS, score.size(0)))
                values.append(best.values)
                raw.append(try deltas[level].indexed(0, best.indices))
                own.append(try anchors[level].indexed(0, best.indices))
                levels.append(try Tensor.full(best.indices.shape, Double(level), dtype: .int64, device: score.device))
            }
            let boxes = try coder.decode(Tensor.cat(own, dim: 0), Tensor.cat(raw, dim: 0), in: size)
            let (x1, y1, x2, y2) = try Boxes.corners(boxes)
            let isLarge = try (x2 - x1).isGreater(than: minimumSize).and((y2 - y1).isGreater(than: minimumSize))
            let rows = try isLarge.nonzero().selected(1, 0)
            let (large, certainty) = (try boxes.indexed(0, rows), try Tensor.cat(values, dim: 0).indexed(0, rows))
            let groups = try Tensor.cat(levels, dim: 0).indexed(0, rows)
            let kept = try Tensor.batchedNMS(large, certainty, groups: groups, threshold: nmsThreshold)
            let best = try kept.narrowed(0, 0, min(max, kept.size(0)))
            return (try large.indexed(0, best), try certainty.indexed(0, best))
        }
    }
}
