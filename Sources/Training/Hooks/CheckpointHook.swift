import DenseKitComponents
import DenseKitErrors

/// Saves the run every `train.checkpoint_interval` iterations, at the end, and when it is stopped.
/// Every run has one.
///
///     hooks: [{ type: CheckpointHook, keep_interval: 20000 }]
///
/// It is called before `EvaluationHook`, so that a failed evaluation loses no training. Its
/// checkpoint records that the evaluation is still to be done.
public final class CheckpointHook: Hook {
    /// The settings in YAML. How often the run is saved, and how many of the newest checkpoints
    /// stay, is `train.checkpoint_interval` and `train.keep_checkpoints`.
    public struct Configuration: YAMLConfiguration {
        /// Iterations between two checkpoints that are never deleted, 1…10⁹. They are saved besides
        /// those of `train.checkpoint_interval`. Null for none.
        public var keepInterval: Int?

        public init() {}
    }

    private let keepInterval: Int?
    /// Nil until the hook belongs to a run.
    private var store: CheckpointStore?

    /// A hook for the trainer of an experiment, which says where it writes.
    ///
    /// - Throws: `SettingError` for an interval out of range.
    public init(_ configuration: Configuration = Configuration()) throws {
        if let interval = configuration.keepInterval {
            try SettingError.check("keep_interval", interval, in: 1...1_000_000_000)
        }
        keepInterval = configuration.keepInterval
    }

    /// Makes it the hook of a run.
    func connect(_ store: CheckpointStore) {
        store.keepInterval = keepInterval
        self.store = store
    }

    private func connected() throws(TrainingError) -> CheckpointStore {
        guard let store else { throw .hookWithoutRun("CheckpointHook") }
        return store
    }

    /// Makes `last_checkpoint` name the checkpoint of this iteration, where there is one.
    /// - Throws: `TrainingError.hookWithoutRun`.
    public func beforeTraining(_ trainer: Trainer) throws {
        let store = try connected()
        try store.writePointer(trainer)
    }

    /// Saves a checkpoint where one is due.
    /// - Throws: `TrainingError.notFinite` for a weight that is not finite. A failed write is
    ///   logged and counted in `Trainer.saves`.
    public func afterIteration(_ trainer: Trainer) throws {
        let done = trainer.iteration
        let intervals = [max(1, trainer.settings.checkpointInterval), keepInterval].compactMap {
            $0
        }
        let isDue = intervals.contains { done.isMultiple(of: $0) }
        guard isDue || done == trainer.settings.iterations else { return }
        let store = try connected()
        try store.savePeriodic(trainer)
    }

    /// Saves a run that a hook ended early with `Trainer.stop()`.
    public func afterTraining(_ trainer: Trainer) throws {
        guard trainer.isStopped else { return }
        let store = try connected()
        if store.hasSaved(trainer.iteration) {
            try store.updateState(trainer)
        } else {
            try store.savePeriodic(trainer)
        }
    }

    /// Saves the iterations done, unless a weight is not finite or an iteration was only half done,
    /// and logs how to resume.
    public func afterFailure(_ trainer: Trainer, _ error: any Error) {
        trainer.logger.warning("training stopped at iteration \(trainer.iteration): \(error)")
        if case TrainingError.notFinite = error { return }
        guard trainer.isConsistent else {
            trainer.logger.error(
                "the iteration ended halfway, so it is not saved; resume with \(Term.resumeNewest) once the cause is fixed"
            )
            return
        }
        guard trainer.iteration > 0, let store, trainer.processes.isFirst else { return }
        // Other processes may be gone.
        store.waitsAlone = true
        do {
            try trainer.processes.delayingEnd {
                if !store.hasSaved(trainer.iteration) { try store.savePeriodic(trainer) }
            }
        } catch {
            trainer.logger.error("what was reached is not saved: \(error)")
        }
        trainer.logger.info(
            "resume with \(Term.resumeNewest)\(error is Interrupted ? "" : " once the cause is fixed")"
        )
    }
}
