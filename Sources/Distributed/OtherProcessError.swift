import DenseKitErrors

/// An error of another process, which it told the others; they cannot go on without it.
public struct OtherProcessError: DenseKitError {
    /// The process that failed.
    public let rank: Int
    /// The text of its error.
    public let error: String
    /// How many processes failed at the same time, this one included.
    public let failures: Int

    public var origin: ErrorOrigin { .environment }

    public var problem: String {
        let others = failures > 1 ? " (\(failures - 1) more failed, too)" : ""
        return "process \(rank) failed: \(error)\(others)"
    }
}
