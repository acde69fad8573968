import DenseKitErrors

/// Handles the errors found while a configuration is put together: it throws the first, or collects
/// all, so that what follows an error is checked too.
public final class ErrorCollector {
    /// The collected errors, in the order in which they were found.
    public private(set) var errors: [ConfigurationError] = []
    private var known: Set<ConfigurationError> = []
    private let throwsFirst: Bool
    /// More than anybody reads; a file of nothing but mistakes must not take the memory.
    static let limit = 1000

    /// A collector that stores all errors.
    public convenience init() { self.init(throwsFirst: false) }

    init(throwsFirst: Bool) { self.throwsFirst = throwsFirst }

    /// A new collector that throws the first error.
    public static var throwing: ErrorCollector { ErrorCollector(throwsFirst: true) }

    /// Throws or stores an error; one that is already stored is not added again. Where this
    /// returns, the caller continues without the wrong value.
    ///
    /// - Throws: `error` in a collector that throws the first; `ConfigurationError` where there are
    ///   over 1000.
    public func report(_ error: ConfigurationError) throws {
        if throwsFirst { throw error }
        if known.contains(error) { return }
        guard errors.count < Self.limit else {
            throw ConfigurationError(
                at: error.location, "more than \(Self.limit) mistakes", hint: "mend those first")
        }
        known.insert(error)
        errors.append(error)
    }

    /// The result of `body`; nil where it throws a `ConfigurationError` that is stored.
    ///
    /// - Throws: the `ConfigurationError` of `body` in a collector that throws the first, and other
    ///   errors of `body`.
    @discardableResult
    public func attempt<Value>(_ body: () throws -> Value) throws -> Value? {
        do {
            return try body()
        } catch let error as ConfigurationError {
            try report(error)
            return nil
        }
    }

    /// Throws the collected errors; returns where there are none.
    ///
    /// - Throws: `ConfigurationError` for one error, `ConfigurationErrors` for several.
    public func throwErrors() throws {
        guard let first = errors.first else { return }
        throw errors.count == 1 ? first : ConfigurationErrors(errors: errors)
    }
}

/// Several errors of a configuration, in the order in which they were found; its description has
/// one line for each.
public struct ConfigurationErrors: DenseKitError {
    /// The collected errors, usually at least two.
    public let errors: [ConfigurationError]

    public var origin: ErrorOrigin { .configuration }
    public var problem: String { errors.map(\.description).joined(separator: "\n") }
}
