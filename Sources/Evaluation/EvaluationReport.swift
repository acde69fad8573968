import Foundation

/// What an evaluation found: a table to read, JSON to process, and figures for the log.
public protocol EvaluationReport: Sendable {
    var table: String { get }
    var json: Data { get throws }
    /// In percent where they are shares, under the names of OpenMMLab's frameworks; not a number where there was nothing to measure.
    var summary: [(name: String, value: Double)] { get }
    /// The figure of the summary by which models are compared: the more the better, unless `lessIsBetter`.
    var primaryMetric: String { get }
    /// Whether a smaller primary figure is a better one: an error.
    var lessIsBetter: Bool { get }
    /// Writes what was found to files whose paths begin with `prefix`, in the form that the task's public evaluations take. Asked for only
    /// where the task `writesResults`.
    func writeResults(to prefix: String) throws
}

extension EvaluationReport {
    public var lessIsBetter: Bool { false }
    public func writeResults(to prefix: String) throws {}

    /// The figure by which models are compared, where the summary has it.
    public var primaryValue: Double? { summary.first { $0.name == primaryMetric }?.value }
}
