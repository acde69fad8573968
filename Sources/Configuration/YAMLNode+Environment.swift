extension YAMLNode {
    /// This with `${NAME}` and `${NAME:-default}` in its texts replaced by environment variables,
    /// and `$${` by `${`. Keys stay.
    ///
    /// - Throws: `ConfigurationError` for a variable that is not set and has no default, and for
    ///   `${` without `}`, where `collector` does; for too much text.
    func expanded(_ environment: [String: String], _ collector: ErrorCollector) throws -> YAMLNode {
        var expansion = Expansion(environment, collector)
        return try expansion.expand(self)
    }
}

private struct Expansion {
    let environment: [String: String]
    let collector: ErrorCollector
    var textBytes = 0
    /// Of defaults within defaults.
    static let maximumNesting = 8

    init(_ environment: [String: String], _ collector: ErrorCollector) {
        self.environment = environment
        self.collector = collector
    }

    mutating func expand(_ node: YAMLNode) throws -> YAMLNode {
        switch node.value {
        case .null: return node
        case .scalar(let scalar):
            guard scalar.text.utf8.contains(UInt8(ascii: "$")) else { return node }
            var text = ""
            try expand(Substring(scalar.text).utf8, into: &text, nesting: 0, at: node.location)
            if collector.errors.contains(where: { $0.location == node.location }) { return node }
            textBytes += text.utf8.count
            // Parsed again: `${BATCH}` may be a number, and an empty value is null.
            return YAMLNode(YAMLNode.Scalar(text, isPlain: scalar.isPlain), at: node.location)
        case .sequence(let nodes):
            return YAMLNode(.sequence(try nodes.map { try expand($0) }), at: node.location)
        case .mapping(let mapping):
            var expanded = YAMLNode.Mapping()
            for entry in mapping.entries {
                expanded.set(entry.key, to: try expand(entry.value), keyLocation: entry.keyLocation)
            }
            return YAMLNode(.mapping(expanded), at: node.location)
        }
    }

    private func expand(
        _ source: Substring.UTF8View, into text: inout String, nesting: Int,
        at location: SourceLocation
    ) throws {
        var rest = source
        while let dollar = rest.firstIndex(of: UInt8(ascii: "$")) {
            text += Substring(rest[..<dollar])
            rest = rest[dollar...]
            if rest.starts(with: "$${".utf8) {
                text += "${"
                rest = rest.dropFirst(3)
            } else if rest.starts(with: "${".utf8) {
                guard let end = closingBrace(rest.dropFirst(2)) else {
                    try collector.report(
                        ConfigurationError(
                            at: location, "'${' without '}'",
                            hint: "write $${ for the characters themselves"))
                    break
                }
                text += try value(
                    of: Substring(rest[..<end].dropFirst(2)), nesting: nesting, at: location)
                rest = rest[end...].dropFirst()
            } else {
                text += "$"
                rest = rest.dropFirst()
            }
            if textBytes + text.utf8.count > Limits.textBytes {
                throw ConfigurationError(at: location, Limits.tooMuchText)
            }
        }
        text += Substring(rest)
    }

    /// The brace that closes `${`, past those of variables within a default.
    private func closingBrace(_ text: Substring.UTF8View) -> String.Index? {
        var open = 1
        var previous: UInt8 = 0
        for index in text.indices {
            if text[index] == UInt8(ascii: "{"), previous == UInt8(ascii: "$") { open += 1 }
            if text[index] == UInt8(ascii: "}") { open -= 1 }
            if open == 0 { return index }
            previous = text[index]
        }
        return nil
    }

    /// The value of `NAME` or `NAME:-default`. An empty variable counts as unset where there is
    /// a default, as in the shell.
    private func value(of reference: Substring, nesting: Int, at location: SourceLocation) throws
        -> String
    {
        let name = reference.prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
        let rest = reference.dropFirst(name.count)
        guard let first = name.first, !first.isNumber, rest.isEmpty || rest.hasPrefix(":-") else {
            try collector.report(
                ConfigurationError(
                    at: location, "'${\(reference.shortened)}' names no environment variable",
                    hint: "write ${NAME} or ${NAME:-default}"))
            return ""
        }
        let value = environment[String(name)]
        if rest.isEmpty {
            if let value { return value }
            try collector.report(
                ConfigurationError(
                    at: location, "the environment variable \(name.shortened) is not set",
                    hint: "set it, or write ${\(name.shortened):-default}"))
            return ""
        }
        if let value, !value.isEmpty { return value }
        if nesting == Expansion.maximumNesting {
            try collector.report(
                ConfigurationError(at: location, "defaults nested too deep in ${…}"))
            return ""
        }
        var text = ""
        try expand(rest.dropFirst(2).utf8, into: &text, nesting: nesting + 1, at: location)
        return text
    }
}
