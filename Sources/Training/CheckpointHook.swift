/// Saves the run now and then and at the end, and when it is stopped.
///
/// Stands before the evaluation: what an evaluation costs is not lost with it. Its checkpoint says that the evaluation is still to come.
public final class CheckpointHook: Hook {
    private let store: CheckpointStore

    init(_ store: CheckpointStore) { self.store = store }

    public func beforeTraining(_ trainer: Trainer) throws { try store.writePointer(trainer) }

    public func afterIteration(_ trainer: Trainer) throws {
        let interval = max(1, trainer.settings.checkpointInterval)
        guard trainer.iteration.isMultiple(of: interval) || trainer.iteration == trainer.settings.iterations else { return }
        try store.savePeriodic(trainer)
    }

    /// A run that a hook ended early is saved where it stands.
    public func afterTraining(_ trainer: Trainer) throws {
        if trainer.isStopped, !store.hasSaved(trainer.iteration) { try store.savePeriodic(trainer) }
    }

    /// Nothing that was learnt is lost because of a signal, or of one bad image.
    public func afterFailure(_ trainer: Trainer, _ error: any Error) {
        trainer.logger.warning("training stopped at iteration \(trainer.iteration): \(error)")
        if case TrainingError.notFinite = error { return }
        guard trainer.isConsistent else {
            trainer.logger.error(
                "the iteration ended halfway, so it is not saved; go on with --resume auto once the cause is mended")
            return
        }
        guard trainer.iteration > 0 else { return }
        do {
            if !store.hasSaved(trainer.iteration) { try store.savePeriodic(trainer) }
        } catch {
            trainer.logger.error("what was reached is not saved: \(error)")
        }
        trainer.logger.info("go on with --resume auto\(error is Interrupted ? "" : " once the cause is mended")")
    }
}
