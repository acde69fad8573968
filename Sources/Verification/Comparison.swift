import Foundation
import NN

/// One line of a verification: an output compared with the reference's, or a question of names.
public struct Comparison: Sendable {
    public let output: String
    public let maxAbs: Double
    public let maxRel: Double
    public let passes: Bool
    /// Why it fails, where numbers do not say it.
    public let note: String

    /// `|a − b| ≤ atol + rtol · |b|` for every element, or for the share of them that the tolerance asks for.
    public init(_ output: String, ours: [Float], reference: [Float], _ tolerance: GoldenCase.Tolerance) {
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
            if abs(b) > tolerance.atol { maxRel = max(maxRel, difference / abs(b)) }  // below it, the absolute bound decides
            if difference > tolerance.atol + tolerance.rtol * abs(b) { outside += 1 }
        }
        let allowed = tolerance.share.map { Int((Double(reference.count) * (1 - $0)).rounded(.down)) } ?? 0
        self.output = output
        (self.maxAbs, self.maxRel) = (maxAbs, maxRel)
        passes = outside <= allowed
        note = outside == 0 ? "" : "\(outside) of \(reference.count) outside rtol \(tolerance.rtol), atol \(tolerance.atol)"
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

/// The name of an output with the part of it that is stored: `stage1[:, ::4]` is every fourth channel.
public struct OutputName: Sendable {
    public let name: String
    private let steps: [(dim: Int, step: Int)]

    public init(_ text: String) {
        guard let bracket = text.firstIndex(of: "["), text.hasSuffix("]") else {
            (name, steps) = (text, [])
            return
        }
        name = String(text[..<bracket])
        let slices = text[text.index(after: bracket)...].dropLast().split(separator: ",")
        steps = slices.enumerated().compactMap { dim, slice in
            let parts = slice.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 3, let step = Int(parts[2].trimmingCharacters(in: .whitespaces)) else { return nil }
            return (dim, step)
        }
    }

    func cut(_ tensor: Tensor) throws -> Tensor {
        try steps.reduce(tensor) { try $0.sliced($1.dim, step: $1.step) }
    }
}
