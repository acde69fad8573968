/// From scores for every box and class to detections: mmdetection's `multiclass_nms`.
///
/// Scores above `scoreThreshold` are candidates; of two candidates of one class whose IoU is above `nmsThreshold` the lower goes; of the
/// rest the best `max` are kept.
///
/// - Parameters:
///   - boxes: `[n, 4]`, or `[n, 4k]` with a box for every class
///   - scores: `[n, k + 1]`, the background last, which is not read
///   - max: nil for no bound
/// - Returns: what survived, the best first, its boxes in the pixels of `boxes`; and where each stood, box times classes plus class,
///   `[d]` int64
public func multiclassNMS(
    boxes: Tensor, scores: Tensor, scoreThreshold: Double, nmsThreshold: Double, max: Int?
) throws -> (detections: Detections, indices: Tensor) {
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
        let detections = Detections(
            boxes: try own.indexed(0, kept), scores: try values.indexed(0, kept), labels: try labels.indexed(0, kept))
        return (detections, try (rows * rows.whole(classes) + labels).indexed(0, kept))
    }
}
