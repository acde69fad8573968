/// The parts of a model that could be built where the whole could not: for finding errors that show
/// only in built parts.
public struct ModelParts {
    private var parts: [(module: Module, prefix: String)] = []

    /// No parts.
    public init() {}

    /// Adds a part that was built.
    ///
    /// - Parameters:
    ///   - module: the part
    ///   - prefix: the prefix of its checkpoint keys in a whole model, such as `backbone`
    public mutating func add(_ module: Module, prefix: String) { parts.append((module, prefix)) }

    /// Checks the prefixes of `model.freeze` against the parameters of the parts that were added. A
    /// prefix whose first name resembles no part is not checked: it may belong to a part that could
    /// not be built.
    ///
    /// - Throws: `ConfigurationError` at the first prefix that matches no parameter of its part.
    public func checkFreeze(_ prefixes: [LocatedValue<String>]) throws {
        let names = try parts.flatMap { module, prefix in
            try module.namedParameters().map { prefix.isEmpty ? $0.name : "\(prefix).\($0.name)" }
        }
        let known = Set(names.map { String($0.prefix { $0 != "." }) }).sorted()
        for prefix in prefixes {
            let part = String(prefix.value.prefix { $0 != "." })
            guard known.contains(part) || nearestSpelling(to: part, among: known) != nil else {
                continue
            }
            let isFound = names.contains { $0 == prefix.value || $0.hasPrefix(prefix.value + ".") }
            if !isFound { throw ConfigurationError(unknownPrefix: prefix, of: names) }
        }
    }
}

extension WeightsSetting {
    /// Reads the file, and loads it into `part`; nil for a part that is not built: then the file is
    /// only read.
    ///
    /// - Parameters:
    ///   - part: to load into; nil: the file is only read
    ///   - prefix: the part's prefix in a whole model, such as `backbone`
    /// - Throws: `WeightsError` for a file that cannot be read, or does not fit the part.
    public func check(_ part: Module?, prefix: String) throws {
        let content = try content()
        try part?.loadPretrained(content, self, prefix: prefix)
    }
}
