import DenseKitEvaluation
import Foundation

/// Validates every `train.eval_interval` iterations and at the end, logs the metrics, and keeps the
/// checkpoint with the best one.
public final class EvaluationHook: StatefulHook {
    /// What a resumed run needs to know of past validations.
    public struct State: Codable, Sendable {
        /// The last iteration that was evaluated.
        var evaluated = 0
    }

    /// `evaluation`.
    public let stateName = "evaluation"
    /// The last validation, which checkpoints keep.
    public var state = State()

    private let evaluator: any Evaluator
    private let store: CheckpointStore
    private let log: LogHook
    private let skipped: SkippedImagesHook?
    private let progress: ProgressBar?

    init(
        _ evaluator: any Evaluator, store: CheckpointStore, log: LogHook,
        skipped: SkippedImagesHook? = nil,
        progress: ProgressBar? = nil
    ) {
        self.evaluator = evaluator
        self.store = store
        self.log = log
        self.skipped = skipped
        self.progress = progress
    }

    /// Validates first where the run was stopped between an iteration and its validation.
    public func beforeTraining(_ trainer: Trainer) throws {
        guard isDue(trainer) else { return }
        trainer.logger.info("iteration \(trainer.iteration) has not been evaluated yet")
        try evaluate(trainer)
    }

    /// Validates where it is due, saves the best checkpoint, and calls `afterEvaluation` of all
    /// hooks.
    /// - Throws: `Interrupted` after a signal, and what the evaluation throws.
    public func afterIteration(_ trainer: Trainer) throws {
        if isDue(trainer) { try evaluate(trainer) }
    }

    private func isDue(_ trainer: Trainer) -> Bool {
        let done = trainer.iteration
        let interval = max(1, trainer.settings.evalInterval)
        return done > state.evaluated
            && (done.isMultiple(of: interval) || done == trainer.settings.iterations)
    }

    private func evaluate(_ trainer: Trainer) throws {
        try Interruption.check()
        let started = monotonicSeconds()
        let count = evaluator.dataset.count
        let report = try evaluator.evaluate { [progress] image in
            progress?.show(image.index + 1, of: count, note: "validating")
            try Interruption.check()
        }
        progress?.clear()
        let summary = report.summary
        trainer.logger.info("\(report.table)")
        let fields = summary.map { "\($0.name): \($0.value.text())" }.joined(separator: "  ")
        let time = (monotonicSeconds() - started) / Double(max(count, 1))
        trainer.logger.info("Iter(val) [\(count)/\(count)]    \(fields)  time: \(time.text())")
        skipped?.tell(trainer)
        log.writeScalars(
            summary.map { ($0.name, $0.value) } + (skipped?.scalars ?? []) + [
                ("step", Double(trainer.iteration))
            ], trainer.logger
        )
        state.evaluated = trainer.iteration
        // Before anything is saved: checkpoints hold the hooks' states.
        for hook in trainer.hooks { try hook.afterEvaluation(trainer, report) }
        if let value = report.primaryValue {
            let score = BestScore(
                metric: report.primaryMetric, value: value, iteration: trainer.iteration)
            try keepBest(score, lessIsBetter: report.lessIsBetter, trainer)
        }
        try store.updateState(trainer)
    }

    private func keepBest(_ score: BestScore, lessIsBetter: Bool, _ trainer: Trainer) throws {
        let isBetter =
            lessIsBetter
            ? score.value < trainer.best?.value ?? .infinity
            : score.value > trainer.best?.value ?? -1
        guard score.value.isFinite, isBetter else { return }
        trainer.logger.info("best \(score.metric) so far: \(score.value.text(decimals: 2))")
        try store.saveBest(score, trainer)
    }
}
