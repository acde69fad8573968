import DenseKitEvaluation
import Foundation

/// The validation metrics of a run, read from its work directory.
public struct RunScores: Sendable, Equatable {
    /// The metric at one validation.
    public struct Score: Sendable, Equatable {
        /// The iteration of the validation.
        public let iteration: Int
        /// The metric's value, in percent where it is a share.
        public let value: Double
    }

    /// The first of the validations with the best value, whose checkpoint the run keeps.
    public let best: Score
    /// The last validation.
    public let last: Score
    /// The path of the best validation's checkpoint; nil where it does not exist.
    public let checkpoint: String?

    /// Reads the newest run in `directory` that has validated; nil where there is none. Incomplete
    /// lines, and those of training, are skipped.
    ///
    /// - Parameters:
    ///   - directory: the work directory
    ///   - metric: the metric by which models are compared, such as `mIoU`
    ///   - better: whether higher or lower values of the metric are better
    public init?(workDirectory directory: String, metric: String, better: MetricDirection) {
        let manager = FileManager.default
        let runs = ((try? manager.contentsOfDirectory(atPath: directory)) ?? []).sorted(by: >)
        let scores =
            runs.lazy.map { Self.scores("\(directory)/\($0)/vis_data/scalars.json", metric) }.first
        { !$0.isEmpty } ?? []
        guard let last = scores.last, var best = scores.first else { return nil }
        for score in scores where better.isBetter(score.value, than: best.value) { best = score }
        self.best = best
        self.last = last
        let path = "\(directory)/best_\(metric)_iter_\(best.iteration)"
        checkpoint = manager.fileExists(atPath: path) ? path : nil
    }

    private static func scores(_ path: String, _ metric: String) -> [Score] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        let decoder = JSONDecoder()
        return data.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let figures = try? decoder.decode([String: Double?].self, from: line),
                let value = figures[metric] ?? nil,
                let step = figures["step"] ?? nil, let iteration = Int(exactly: step)
            else { return nil }
            return Score(iteration: iteration, value: value)
        }
    }
}
