/// Why a file of weights or of run state cannot be read or written.
public struct CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// What was expected and what was found.
    public let problem: String
    /// What to do; empty where nothing is known.
    public let remedy: String

    public init(path: String, problem: String, remedy: String = "") {
        self.path = path
        self.problem = problem
        self.remedy = remedy
    }

    public var description: String {
        remedy.isEmpty ? "\(path): \(problem)." : "\(path): \(problem). \(remedy)"
    }
}
