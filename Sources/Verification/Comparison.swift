import NN

/// One line of a verification: an output compared with the reference's, or a question of names.
public struct Comparison: Sendable {
    public let output: String
    public let maxAbs: Double
    public let maxRel: Double
    public let passes: Bool
    /// Why it fails, where numbers do not say it.
    public let note: String

    /// `|a − b| ≤ atol + rtol · |b|` for every element, or for the share of them that the tolerance asks for. Infinities must be equal;
    /// "not a number" agrees with itself alone. Lists of different lengths do not pass.
    public init<Number: BinaryFloatingPoint>(
        _ output: String, ours: [Number], reference: [Number], _ tolerance: GoldenCase.Tolerance
    ) {
        self.output = output
        guard ours.count == reference.count else {
            (maxAbs, maxRel, passes) = (.nan, .nan, false)
            note = "\(ours.count) values, the reference has \(reference.count)"
            return
        }
        let atol = tolerance.atol + (tolerance.ofLargest ?? 0) * Double(reference.lazy.map { abs($0) }.max() ?? 0)
        var (maxAbs, maxRel, outside) = (0.0, 0.0, 0)
        for (a, b) in zip(ours, reference) {
            let (a, b) = (Double(a), Double(b))
            if a == b || (a.isNaN && b.isNaN) { continue }
            let difference = abs(a - b)
            guard difference.isFinite else {
                (maxAbs, maxRel, outside) = (.infinity, .infinity, outside + 1)
                continue
            }
            maxAbs = max(maxAbs, difference)
            if abs(b) > atol { maxRel = max(maxRel, difference / abs(b)) }  // below it, the absolute bound decides
            if difference > atol + tolerance.rtol * abs(b) { outside += 1 }
        }
        (self.maxAbs, self.maxRel) = (maxAbs, maxRel)
        passes = outside == 0 || Double(reference.count - outside) / Double(reference.count) >= tolerance.share ?? 1
        note = outside == 0 ? "" : "\(outside) of \(reference.count) outside rtol \(tolerance.rtol), atol \(atol)"
    }

    /// Something that is wrong without numbers: a missing name, another shape.
    public init(failure output: String, _ note: String) {
        (self.output, self.note) = (output, note)
        (maxAbs, maxRel, passes) = (.nan, .nan, false)
    }

    /// Compares a tensor, cut as the output's name says (`stage1[:, ::4]`).
    public init(_ output: String, ours: Tensor, reference: Tensor, _ tolerance: GoldenCase.Tolerance) throws {
        let ours = try OutputName(output).cut(ours)
        guard ours.shape == reference.shape || ours.count == 1 && reference.count == 1 else {
            self.init(failure: output, "shape \(ours.shape), the reference has \(reference.shape)")
            return
        }
        self.init(output, ours: try ours.floats(), reference: try reference.floats(), tolerance)
    }
}
