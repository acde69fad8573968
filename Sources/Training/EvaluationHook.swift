import Evaluation
import Foundation
import Vision

/// Validates now and then and at the end, logs the scores, and keeps the checkpoint with the best mIoU.
public final class EvaluationHook: StatefulHook {
    public struct State: Codable, Sendable {
        /// The last iteration that was evaluated.
        var evaluated = 0
    }

    public let stateName = "evaluation"
    public var state = State()

    private let evaluator: SegmentationEvaluator
    private let classes: ClassList
    private let store: CheckpointStore
    private let log: LogHook
    private let progress: ProgressBar?

    init(
        _ evaluator: SegmentationEvaluator, classes: ClassList, store: CheckpointStore, log: LogHook, progress: ProgressBar? = nil
    ) {
        self.evaluator = evaluator
        self.classes = classes
        self.store = store
        self.log = log
        self.progress = progress
    }

    /// A run that was stopped between an iteration and its evaluation catches up.
    public func beforeTraining(_ trainer: Trainer) throws {
        guard isDue(trainer) else { return }
        trainer.logger.info("iteration \(trainer.iteration) has not been evaluated yet")
        try evaluate(trainer)
    }

    public func afterIteration(_ trainer: Trainer) throws {
        if isDue(trainer) { try evaluate(trainer) }
    }

    private func isDue(_ trainer: Trainer) -> Bool {
        let (done, interval) = (trainer.iteration, max(1, trainer.settings.evalInterval))
        return done > state.evaluated && (done.isMultiple(of: interval) || done == trainer.settings.iterations)
    }

    private func evaluate(_ trainer: Trainer) throws {
        try Interruption.check()
        let started = monotonicSeconds()
        let count = evaluator.dataset.count
        let scores = try evaluator.evaluate { [progress] _, _, done in
            progress?.show(done, of: count, note: "validating")
            try Interruption.check()
        }
        progress?.clear()
        let summary = scores.summary()
        trainer.logger.info("\(SegmentationReport(scores, names: classes.names).table)")
        let fields = summary.map { "\($0.name): \(String(format: "%.4f", $0.percent))" }.joined(separator: "  ")
        let time = (monotonicSeconds() - started) / Double(max(count, 1))
        trainer.logger.info("Iter(val) [\(count)/\(count)]    \(fields)  time: \(String(format: "%.4f", time))")
        log.writeScalars(summary.map { ($0.name, $0.percent) } + [("step", Double(trainer.iteration))], trainer.logger)
        state.evaluated = trainer.iteration
        if let score = summary.first(where: { $0.name == "mIoU" })?.percent { try keepBest(score, trainer) }
        try store.updateState(trainer)
    }

    private func keepBest(_ score: Double, _ trainer: Trainer) throws {
        guard score.isFinite, score > trainer.best?.value ?? -1 else { return }
        trainer.logger.info("best mIoU so far: \(String(format: "%.2f", score))")
        try store.saveBest(BestScore(metric: "mIoU", value: score, iteration: trainer.iteration), trainer)
    }
}
