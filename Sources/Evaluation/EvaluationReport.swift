import Foundation

/// What an evaluation found: a table to read, JSON to process, and figures for the log.
public protocol EvaluationReport: Sendable {
    var table: String { get }
    var json: Data { get throws }
    /// In percent, under the names of OpenMMLab's frameworks; not a number where there was nothing to measure.
    var summary: [(name: String, value: Double)] { get }
    /// The figure of the summary by which models are compared: the more the better.
    var primaryMetric: String { get }
}

extension EvaluationReport {
    /// The figure by which models are compared, where the summary has it.
    public var primaryValue: Double? { summary.first { $0.name == primaryMetric }?.value }
}
