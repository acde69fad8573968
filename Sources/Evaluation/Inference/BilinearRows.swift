import DenseKitNN

/// Part of a bilinear resize (align_corners false): only some rows of the result, from only the
/// rows of the source that they need.
struct BilinearRows {
    /// Rows of the source that are needed.
    let source: Range<Int>
    private let low: [Int64]
    private let high: [Int64]
    private let weights: [Float]
    private let width: Int

    /// - Parameters:
    ///   - rows: rows of the result
    ///   - from: the source's size
    ///   - to: the result's size
    init(_ rows: Range<Int>, from: Size2D, to: Size2D) {
        let scale = Float(from.height) / Float(to.height)
        var (low, high, weights): ([Int], [Int], [Float]) = ([], [], [])
        for row in rows {
            let position = max(0, scale * (Float(row) + 0.5) - 0.5)
            let below = min(Int(position), from.height - 1)
            low.append(below)
            high.append(min(below + 1, from.height - 1))
            weights.append(min(max(position - Float(below), 0), 1))
        }
        let first = low.first ?? 0
        source = first..<(high.last ?? 0) + 1
        self.low = low.map { Int64($0 - first) }
        self.high = high.map { Int64($0 - first) }
        self.weights = weights
        width = to.width
    }

    /// - Parameter x: the rows `source` of the source, `[n, c, source.count, w]`
    /// - Returns: `[n, c, rows.count, width]`
    func callAsFunction(_ x: Tensor) throws -> Tensor {
        let weight = try Tensor.from(weights, shape: [1, 1, weights.count, 1]).to(x.device)
        let places = try Tensor.from([low, high], on: x.device)
        let below = try x.indexed(2, places[0])
        let above = try x.indexed(2, places[1])
        let blended = try below + (above - below) * weight
        return blended.size(3) == width
            ? blended : try blended.interpolated(to: Size2D(weights.count, width), .bilinear())
    }
}
