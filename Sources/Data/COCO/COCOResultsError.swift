import DenseKitErrors

/// What is wrong with a file of results, and in which entry.
public struct COCOResultsError: DenseKitError, Equatable {
    public let path: String
    /// The entry's place in the list, from 0; nil where the file as a whole is wrong.
    public let entry: Int?
    public let problem: String
    /// What the user can do; nil where the problem says it all.
    public let remedy: String?

    public init(path: String, entry: Int?, problem: String, remedy: String? = nil) {
        self.path = path
        self.entry = entry
        self.problem = problem
        self.remedy = remedy
    }

    /// `path, entry n`.
    public var place: String? { path + (entry.map { ", entry \($0)" } ?? "") }
    public var origin: ErrorOrigin { .input }
}
