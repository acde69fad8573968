import DenseKitErrors

/// Thrown for an invalid result file, with the entry concerned.
public struct COCOResultsError: DenseKitError, Equatable {
    /// The result file.
    public let path: String
    /// The entry's index in the list, from 0; nil where the problem concerns the whole file.
    public let entry: Int?
    public let problem: String
    /// What the user can do; nil where the problem already contains it.
    public let remedy: String?

    /// - Parameters:
    ///   - path: the result file
    ///   - entry: the index of the entry concerned, from 0; nil for the whole file
    ///   - problem: what was expected and what was found
    ///   - remedy: what the user can do; nil where the problem already contains it
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
