import Foundation

/// What the validations of a run said, read from its work directory.
public struct RunScores: Sendable, Equatable {
    public struct Score: Sendable, Equatable {
        public let iteration: Int
        /// In percent.
        public let mIoU: Double
    }

    /// The validation with the highest mIoU, whose checkpoint the run keeps.
    public let best: Score
    public let last: Score
    /// The checkpoint of the best validation, where it is there.
    public let checkpoint: String?

    private struct Line: Decodable {
        let step: Int
        let mIoU: Double
    }

    /// Reads the newest run in `directory` that validated; nil where none did. Lines that are torn or of training are passed over.
    public init?(workDirectory directory: String) {
        let manager = FileManager.default
        let runs = ((try? manager.contentsOfDirectory(atPath: directory)) ?? []).sorted(by: >)
        let scores = runs.lazy.map { Self.scores("\(directory)/\($0)/vis_data/scalars.json") }.first { !$0.isEmpty } ?? []
        guard let last = scores.last, let best = scores.max(by: { $0.mIoU < $1.mIoU }) else { return nil }
        (self.best, self.last) = (best, last)
        let path = "\(directory)/best_mIoU_iter_\(best.iteration)"
        checkpoint = manager.fileExists(atPath: path) ? path : nil
    }

    private static func scores(_ path: String) -> [Score] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        let decoder = JSONDecoder()
        return data.split(separator: UInt8(ascii: "\n")).compactMap { try? decoder.decode(Line.self, from: $0) }
            .map { Score(iteration: $0.step, mIoU: $0.mIoU) }
    }
}
