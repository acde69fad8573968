import DenseKitEvaluation

/// Code that is called around the training loop: logging, evaluation, checkpoints. All methods do
/// nothing if not implemented. An error thrown by a method stops training.
public protocol Hook: AnyObject {
    /// Called once before the first iteration, or the first after a resume. The model is in
    /// training mode.
    func beforeTraining(_ trainer: Trainer) throws
    /// Called in each iteration between the backward passes and the optimizer's step: the gradients
    /// of `trainer.optimizer` are complete and not yet clipped. They are those of the loss that is
    /// minimised, the mean over all passes of the batch. What is changed in them in place changes
    /// the step; no gradient is recorded of what is computed here. `trainer.iteration` does not
    /// count the iteration yet.
    ///
    /// Not called in an iteration whose loss is not finite: it changes nothing. What is thrown
    /// leaves the model as it was before the iteration.
    func afterBackward(_ trainer: Trainer) throws
    /// Called after each iteration; `trainer.iteration` counts it already, and `trainer.last` is
    /// its record.
    func afterIteration(_ trainer: Trainer) throws
    /// Called after the validation at `trainer.iteration`, before it is compared with
    /// `trainer.best` and saved.
    func afterEvaluation(_ trainer: Trainer, _ report: any EvaluationReport) throws
    /// Called once after the last iteration, also after `Trainer.stop()`, but not after a failure.
    func afterTraining(_ trainer: Trainer) throws
    /// Called where `error` ended training early, for example `Interrupted` after a signal. The
    /// iterations done can still be saved.
    func afterFailure(_ trainer: Trainer, _ error: any Error)
    /// Whether the hook has no use without validations: then a configuration without `data.val` is
    /// a mistake. False if not implemented.
    var needsValidation: Bool { get }
}

extension Hook {
    /// Does nothing.
    public func beforeTraining(_ trainer: Trainer) throws {}
    /// Does nothing.
    public func afterBackward(_ trainer: Trainer) throws {}
    /// Does nothing.
    public func afterIteration(_ trainer: Trainer) throws {}
    /// Does nothing.
    public func afterEvaluation(_ trainer: Trainer, _ report: any EvaluationReport) throws {}
    /// Does nothing.
    public func afterTraining(_ trainer: Trainer) throws {}
    /// Does nothing.
    public func afterFailure(_ trainer: Trainer, _ error: any Error) {}
    /// False.
    public var needsValidation: Bool { false }
}

/// A hook with a state that lasts from one iteration to the next. Checkpoints store it, so that a
/// resumed run continues as if it had not been stopped.
public protocol StatefulHook: Hook {
    /// The type of the state, which checkpoints store as JSON.
    associatedtype State: Codable

    /// The name of the state in checkpoints; unique among the hooks of a run.
    var stateName: String { get }
    /// The current state: read when a checkpoint is saved, set when it is resumed.
    var state: State { get set }
}
