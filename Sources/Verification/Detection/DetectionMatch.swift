import DenseKitCore

/// Which of our detections is which of the reference's: of the same class and at the same place,
/// whatever their ranks. Scores that differ by rounding may be in another order.
struct DetectionMatch {
    /// For every detection of the reference the index of ours.
    let order: [Int]

    /// - Parameter name: the reference outputs `NAME.boxes`, `NAME.labels` and so on, with `place`
    ///   behind them
    init(_ found: Detections, _ answers: [String: Tensor], _ name: String, _ place: String = "")
        throws
    {
        let boxes = try answers["\(name).boxes\(place)"]?.floats() ?? []
        let labels = try answers["\(name).labels\(place)"]?.integers() ?? []
        let ours = try found.boxes.floats()
        let classes = try found.labels.integers()
        guard found.count == labels.count, boxes.count == 4 * labels.count else {
            order = Array(0..<found.count)  // the comparison of the shapes will report it
            return
        }
        var left = Array(0..<found.count)
        order = labels.indices.map { place in
            func distance(_ index: Int) -> Float {
                (0..<4).reduce(classes[index] == labels[place] ? 0 : .greatestFiniteMagnitude / 16)
                {
                    $0 + abs(ours[4 * index + $1] - boxes[4 * place + $1])
                }
            }
            let nearest = left.indices.min { distance(left[$0]) < distance(left[$1]) }
            return nearest.map { left.remove(at: $0) } ?? place
        }
    }

    /// Our detections at the reference's places.
    func ordered(_ found: Detections) throws -> Detections {
        try Detections(
            boxes: ordered(found.boxes), scores: ordered(found.scores),
            labels: ordered(found.labels),
            masks: found.masks.map(ordered))
    }

    /// The same with what belongs to our detections, `[d, …]`.
    func ordered(_ tensor: Tensor) throws -> Tensor {
        try tensor.indexed(0, Tensor.from(order.map(Int64.init)).to(tensor.device))
    }
}
