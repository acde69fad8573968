import DenseKitEvaluation

/// Something that happens around the loop: logging, evaluation, checkpoints.
public protocol Hook: AnyObject {
    func beforeTraining(_ trainer: Trainer) throws
    func afterIteration(_ trainer: Trainer) throws
    /// The validation at `trainer.iteration` is done; where it is the best so far, `trainer.best` says so.
    func afterEvaluation(_ trainer: Trainer, _ report: any EvaluationReport) throws
    func afterTraining(_ trainer: Trainer) throws
    /// `error` ended training early, an interruption by a signal say; what was reached can still be saved.
    func afterFailure(_ trainer: Trainer, _ error: any Error)
}

extension Hook {
    public func beforeTraining(_ trainer: Trainer) throws {}
    public func afterIteration(_ trainer: Trainer) throws {}
    public func afterEvaluation(_ trainer: Trainer, _ report: any EvaluationReport) throws {}
    public func afterTraining(_ trainer: Trainer) throws {}
    public func afterFailure(_ trainer: Trainer, _ error: any Error) {}
}

/// A hook that remembers something from one iteration to the next. Checkpoints keep it, so that a resumed run goes on as one never stopped.
public protocol StatefulHook: Hook {
    associatedtype State: Codable

    /// Names the state in checkpoints; no two hooks of a run share it.
    var stateName: String { get }
    var state: State { get set }
}
