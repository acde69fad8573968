/// Detections from the scores of every box and class, by non-maximum suppression within each class:
/// mmdetection's `multiclass_nms`. Without gradient.
///
/// Scores above `scoreThreshold` are candidates. Of two candidates of one class whose IoU is above
/// `nmsThreshold`, the one with the lower score is removed. The best `max` of the rest are kept.
///
/// - Parameters:
///   - boxes: corners in pixels, `[n, 4]`, or `[n, 4k]` with a box for each class
///   - scores: `[n, k + 1]`; the last column is the background and is not read
///   - scoreThreshold: candidates have a higher score
///   - nmsThreshold: the IoU, 0…1, above which a detection suppresses another
///   - max: largest number of detections; nil for no limit
/// - Returns: the detections by descending score, in the pixels of `boxes`; and the position of
///   each in `scores` without the background, `box · k + class`, `[d]` int64
public func multiclassNMS(
    boxes: Tensor, scores: Tensor, scoreThreshold: Double, nmsThreshold: Double, max: Int?
) throws -> (detections: Detections, indices: Tensor) {
    try withoutGrad {
        let classes = scores.size(1) - 1
        let known = try scores.narrowed(1, 0, classes)
        let candidates = try known.isGreater(than: scoreThreshold).nonzero()  // [c, 2]
        let rows = try candidates.selected(1, 0)
        let labels = try candidates.selected(1, 1)
        let values = try known.indexed([rows, labels])
        let own =
            try boxes.size(1) == 4
            ? boxes.indexed(0, rows)
            : boxes.reshaped([boxes.size(0), classes, 4]).indexed([rows, labels])
        var kept = try Tensor.batchedNMS(own, values, groups: labels, threshold: nmsThreshold)
        if let max, kept.size(0) > max { kept = try kept.narrowed(0, 0, Swift.max(max, 0)) }
        let detections = try Detections(
            boxes: own.indexed(0, kept), scores: values.indexed(0, kept),
            labels: labels.indexed(0, kept))
        return (detections, try (rows * rows.whole(classes) + labels).indexed(0, kept))
    }
}
