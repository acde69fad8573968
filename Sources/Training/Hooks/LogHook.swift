import DenseKitComponents
import DenseKitExperiments
import Foundation
import Logging

/// Writes log lines, `scalars.json` (one JSON object a line) and, in a terminal, the progress bar.
/// Logged values are means over the last iterations. Every run has one.
///
///     hooks: [{ type: LogHook, window: 50 }]
public final class LogHook: StatefulHook {
    /// The settings in YAML; how often there is a line is `train.log_interval`.
    public struct Configuration: YAMLConfiguration {
        /// Iterations whose means a line shows, 1…100,000.
        public var window = 10

        public init() {}
    }

    /// What the means and the estimate of the remaining time are computed from.
    public struct State: Codable, Sendable {
        /// The last iterations, without the names of their images.
        var recent: [IterationRecord] = []
        /// Seconds of all iterations, and how many they were.
        var elapsed = 0.0
        var counted = 0
    }

    /// `log`.
    public let stateName = "log"
    /// The last iterations and the time so far, which checkpoints keep.
    public var state = State()

    /// How many iterations a line's means are taken of.
    private let window: Int
    /// Nil until the hook belongs to a run.
    private var scalarsPath: String?
    private var progress: ProgressBar?
    private var scalars: LineFile?

    /// A hook for the trainer of an experiment, which says where it writes.
    ///
    /// - Throws: `SettingError` for a window out of range.
    public init(_ configuration: Configuration) throws {
        try SettingError.check("window", configuration.window, in: 1...100_000)
        window = configuration.window
    }

    /// A hook that appends to the file at `scalarsPath`, for a trainer of one's own.
    ///
    /// - Parameters:
    ///   - scalarsPath: the file of the metrics, one JSON object a line
    ///   - progress: nil shows no progress bar
    public init(scalarsPath: String, progress: ProgressBar? = nil) {
        window = Configuration().window
        self.scalarsPath = scalarsPath
        self.progress = progress
    }

    /// Makes it the hook of a run.
    func connect(scalarsPath: String, progress: ProgressBar?) {
        self.scalarsPath = scalarsPath
        self.progress = progress
    }

    /// Opens the file of scalars.
    /// - Throws: `CheckpointError` where it cannot be opened, `TrainingError.hookWithoutRun`.
    public func beforeTraining(_ trainer: Trainer) throws {
        guard let scalarsPath else { throw TrainingError.hookWithoutRun("LogHook") }
        guard trainer.processes.isFirst else { return }
        scalars = try LineFile(scalarsPath)
    }

    /// Updates the progress bar and, every `train.log_interval` iterations and at the last, writes
    /// a log line and a line of scalars.
    public func afterIteration(_ trainer: Trainer) {
        var record = trainer.last
        record.names = []
        record.skipped = []
        state.recent = state.recent.suffix(window - 1) + [record]
        state.elapsed += record.time
        state.counted += 1
        let done = trainer.iteration
        let total = trainer.settings.iterations
        progress?.show(done, of: total, note: "loss \((record.loss ?? 0).text())")
        guard trainer.isLogged(done) else { return }
        progress?.clear()
        let fields = fields(record)
        let width = String(total).count
        let position =
            String(repeating: " ", count: width - String(done).count) + "\(done)/\(total)"
        let eta = clockText(state.elapsed / Double(state.counted) * Double(total - done))
        let rate = record.learningRates.max() ?? 0
        var line = "Iter(train) [\(position)]  lr: \(String(format: "%.4e", rate))  eta: \(eta)"
        for (name, value) in fields { line += "  \(name): \(value.text())" }
        trainer.logger.info("\(line)")
        writeScalars(
            [("lr", rate)] + fields + [("iter", Double(done)), ("step", Double(done))],
            trainer.logger)
    }

    /// Removes the progress bar, and warns of scalars that could not be written.
    public func afterTraining(_ trainer: Trainer) { finish(trainer) }
    /// Removes the progress bar, and warns of scalars that could not be written.
    public func afterFailure(_ trainer: Trainer, _ error: any Error) { finish(trainer) }

    private func finish(_ trainer: Trainer) {
        progress?.clear()
        guard let scalarsPath, let lost = scalars?.lostLines, lost > 0 else { return }
        trainer.logger.warning("\(scalarsPath): \(lost) lines are missing")
    }

    /// Times and values, means over the last iterations; values that only logged iterations have
    /// are logged alone. The scale is the present one.
    private func fields(_ record: IterationRecord) -> [(String, Double)] {
        func mean(_ values: [Double]) -> Double {
            values.reduce(0, +) / Double(max(values.count, 1))
        }
        let recent = state.recent
        var result = [
            ("time", mean(recent.map(\.time))), ("data_time", mean(recent.map(\.dataTime))),
        ]
        for name in record.values.map(\.name) {
            result.append(
                (
                    name,
                    mean(
                        recent.flatMap { record in
                            record.values.filter { $0.name == name }.map(\.value)
                        })
                ))
        }
        if let scale = record.lossScale { result.append(("loss_scale", scale)) }
        return result
    }

    /// Appends one line of JSON. Where that is not possible the user is warned, once, and training
    /// continues.
    func writeScalars(_ values: [(String, Double)], _ logger: Logger) {
        if let problem = scalars?.append(Scalars.line(values)) { logger.error("\(problem)") }
    }
}
