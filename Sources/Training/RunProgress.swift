import Foundation

/// How far the run in a work directory has come, by the newest checkpoint that says so.
public struct RunProgress: Sendable, Equatable {
    /// Iterations done.
    public let iteration: Int
    /// The last iteration that was validated; 0 for none.
    public let validated: Int
    /// The best validation so far.
    public let best: BestScore?
    /// Seconds that the iterations took, without validations; nil where that is not recorded.
    public let seconds: Double?

    /// Reads the state beside the newest checkpoint of the newest run; nil where `directory` holds none.
    public init?(workDirectory directory: String) {
        guard let state = FoundCheckpoint.all(in: directory).lazy.compactMap(\.state).first else { return nil }
        struct Validation: Decodable { let evaluated: Int }
        struct Log: Decodable { let elapsed: Double }
        func hook<State: Decodable>(_ name: String, _ type: State.Type) -> State? {
            state.hooks[name].flatMap { try? JSONDecoder().decode(type, from: Data($0.utf8)) }
        }
        (iteration, best) = (state.iteration, state.best)
        validated = hook("evaluation", Validation.self)?.evaluated ?? 0
        seconds = hook("log", Log.self)?.elapsed
    }

    /// Whether nothing is left to do of a run of `iterations`, its last validation included where it validates.
    public func isFinished(iterations: Int, validates: Bool) -> Bool {
        iteration >= iterations && (!validates || validated >= iterations)
    }
}
