import DenseKitEvaluation
import Foundation

/// A row of a paper's table with this project's numbers for it.
public struct ReproducedRow: Sendable {
    /// The row as the paper prints it.
    public let row: PaperTable.Row
    /// The path of its configuration; nil where this project does not have the model, or the file.
    public internal(set) var file: String?
    /// The run of `file`, where it is a sweep; nil elsewhere.
    public internal(set) var run: SweepRun?
    /// The counts of parameters and multiply-adds; nil where the model cannot be built.
    public internal(set) var complexity: Complexity?
    /// mIoU at a single scale, in percent; nil where it was not measured.
    public internal(set) var singleScale: Double?
    /// mIoU with test-time augmentation, in percent; nil where it was not measured.
    public internal(set) var multiScale: Double?
    /// Average precisions in percent, in the order of the table's; nil where one was not measured.
    public internal(set) var precisions: [Double?] = []
    /// The reason why there is no complexity; nil where there is one.
    public internal(set) var problem: String?
    /// What would fill the next gap among the scores; nil where there is none.
    public internal(set) var missing: MissingScore?
    /// Text for the report on how to fill that gap; set by programs, which know how theirs is
    /// called.
    public var command: String?

    init(_ row: PaperTable.Row) { self.row = row }

    /// The same numbers for another row of the same model.
    func with(_ row: PaperTable.Row) -> ReproducedRow {
        var other = ReproducedRow(row)
        other.file = file
        other.run = run
        other.complexity = complexity
        other.singleScale = singleScale
        other.multiScale = multiScale
        other.precisions = precisions
        other.problem = problem
        other.missing = missing
        return other
    }

    /// Parameters in millions, without those that are not needed for every image; nil where the
    /// model cannot be built.
    public var parameters: Double? { complexity.map { Double($0.parametersPerImage) / 1e6 } }
    /// Multiply-adds / 1e9 of one image; nil where the model cannot be built.
    public var gflops: Double? { complexity.map { $0.model.total.cost.perImage / 1e9 } }
    /// Multiply-adds / 1e9 of one image, with transposed convolutions counted at their outputs; nil
    /// where the model cannot be built.
    public var gflopsAtOutputs: Double? {
        complexity.map { $0.model.total.cost.perImageAtOutputs / 1e9 }
    }

    /// The part that is computed once for a model and is in no sum, with its cost; nil where there
    /// is none.
    public var once: String? {
        guard let complexity, let part = complexity.model.onceParts.first else { return nil }
        let (parameters, cost) = part.total
        return part.path
            + String(
                format: ": %.2f M parameters, %.2f GFLOPs", Double(parameters) / 1e6,
                cost.once / 1e9)
            + String(format: "; as densekit runs it about %.2f", complexity.asRun.once / 1e9)
    }

    /// By how much the counts differ from the paper's where rounding does not explain it, and why;
    /// nil where they agree.
    public var remark: String? {
        if let problem { return problem }
        let counted = row.count == .fvcore ? gflops : gflopsAtOutputs
        let parts = [
            difference("GFLOPs", counted, row.gflops, ""),
            difference("parameters", parameters, row.parameters, " M"),
        ]
        let differences = parts.compactMap { $0 }
        guard !differences.isEmpty else { return nil }
        return differences.joined(separator: ", ") + ": " + (row.reason ?? "not explained")
    }

    private func difference(
        _ name: String, _ ours: Double?, _ paper: PrintedNumber?, _ unit: String
    )
        -> String?
    {
        guard let ours, let paper, !paper.agrees(with: ours) else { return nil }
        let distance = String(format: "%.2f", abs(ours - paper.value))
        return "\(name) \(distance)\(unit) \(ours > paper.value ? "above" : "below") the paper's"
    }
}

/// What would fill a gap among the scores of a row.
public enum MissingScore: Sendable, Equatable {
    /// Training the row's experiment.
    case training
    /// Evaluating a checkpoint, and writing its report as JSON to `file`.
    ///
    /// - checkpoint: the path of the best checkpoint; nil where it is not in the work directory
    /// - dataset: the path of the configuration whose data it is measured on; nil for its own
    /// - augmented: whether with test-time augmentation
    case evaluation(checkpoint: String?, dataset: String?, augmented: Bool, file: String)
}
