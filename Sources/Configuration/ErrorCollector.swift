/// What becomes of the mistakes that are met while a configuration is put together: the first is thrown, or all are collected, so that what
/// stands behind one is looked at too.
public final class ErrorCollector {
    /// The mistakes, in the order in which they were found.
    public private(set) var errors: [ConfigurationError] = []
    private var known: Set<ConfigurationError> = []
    private let throwsFirst: Bool
    /// More than anybody reads; a file of nothing but mistakes must not take the memory.
    static let limit = 1000

    /// Collects all of them.
    public convenience init() { self.init(throwsFirst: false) }

    init(throwsFirst: Bool) { self.throwsFirst = throwsFirst }

    /// Throws the first mistake.
    public static var throwing: ErrorCollector { ErrorCollector(throwsFirst: true) }

    /// Takes a mistake; one that is known already is not kept twice. Where this returns, the caller is to do without what is wrong.
    ///
    /// - Throws: `error`, or one that says that there are too many.
    public func report(_ error: ConfigurationError) throws {
        if throwsFirst { throw error }
        if known.contains(error) { return }
        guard errors.count < Self.limit else {
            throw ConfigurationError(at: error.location, "more than \(Self.limit) mistakes", hint: "mend those first")
        }
        known.insert(error)
        errors.append(error)
    }

    /// What `body` returns; nil where it throws a `ConfigurationError` and that is kept.
    ///
    /// - Throws: as `report`, and other errors of `body`.
    @discardableResult
    public func attempt<Value>(_ body: () throws -> Value) throws -> Value? {
        do {
            return try body()
        } catch let error as ConfigurationError {
            try report(error)
            return nil
        }
    }

    /// Throws what was collected, if anything was.
    ///
    /// - Throws: `ConfigurationError` where it is one mistake, `ConfigurationErrors` where they are several.
    public func throwErrors() throws {
        guard let first = errors.first else { return }
        throw errors.count == 1 ? first : ConfigurationErrors(errors: errors)
    }
}

/// Several mistakes of a configuration, in the order in which they were found. One line for each.
public struct ConfigurationErrors: Error, Sendable, CustomStringConvertible {
    public let errors: [ConfigurationError]

    public var description: String { errors.map(\.description).joined(separator: "\n") }
}
