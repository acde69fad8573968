/// Boxes with scores that survived, the best first.
public struct ScoredBoxes {
    /// `[d, 4]`
    public var boxes: Tensor
    /// Descending. `[d]`
    public var scores: Tensor
    /// `[d]` int64
    public var labels: Tensor
    /// Where each stood: box times classes plus class. `[d]` int64
    public var indices: Tensor

    public init(boxes: Tensor, scores: Tensor, labels: Tensor, indices: Tensor) {
        self.boxes = boxes
        self.scores = scores
        self.labels = labels
        self.indices = indices
    }

    public var count: Int { boxes.size(0) }

    /// The same as an image's answer, if the boxes are in pixels of its file.
    public var detections: Detections { Detections(boxes: boxes, scores: scores, labels: labels) }
}

/// From scores for every box and class to detections: mmdetection's `multiclass_nms`.
///
/// Scores above `scoreThreshold` are candidates; of two candidates of one class whose IoU is above `nmsThreshold` the lower goes; of the
/// rest the best `max` are kept.
///
/// - Parameters:
///   - boxes: `[n, 4]`, or `[n, 4k]` with a box for every class
///   - scores: `[n, k + 1]`, the background last, which is not read
///   - max: nil for no bound
public func multiclassNMS(
    boxes: Tensor, scores: Tensor, scoreThreshold: Double, nmsThreshold: Double, max: Int?
) throws -> ScoredBoxes {
    try withoutGrad {
        let classes = scores.size(1) - 1
        let known = try scores.narrowed(1, 0, classes)
        let candidates = try known.isGreater(than: scoreThreshold).nonzero()  // [c, 2]
        let (rows, labels) = (try candidates.selected(1, 0), try candidates.selected(1, 1))
        let values = try known.indexed([rows, labels])
        let own =
            try boxes.size(1) == 4
            ? boxes.indexed(0, rows) : boxes.reshaped([boxes.size(0), classes, 4]).indexed([rows, labels])
        var kept = try Tensor.batchedNMS(own, values, groups: labels, threshold: nmsThreshold)
        if let max, kept.size(0) > max { kept = try kept.narrowed(0, 0, Swift.max(max, 0)) }
        return ScoredBoxes(
            boxes: try own.indexed(0, kept), scores: try values.indexed(0, kept), labels: try labels.indexed(0, kept),
            indices: try (rows * rows.whole(classes) + labels).indexed(0, kept))
    }
}
