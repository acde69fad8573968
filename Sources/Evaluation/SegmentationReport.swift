import DenseKitFoundations
import Foundation

/// Metrics of a segmentation with class names, as a table and as JSON. All values are percentages.
public struct SegmentationReport: EvaluationReport {
    private let scores: SegmentationScores
    private let names: [String]
    private let metrics: [SegmentationScores.Metric]
    /// A line above the scores that describes what was measured; nil for none.
    public var note: String?

    /// A report of `scores`.
    ///
    /// - Parameters:
    ///   - scores: of the whole data set
    ///   - names: one for each class.
    ///   - metrics: what to report, in this order.
    /// - Precondition: there are as many names as classes.
    public init(
        _ scores: SegmentationScores, names: [String],
        metrics: [SegmentationScores.Metric] = [.iou, .accuracy]
    ) {
        precondition(names.count == scores.classCount, "a report needs a name for each class")
        self.scores = scores
        self.names = names
        self.metrics = metrics
    }

    /// `aAcc` and the means of the reported metrics over the classes, in percent: `mIoU`, `mAcc`, …
    public var summary: [EvaluationMetric] {
        scores.summary(metrics).map { EvaluationMetric($0.name, $0.percent, better: .higher) }
    }

    /// `mIoU`: models are compared by it.
    public let primaryMetric = "mIoU"

    /// Two tables in MMSegmentation's style: every class, then the means. A class in neither labels
    /// nor predictions is "absent".
    public var table: String {
        let values = metrics.map { scores.perClass($0) }
        let classes = names.indices.map { row in
            [names[row]] + values.map { Self.cell(SegmentationScores.percent($0[row])) }
        }
        let summary = scores.summary(metrics)
        let head = note.map { $0 + "\n" } ?? ""
        return head + """
            per class results:
            \(TextTable.framed([["Class"] + metrics.map(\.rawValue)] + classes))
            Summary:
            \(TextTable.framed([summary.map(\.name), summary.map { Self.cell($0.percent) }]))
            """
    }

    /// All metrics in percent:
    /// `{"aAcc": …, "mIoU": …, "classes": [{"name": "wall", "IoU": …}, …]}`; null where a class is
    /// absent.
    public var json: Data {
        get throws {
            let values = metrics.map { scores.perClass($0) }
            var report: [String: JSONValue] = [:]
            for (name, percent) in scores.summary(metrics) { report[name] = .number(percent) }
            if let note { report["note"] = .text(note) }
            report["classes"] = .list(
                names.indices.map { row in
                    var entry = ["name": JSONValue.text(names[row])]
                    for (metric, value) in zip(metrics, values) {
                        entry[metric.rawValue] = .number(SegmentationScores.percent(value[row]))
                    }
                    return .object(entry)
                })
            return try JSONValue.object(report).data
        }
    }

    private static func cell(_ percent: Double) -> String {
        percent.isNaN ? "absent" : String(format: "%.2f", percent)
    }
}
