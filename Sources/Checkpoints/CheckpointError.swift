import DenseKitErrors

/// Thrown where a file of weights or of run state cannot be read or written.
public struct CheckpointError: DenseKitError, Equatable {
    /// The file or directory concerned.
    public let path: String
    /// What was expected and what was found.
    public let problem: String
    /// What the user can do; nil where nothing is known.
    public let remedy: String?

    /// - Parameters:
    ///   - path: the file or directory concerned
    ///   - problem: what was expected and what was found
    ///   - remedy: what the user can do; nil where nothing is known
    public init(path: String, problem: String, remedy: String? = nil) {
        self.path = path
        self.problem = problem
        self.remedy = remedy
    }

    public var place: String? { path }
    public var origin: ErrorOrigin { .input }
}
