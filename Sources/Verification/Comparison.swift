import DenseKitNN
import Foundation

/// One line of a verification: an output compared with the reference's, or a mismatch of names or
/// shapes.
public struct Comparison: Sendable {
    /// The name of the output or tensor.
    public let output: String
    /// The largest absolute difference; NaN where nothing was compared.
    public let maxAbs: Double
    /// The largest difference relative to the reference, of elements whose reference is above the
    /// absolute tolerance; NaN where nothing was compared.
    public let maxRel: Double
    /// Whether the output is within its tolerance.
    public let passes: Bool
    /// Why the comparison failed; empty where it passed within the tolerance everywhere.
    public let note: String
    /// The tolerance as text, such as `rtol 1e-03, atol 1e-04`; `exact` where nothing may differ,
    /// empty where nothing was compared.
    public let tolerance: String
    /// The largest difference as a share of its tolerance, over the elements that must agree: 0 for
    /// equal values, above 1 for a failure; NaN where nothing was compared.
    public let used: Double

    /// Compares two lists: `|a − b| ≤ atol + rtol · |b|` for every element, or for the share of
    /// them that the tolerance requires. Infinities must be equal, and NaN equals only NaN. Lists
    /// of different lengths fail.
    public init<Number: BinaryFloatingPoint>(
        _ output: String, ours: [Number], reference: [Number], _ tolerance: GoldenCase.Tolerance
    ) {
        self.output = output
        guard ours.count == reference.count else {
            maxAbs = .nan
            maxRel = .nan
            passes = false
            used = .nan
            self.tolerance = ""
            note = "\(ours.count) values, the reference has \(reference.count)"
            return
        }
        let atol =
            tolerance.atol + (tolerance.ofLargest ?? 0)
            * Double(reference.lazy.map { abs($0) }.max() ?? 0)
        var maxAbs = 0.0
        var maxRel = 0.0
        var outside = 0
        var shares: [Double] = []  // of the tolerance, where values differ
        for (a, b) in zip(ours, reference) {
            let a = Double(a)
            let b = Double(b)
            if a == b || (a.isNaN && b.isNaN) { continue }
            let difference = abs(a - b)
            guard difference.isFinite else {
                maxAbs = .infinity
                maxRel = .infinity
                outside += 1
                shares.append(.infinity)
                continue
            }
            maxAbs = max(maxAbs, difference)
            // below it, the absolute bound decides
            if abs(b) > atol { maxRel = max(maxRel, difference / abs(b)) }
            let bound = atol + tolerance.rtol * abs(b)
            if difference > bound { outside += 1 }
            shares.append(difference / bound)
        }
        self.tolerance = tolerance.description(atol: atol)
        let spared =
            reference.count - Int((Double(reference.count) * (tolerance.share ?? 1)).rounded(.up))
        used = (spared > 0 ? shares.sorted(by: >).dropFirst(spared).first : shares.max()) ?? 0
        self.maxAbs = maxAbs
        self.maxRel = maxRel
        passes =
            outside == 0
            || Double(reference.count - outside) / Double(reference.count) >= tolerance.share ?? 1
        note =
            outside == 0
            ? "" : "\(outside) of \(reference.count) outside rtol \(tolerance.rtol), atol \(atol)"
    }

    /// A failure without numbers: a missing name, or another shape.
    public init(failure output: String, _ note: String) {
        self.output = output
        self.note = note
        tolerance = ""
        maxAbs = .nan
        maxRel = .nan
        passes = false
        used = .nan
    }

    /// Compares the part of a tensor that the output's name selects (`stage1[:, ::4]`) with the
    /// reference's.
    public init(
        _ output: String, ours: Tensor, reference: Tensor, _ tolerance: GoldenCase.Tolerance
    ) throws {
        let ours = try OutputName(output).cut(ours)
        guard ours.shape == reference.shape || ours.count == 1 && reference.count == 1 else {
            self.init(failure: output, "shape \(ours.shape), the reference has \(reference.shape)")
            return
        }
        try self.init(output, ours: ours.floats(), reference: reference.floats(), tolerance)
    }
}

extension GoldenCase.Tolerance {
    /// - Parameter atol: the absolute bound, with what the tensor's largest magnitude adds to it
    fileprivate func description(atol: Double) -> String {
        let bounds = [("rtol", rtol), ("atol", atol)].filter { $0.1 > 0 }.map {
            "\($0) \(String(format: "%.2g", $1))"
        }
        let share = share.map { $0 < 1 ? [String(format: "of %.4g %%", $0 * 100)] : [] } ?? []
        return ((bounds.isEmpty ? ["exact"] : bounds) + share).joined(separator: ", ")
    }
}
