/// An argument of a call that does not fit what it is used with, such as the name of a run that a
/// sweep does not have.
public struct ArgumentError: DenseKitError {
    public let problem: String

    public var origin: ErrorOrigin { .input }

    /// An error with this text: what was expected and what was found.
    public init(_ problem: String) { self.problem = problem }
}
