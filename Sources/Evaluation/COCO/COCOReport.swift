import DenseKitFoundations
import Foundation

/// COCO's metrics of boxes, of masks or of both, as a table and as JSON.
public struct COCOReport: Sendable {
    private let results: [(kind: COCOEvaluation.Kind, scores: COCOScores)]
    private let names: [String]

    /// A report of one or more evaluations.
    ///
    /// - Parameters:
    ///   - results: what was evaluated, in the order of the report.
    ///   - names: a class name for each category, in ascending order of the category ids.
    /// - Precondition: there are as many names as categories.
    public init(_ results: [(kind: COCOEvaluation.Kind, scores: COCOScores)], names: [String]) {
        precondition(
            results.allSatisfy {
                $0.scores.categories.isEmpty || $0.scores.categories.count == names.count
            },
            "a report needs a name for each category")
        self.results = results
        self.names = names
    }

    /// pycocotools' twelve lines for each kind and, with `perClass`, a table of AP and AR for each
    /// category in percent.
    public func table(perClass: Bool = false) -> String {
        results.map { kind, scores in
            let head = "Evaluated \(kind.rawValue):"
            let categories =
                perClass && !scores.categories.isEmpty ? [Self.categoryTable(scores, names)] : []
            return ([head] + Self.lines(scores) + categories).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    /// All metrics as JSON:
    /// `{"bbox": {"AP": 0.41, …, "classes": [{"name": "person", "id": 1, "AP": …}, …]}, "segm": …}`,
    /// with fractions from 0 to 1; null where there is no ground truth.
    public var json: Data {
        get throws {
            var report: [String: JSONValue] = [:]
            for (kind, scores) in results {
                var entry = Self.values(scores.summary)
                entry["classes"] = .list(
                    scores.categories.indices.map { place in
                        var values = Self.values(scores.summary(category: place))
                        values["name"] = .text(names[place])
                        values["id"] = .number(Double(scores.categories[place]))
                        return .object(values)
                    })
                report[kind.rawValue] = .object(entry)
            }
            return try JSONValue.object(report).data
        }
    }

    private static func values(_ measures: [COCOScores.Measure]) -> [String: JSONValue] {
        // Below 0 there was nothing to find.
        Dictionary(
            uniqueKeysWithValues: measures.map {
                ($0.name, .number($0.value < 0 ? .nan : $0.value))
            })
    }

    private static func lines(_ scores: COCOScores) -> [String] {
        let summary = scores.summary.map(\.value)
        let areas = [
            "all", "all", "all", "small", "medium", "large", "all", "all", "all", "small", "medium",
            "large",
        ]
        return summary.indices.map { index in
            let title = index < 6 ? "Average Precision  (AP)" : "Average Recall     (AR)"
            let iou = index == 1 ? "0.50     " : index == 2 ? "0.75     " : "0.50:0.95"
            let area = String(repeating: " ", count: 6 - areas[index].count) + areas[index]
            let maximum = index == 6 ? "  1" : index == 7 ? " 10" : "100"
            return
                " \(title) @[ IoU=\(iou) | area=\(area) | maxDets=\(maximum) ] = \(String(format: "%.3f", summary[index]))"
        }
    }

    /// A row for each category.
    private static func categoryTable(_ scores: COCOScores, _ names: [String]) -> String {
        let columns = ["AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR@100"]
        let rows = scores.categories.indices.map { place in
            let measures = scores.summary(category: place)
            return [names[place]]
                + columns.map { column in
                    let value = measures.first { $0.name == column }?.value ?? -1
                    return value < 0 ? "absent" : String(format: "%.1f", value * 100)
                }
        }
        return TextTable.framed([["Class"] + columns] + rows)
    }
}
