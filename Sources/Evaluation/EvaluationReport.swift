import Foundation

/// The result of an evaluation: a table to read, JSON to process, and metrics for the log.
public protocol EvaluationReport: Sendable {
    /// A table to print, of one or more lines.
    var table: String { get }
    /// All results as a JSON object.
    var json: Data { get throws }
    /// The main metrics, named as in OpenMMLab's frameworks, each with whether higher or lower
    /// values are better.
    var summary: [EvaluationMetric] { get }
    /// The name of the metric in `summary` by which models are compared.
    var primaryMetric: String { get }
    /// Writes predictions to files whose paths begin with `prefix`, in the format of the task's
    /// public benchmarks. Called only where the task's `writesResults` is true; writes nothing if
    /// not implemented.
    func writeResults(to prefix: String) throws
}

extension EvaluationReport {
    /// Writes nothing.
    public func writeResults(to prefix: String) throws {}

    /// The metric of this name in the summary; nil where the summary does not have it.
    public func metric(_ name: String) -> EvaluationMetric? { summary.first { $0.name == name } }

    /// The value of the primary metric; nil where the summary does not have it.
    public var primaryValue: Double? { metric(primaryMetric)?.value }
}
