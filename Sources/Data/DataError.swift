/// What is wrong with a file or folder of a data set, and what to do about it.
public struct DataError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file or folder concerned.
    public let path: String
    /// What was expected and what was found, and where in the file.
    public let problem: String
    /// What the user can do; nil where the problem says it all.
    public let remedy: String?

    public init(_ path: String, _ problem: String, remedy: String? = nil) {
        self.path = path
        self.problem = problem
        self.remedy = remedy
    }

    /// `path: problem; remedy`.
    public var description: String { "\(path): \(problem)" + (remedy.map { "; \($0)" } ?? "") }
}
