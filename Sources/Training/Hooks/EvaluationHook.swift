import DenseKitComponents
import DenseKitEvaluation
import DenseKitExperiments
import Foundation

/// Validates every `train.eval_interval` iterations and at the end, logs the metrics, and keeps the
/// checkpoint with the best one. Every run with `data.val` has one.
///
///     hooks: [{ type: EvaluationHook, metric: mAcc }]
public final class EvaluationHook: StatefulHook {
    /// The settings in YAML; how often is validated is `train.eval_interval`.
    public struct Configuration: YAMLConfiguration {
        /// The metric that decides which checkpoint is the best, such as `bbox_mAP`; null for the
        /// primary metric of the task.
        public var metric: String?

        public init() {}
    }

    /// What a resumed run needs to know of past validations.
    public struct State: Codable, Sendable {
        /// The last iteration that was evaluated.
        var evaluated = 0
    }

    /// `evaluation`.
    public let stateName = "evaluation"
    /// The last validation, which checkpoints keep.
    public var state = State()

    /// True: it makes them.
    public let needsValidation = true

    /// What the hook works with in a run.
    private struct Parts {
        let evaluator: any Evaluator
        let store: CheckpointStore
        let log: LogHook
        let skipped: SkippedImagesHook?
        let progress: ProgressBar?
    }

    private let metric: String?
    /// Nil until the hook belongs to a run.
    private var parts: Parts?

    /// A hook for the trainer of an experiment, which has evaluator and checkpoints.
    public init(_ configuration: Configuration = Configuration()) { metric = configuration.metric }

    /// Makes it the hook of a run.
    func connect(
        _ evaluator: any Evaluator, store: CheckpointStore, log: LogHook,
        skipped: SkippedImagesHook?,
        progress: ProgressBar?
    ) {
        parts = Parts(
            evaluator: evaluator, store: store, log: log, skipped: skipped, progress: progress)
    }

    /// The metrics that its reports may have; nil where that is not known.
    var metricNames: [String]? { parts?.evaluator.metricNames }

    private static let setting = "EvaluationHook.metric"

    /// Validates first where the run was stopped between an iteration and its validation.
    /// - Throws: `TrainingError.unknownMetric`, `TrainingError.hookWithoutRun`, and what the
    ///   evaluation throws.
    public func beforeTraining(_ trainer: Trainer) throws {
        guard parts != nil else { throw TrainingError.hookWithoutRun("EvaluationHook") }
        try trainer.checkMetric(metric, of: Self.setting)
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
        guard let parts else { throw TrainingError.hookWithoutRun("EvaluationHook") }
        if trainer.processes.count == 1 { try Interruption.check() }
        try shareStatistics(of: trainer)
        let started = monotonicSeconds()
        let count = parts.evaluator.dataset.count
        let report = try parts.evaluator.evaluate { [progress = parts.progress] image in
            progress?.show(image.index + 1, of: count, note: "validating")
            try Interruption.check()
        }
        parts.progress?.clear()
        let summary = report.summary
        trainer.logger.info("\(report.table)")
        let fields = summary.map { "\($0.name): \($0.value.text())" }.joined(separator: "  ")
        let time = (monotonicSeconds() - started) / Double(max(count, 1))
        trainer.logger.info("Iter(val) [\(count)/\(count)]    \(fields)  time: \(time.text())")
        parts.skipped?.tell(trainer)
        let step = [("step", Double(trainer.iteration))]
        parts.log.writeScalars(
            summary.map { ($0.name, $0.value) } + (parts.skipped?.scalars ?? []) + step,
            trainer.logger)
        state.evaluated = trainer.iteration
        // Before anything is saved: checkpoints hold the hooks' states.
        for hook in trainer.hooks { try hook.afterEvaluation(trainer, report) }
        try keepBest(report, parts.store, trainer)
        try parts.store.updateState(trainer)
    }

    /// Gives all processes the running statistics of the first one, which checkpoints hold.
    private func shareStatistics(of trainer: Trainer) throws {
        guard let group = trainer.processes.group else { return }
        try withoutGrad {
            for buffer in try trainer.model.namedTensors() where buffer.kind == .buffer {
                try group.broadcast(buffer.tensor)
            }
        }
    }

    private func keepBest(
        _ report: any EvaluationReport, _ store: CheckpointStore, _ trainer: Trainer
    ) throws {
        // A task may report no primary metric; a metric that a setting names has to be there.
        guard metric != nil || report.primaryValue != nil else { return }
        let found = try report.metric(metric, of: Self.setting)
        // An evaluator that does not share images may find other last bits on each process.
        let bits = try trainer.processes.ofFirst("\(found.value.bitPattern)")
        let value = UInt64(bits).map { Double(bitPattern: $0) } ?? found.value
        let score = BestScore(
            metric: found.name, value: value, iteration: trainer.iteration,
            better: found.better)
        if let best = trainer.best, best.metric == score.metric, best.better != score.better {
            // A checkpoint of an earlier version does not say what is better.
            trainer.best = BestScore(
                metric: best.metric, value: best.value, iteration: best.iteration,
                better: score.better)
        }
        // The best value of another metric, from before a resume, is no measure of this one.
        let before = trainer.best.flatMap { $0.metric == score.metric ? $0.value : nil }
        guard score.better.isBetter(score.value, than: before) else { return }
        if let best = trainer.best, before == nil {
            let old = "\(best.metric), of iteration \(best.iteration)"
            trainer.logger.warning(
                "checkpoints are compared by \(score.metric) from here on: the best one by \(old), is replaced"
            )
        }
        trainer.logger.info("best \(score.metric) so far: \(score.value.text(decimals: 2))")
        try store.saveBest(score, trainer)
    }
}
