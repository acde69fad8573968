import DenseKitCore
import Foundation

extension Reproduction {
    /// The average precisions of a detector: those of a finished run, as `densekit test --out`
    /// wrote them into its work directory.
    func readPrecisions(
        of found: inout ReproducedRow, _ table: PaperTable, trainBy command: String, _ work: String
    ) {
        found.precisions = table.precisions(
            in: FileManager.default.contents(atPath: "\(work)/single_scale.json"))
        if found.precisions.allSatisfy({ $0 == nil }) { found.command = command }
    }
}

extension PaperTable {
    /// In percent, what scores of a detector say of the table's average precisions:
    /// `{"bbox": {"AP": 0.382, …}, "segm": …}`, as `densekit test` writes them. nil where they do
    /// not say it.
    func precisions(in scores: Data?) -> [Double?] {
        let scores =
            scores.flatMap { try? JSONDecoder().decode([String: [String: Figure]].self, from: $0) }
            ?? [:]
        return precisions.map {
            scores[$0.kind.rawValue]?[$0.measure.rawValue]?.number.map { 100 * $0 }
        }
    }

    /// A number, or something else.
    private struct Figure: Decodable {
        let number: Double?

        init(from decoder: any Decoder) throws {
            number = try? decoder.singleValueContainer().decode(Double.self)
        }
    }
}
