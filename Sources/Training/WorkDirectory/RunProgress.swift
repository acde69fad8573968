import Foundation

/// How many iterations the run in a work directory has done, by its newest readable checkpoint.
public struct RunProgress: Sendable, Equatable {
    /// The number of iterations done.
    public let iteration: Int
    /// The last iteration that was validated; 0 where none was.
    public let validated: Int
    /// The best validation so far; nil where none was done.
    public let best: BestScore?
    /// Seconds that the iterations took, without validations; nil where they were not recorded.
    public let seconds: Double?
    /// Whether a hook ended the run.
    public let isStopped: Bool

    /// Reads the state in the newest checkpoint of the newest run; nil where `directory` holds
    /// none.
    public init?(workDirectory directory: String) {
        guard let state = FoundCheckpoint.all(in: directory).lazy.compactMap(\.state).first else {
            return nil
        }
        struct Validation: Decodable { let evaluated: Int }
        struct Log: Decodable { let elapsed: Double }
        func hook<State: Decodable>(_ name: String, _ type: State.Type) -> State? {
            state.hooks[name].flatMap { try? JSONDecoder().decode(type, from: Data($0.utf8)) }
        }
        iteration = state.iteration
        best = state.best
        isStopped = state.isStopped ?? false
        validated = hook("evaluation", Validation.self)?.evaluated ?? 0
        seconds = hook("log", Log.self)?.elapsed
    }

    /// Whether a hook ended the run, or all of its `iterations` are done and, where it validates,
    /// also the last validation.
    public func isFinished(iterations: Int, validates: Bool) -> Bool {
        isStopped || iteration >= iterations && (!validates || validated >= iterations)
    }
}
