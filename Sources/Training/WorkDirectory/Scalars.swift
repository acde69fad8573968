import DenseKitCheckpoints
import Foundation

/// `scalars.json`: one JSON object a line, of training (`iter` and `step`) or of validation (`step`
/// alone).
enum Scalars {
    private struct Line: Decodable {
        let iter: Int?
        let step: Int
    }

    /// The lines of the file at `old` that a checkpoint has behind it become the file at `new`,
    /// which may be the same; later ones and torn ones go.
    ///
    /// - Parameters:
    ///   - iteration: the last one trained
    ///   - evaluated: the last one evaluated
    /// - Throws: `CheckpointError` where the file cannot be written.
    static func carryOver(from old: String, to new: String, iteration: Int, evaluated: Int)
        throws(CheckpointError)
    {
        guard let data = FileManager.default.contents(atPath: old) else { return }
        let decoder = JSONDecoder()
        var kept = Data()
        for text in data.split(separator: UInt8(ascii: "\n")) {
            guard let line = try? decoder.decode(Line.self, from: text),
                line.step <= (line.iter == nil ? evaluated : iteration)
            else {
                continue
            }
            kept += text + [UInt8(ascii: "\n")]
        }
        if old != new || kept != data { try AtomicFile.write(kept, to: new) }
    }

    /// One line, without its line feed. Numbers that JSON cannot hold become `null`.
    static func line(_ values: [(String, Double)]) -> String {
        let pairs = values.map { name, value in
            let text =
                name == "iter" || name == "step"
                ? "\(Int(value))" : value.isFinite ? "\(value)" : "null"
            return "\"\(name)\":\(text)"
        }
        return "{" + pairs.joined(separator: ",") + "}"
    }
}
