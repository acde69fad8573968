import Foundation

extension PaperTable {
    /// The table's average precisions in percent, from the JSON of a detector's evaluation report:
    /// `{"bbox": {"AP": 0.382, …}, "segm": …}`. nil for those that it does not have.
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
