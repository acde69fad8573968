import DenseKitErrors

/// Why a file of weights or of run state cannot be read or written.
public struct CheckpointError: DenseKitError, Equatable {
    /// The file.
    public let path: String
    /// What was expected and what was found.
    public let problem: String
    /// What to do; nil where nothing is known.
    public let remedy: String?

    public init(path: String, problem: String, remedy: String? = nil) {
        self.path = path
        self.problem = problem
        self.remedy = remedy
    }

    public var place: String? { path }
    public var origin: ErrorOrigin { .input }
}
