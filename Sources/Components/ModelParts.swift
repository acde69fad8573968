/// Parts of a model that could be built where the whole cannot be: for finding the mistakes that only what is built shows.
public struct ModelParts {
    private var parts: [(module: Module, prefix: String)] = []

    public init() {}

    /// Adds a part.
    ///
    /// - Parameter prefix: where its checkpoint keys stand in a whole model, such as `backbone`
    public mutating func add(_ module: Module, prefix: String) { parts.append((module, prefix)) }

    /// Throws `ConfigurationError` at the first of `prefixes`, those of `model.freeze`, that names no parameter of the part that it begins with.
    /// What begins with the name of no part here, nor with one much like it, is passed over: it may be one that could not be built.
    public func checkFreeze(_ prefixes: [Located<String>]) throws {
        let names = try parts.flatMap { module, prefix in
            try module.namedParameters().map { prefix.isEmpty ? $0.name : "\(prefix).\($0.name)" }
        }
        let known = Set(names.map { String($0.prefix { $0 != "." }) }).sorted()
        for prefix in prefixes {
            let part = String(prefix.value.prefix { $0 != "." })
            guard known.contains(part) || nearestWord(to: part, among: known) != nil else { continue }
            let isFound = names.contains { $0 == prefix.value || $0.hasPrefix(prefix.value + ".") }
            if !isFound { throw ConfigurationError(unknownPrefix: prefix, of: names) }
        }
    }
}

extension WeightsSetting {
    /// Reads the file, and copies it into `part` where that is built.
    ///
    /// - Parameter prefix: where the part stands in a whole model, such as `backbone`
    /// - Throws: `WeightsError` for a file that cannot be read, or does not fit the part.
    public func check(_ part: Module?, prefix: String) throws {
        let content = try content()
        try part?.loadPretrained(content, self, prefix: prefix)
    }
}
