import DenseKitErrors

/// Thrown for a file or folder of a data set that cannot be used: what is wrong, and what to do
/// about it.
public struct DataError: DenseKitError, Equatable {
    /// Whether the file cannot be read or its content is wrong.
    public enum Kind: Sendable {
        /// The file is missing, damaged, or of an unsupported format. `data.bad_image: skip` leaves
        /// such images out.
        case unreadable
        /// The content contradicts itself, other files or the settings: an undeclared label, a mask
        /// of another size than its image. Never skipped.
        case contradiction
    }

    /// The file or folder concerned.
    public let path: String
    /// What was expected and what was found, and where in the file.
    public let problem: String
    /// What the user can do; nil where the problem already contains it.
    public let remedy: String?
    /// Whether the file cannot be read or its content is wrong.
    public let kind: Kind

    /// - Parameters:
    ///   - path: the file or folder concerned
    ///   - problem: what was expected and what was found
    ///   - remedy: what the user can do; nil where the problem already contains it
    ///   - kind: whether the file cannot be read or its content is wrong
    public init(
        _ path: String, _ problem: String, remedy: String? = nil, kind: Kind = .contradiction
    ) {
        self.path = path
        self.problem = problem
        self.remedy = remedy
        self.kind = kind
    }

    public var place: String? { path }
    public var origin: ErrorOrigin { .input }

    /// Runs the reader of a file; whatever `DataError` it throws is of the kind `unreadable`.
    static func reading<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DataError {
            throw DataError(error.path, error.problem, remedy: error.remedy, kind: .unreadable)
        }
    }
}
