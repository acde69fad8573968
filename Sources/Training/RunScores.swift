import Foundation

/// What the validations of a run said, read from its work directory.
public struct RunScores: Sendable, Equatable {
    public struct Score: Sendable, Equatable {
        public let iteration: Int
        /// In percent.
        public let value: Double
    }

    /// The validation with the highest value, whose checkpoint the run keeps.
    public let best: Score
    public let last: Score
    /// The checkpoint of the best validation, where it is there.
    public let checkpoint: String?

    /// Reads the newest run in `directory` that validated; nil where none did. Lines that are torn or of training are passed over.
    ///
    /// - Parameter metric: by which models are compared, such as `mIoU`
    public init?(workDirectory directory: String, metric: String) {
        let manager = FileManager.default
        let runs = ((try? manager.contentsOfDirectory(atPath: directory)) ?? []).sorted(by: >)
        let scores = runs.lazy.map { Self.scores("\(directory)/\($0)/vis_data/scalars.json", metric) }.first { !$0.isEmpty } ?? []
        guard let last = scores.last, let best = scores.max(by: { $0.value < $1.value }) else { return nil }
        (self.best, self.last) = (best, last)
        let path = "\(directory)/best_\(metric)_iter_\(best.iteration)"
        checkpoint = manager.fileExists(atPath: path) ? path : nil
    }

    private static func scores(_ path: String, _ metric: String) -> [Score] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        let decoder = JSONDecoder()
        return data.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let figures = try? decoder.decode([String: Double?].self, from: line), let value = figures[metric] ?? nil,
                let step = figures["step"] ?? nil, let iteration = Int(exactly: step)
            else { return nil }
            return Score(iteration: iteration, value: value)
        }
    }
}
