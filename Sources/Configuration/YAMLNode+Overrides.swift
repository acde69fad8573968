import DenseKitErrors
import Foundation

extension YAMLNode {
    /// Applies assignments of the command line, `a.b.0.c=value`, in order; those of a `type` first,
    /// because a new type drops the keys of the old.
    ///
    /// - Throws: `ConfigurationError` for an assignment without `=`, an index that the list does
    ///   not have, and a path through a scalar.
    mutating func apply(_ assignments: [String], _ collector: ErrorCollector) throws {
        try apply(
            assignments.compactMap { assignment in
                try collector.attempt { try Override(assignment, collector) }
            }, collector)
    }

    /// This node with assignments of the form `a.b.0.c=value` applied, by the rules of `load`.
    /// Environment variables in their values are replaced.
    ///
    /// - Parameters:
    ///   - assignments: applied in this order
    ///   - environment: the variables that values may name
    ///   - collector: handles the errors; by default the first is thrown
    /// - Throws: `ConfigurationError`, at the assignment.
    public func overridden(
        by assignments: [String],
        environment: [String: String] = ProcessInfo.processInfo.environment,
        collector: ErrorCollector = .throwing
    ) throws -> YAMLNode {
        var node = self
        let overrides = try assignments.compactMap { assignment in
            try collector.attempt {
                try Override(assignment, collector).expanded(environment, collector)
            }
        }
        try node.apply(overrides, collector)
        return node
    }

    /// This node with the assignments applied that a file writes as `a.b.0.c: value`, by the rules
    /// of those on the command line.
    ///
    /// - Parameters:
    ///   - assignments: values by their keys, `a.b.0.c`
    ///   - collector: handles the errors; by default the first is thrown
    /// - Throws: `ConfigurationError`, at the assignment's key.
    public func overridden(by assignments: Mapping, collector: ErrorCollector = .throwing) throws
        -> YAMLNode
    {
        var node = self
        try node.apply(
            assignments.entries.compactMap { entry in try collector.attempt { try Override(entry) }
            }, collector)
        return node
    }

    private mutating func apply(_ overrides: [Override], _ collector: ErrorCollector) throws {
        let types = overrides.filter { $0.path.last == "type" }
        for override in types + overrides.filter({ $0.path.last != "type" }) {
            try collector.attempt { try override.apply(to: &self) }
        }
    }
}

/// One assignment, of the command line or of a file.
private struct Override {
    private static var example: String { "write \(Term.override) model.head.channels=64" }

    let path: [String]
    private(set) var value: YAMLNode
    let location: SourceLocation

    init(_ entry: YAMLNode.Mapping.Entry) throws {
        location = entry.keyLocation
        value = entry.value
        path = try Self.path(entry.key, at: location, hint: "write model.head.channels: 64")
        if path.count + value.height > Limits.depth {
            throw ConfigurationError(at: location, Limits.tooDeep)
        }
    }

    init(_ assignment: String, _ collector: ErrorCollector) throws {
        let location = SourceLocation.override(assignment)
        self.location = location
        guard let equals = assignment.firstIndex(of: "=") else {
            throw ConfigurationError(at: location, "an assignment without '='", hint: Self.example)
        }
        path = try Self.path(
            String(assignment[..<equals]), at: location, before: " before '='", hint: Self.example)
        let text = assignment[assignment.index(after: equals)...]
        if assignment.utf8.count > Limits.fileBytes {
            throw ConfigurationError(at: location, "is larger than 1 MiB")
        }
        // The value as a whole has the location of the assignment; what is in it has a location of
        // its own.
        let root = try Composer.compose(Array(text.utf8), collector) { position in
            let isWhole = position.line == 1 && position.column == 1
            return isWhole
                ? location : .override(assignment, line: position.line, column: position.column)
        }.root
        if root == nil, text.contains("#") {
            throw ConfigurationError(
                at: location, "YAML takes what follows # for a comment",
                hint: "quote the value: \"'#fff'\"")
        }
        value = root ?? YAMLNode(.null, at: location)
        if path.count + value.height > Limits.depth {
            throw ConfigurationError(at: location, Limits.tooDeep)
        }
    }

    private static func path(
        _ text: String, at location: SourceLocation, before mark: String = "", hint: String
    ) throws -> [String] {
        let path = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if path.contains("") {
            throw ConfigurationError(at: location, "an empty name in the path\(mark)", hint: hint)
        }
        return path
    }

    /// With environment variables in its value put in.
    func expanded(_ environment: [String: String], _ collector: ErrorCollector) throws -> Override {
        var copy = self
        copy.value = try value.expanded(environment, collector)
        return copy
    }

    func apply(to root: inout YAMLNode) throws {
        try apply(path[...], to: &root)
    }

    private func apply(_ rest: ArraySlice<String>, to node: inout YAMLNode) throws {
        guard let name = rest.first else { return node.merge(value) }
        switch node.value {
        case .sequence(var elements):
            let index = try self.index(name, count: elements.count, before: rest)
            node.value = .null  // the list is then held once, and changed in place
            defer { node.value = .sequence(elements) }
            try apply(rest.dropFirst(), to: &elements[index])
        case .mapping where rest.count == 1:
            // As in a file: with a new `type`, the keys of the old one go.
            var assignment = YAMLNode.Mapping()
            assignment.set(name, to: value, keyLocation: location)
            node.merge(YAMLNode(.mapping(assignment), at: node.location))
        case .mapping(var mapping):
            node.value = .null
            defer { node.value = .mapping(mapping) }
            try mapping.update(name, keyLocation: location) { try apply(rest.dropFirst(), to: &$0) }
        case .null:
            node = YAMLNode(.mapping(YAMLNode.Mapping()), at: location)
            try apply(rest, to: &node)
        case .scalar(let scalar):
            throw ConfigurationError(
                at: location,
                "\(shown(before: rest)) is \(node.summary), which has no '\(name.shortened)' (\(node.location))",
                hint: scalar.isString
                    ? "a component with settings is written {type: \(scalar.text.shortened)}" : nil)
        }
    }

    private func index(_ name: String, count: Int, before rest: ArraySlice<String>) throws -> Int {
        let range = count == 0 ? "it is empty" : "its elements are 0…\(count - 1)"
        guard let index = Int(name), index >= 0 else {
            throw ConfigurationError(
                at: location,
                "\(shown(before: rest)) is a list, found '\(name.shortened)' for its index",
                hint: range)
        }
        guard index < count else {
            throw ConfigurationError(
                at: location, "\(shown(before: rest)) has no element \(index)", hint: range)
        }
        return index
    }

    /// The path that leads to the value in which `rest` is looked up.
    private func shown(before rest: ArraySlice<String>) -> String {
        rest.startIndex == 0
            ? "the configuration" : path[..<rest.startIndex].joined(separator: ".").shortened
    }
}
