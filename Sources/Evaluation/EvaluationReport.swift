import Foundation

/// The result of an evaluation: a table to read, JSON to process, and metrics for the log.
public protocol EvaluationReport: Sendable {
    /// A table to print, of one or more lines.
    var table: String { get }
    /// All results as a JSON object.
    var json: Data { get throws }
    /// The main metrics, in percent where they are shares, named as in OpenMMLab's frameworks; NaN
    /// where there was nothing to measure.
    var summary: [(name: String, value: Double)] { get }
    /// The name of the metric in `summary` by which models are compared. Higher is better, unless
    /// `lessIsBetter`.
    var primaryMetric: String { get }
    /// Whether a lower primary metric is better, as for an error; false if not implemented.
    var lessIsBetter: Bool { get }
    /// Writes predictions to files whose paths begin with `prefix`, in the format of the task's
    /// public benchmarks. Called only where the task's `writesResults` is true; writes nothing if
    /// not implemented.
    func writeResults(to prefix: String) throws
}

extension EvaluationReport {
    /// False: a higher primary metric is better.
    public var lessIsBetter: Bool { false }
    /// Writes nothing.
    public func writeResults(to prefix: String) throws {}

    /// The value of the primary metric; nil where the summary does not have it.
    public var primaryValue: Double? { summary.first { $0.name == primaryMetric }?.value }
}
