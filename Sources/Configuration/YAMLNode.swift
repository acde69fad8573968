/// A value of a configuration file, with the place where it is written.
///
///     let node = try YAMLNode.load(path: "a.yaml", overrides: ["train.batch=4"])
///     let configuration = try node.decode(ExperimentConfiguration.self)
public struct YAMLNode: Sendable {
    /// The content of a node.
    public enum Value: Sendable, Equatable {
        /// Nothing after a key, `~` or `null`.
        case null
        /// A single value: text, a number or a Boolean.
        case scalar(Scalar)
        /// A list.
        case sequence([YAMLNode])
        /// Keys with values.
        case mapping(Mapping)
    }

    /// The content.
    public var value: Value
    /// Where it is written; `default` for a node made in Swift.
    public var location: SourceLocation

    /// A node made in Swift, or put together from others.
    public init(_ value: Value, at location: SourceLocation = .default) {
        self.value = value
        self.location = location
    }

    /// A scalar, or null where the text is a null that is not quoted.
    init(_ scalar: Scalar, at location: SourceLocation = .default) {
        self.init(scalar.isNull ? .null : .scalar(scalar), at: location)
    }

    /// Whether this is null.
    public var isNull: Bool { value == .null }
    /// The text of a single value; nil for null, lists and mappings.
    public var scalar: Scalar? { if case .scalar(let scalar) = value { scalar } else { nil } }
    /// The elements of a list; nil for anything else.
    public var sequence: [YAMLNode]? { if case .sequence(let nodes) = value { nodes } else { nil } }
    /// The keys and values of a mapping; nil for anything else.
    public var mapping: Mapping? { if case .mapping(let mapping) = value { mapping } else { nil } }

    /// The value of `key`; nil when there is none, or when this is no mapping.
    public subscript(key: String) -> YAMLNode? { mapping?[key] }

    /// Element `index`; nil when there is none, or when this is no list.
    public subscript(index: Int) -> YAMLNode? {
        guard let sequence, sequence.indices.contains(index) else { return nil }
        return sequence[index]
    }

    /// What a message reports as found: `the string 'many'`, `the number 1.5`, `a list`.
    var summary: String {
        switch value {
        case .null: "null"
        case .scalar(let scalar) where scalar.isString: "the string '\(scalar.text.shortened)'"
        case .scalar(let scalar) where scalar.bool != nil: scalar.text
        case .scalar(let scalar): "the number \(scalar.text.shortened)"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }

    /// The number of levels: 0 for a scalar, 1 for a list of scalars.
    var height: Int {
        switch value {
        case .null, .scalar: 0
        case .sequence(let nodes): 1 + (nodes.lazy.map(\.height).max() ?? 0)
        case .mapping(let mapping): 1 + (mapping.entries.lazy.map(\.value.height).max() ?? 0)
        }
    }
}

extension YAMLNode: Equatable {
    /// Whether both values are equal, wherever they were written.
    public static func == (a: YAMLNode, b: YAMLNode) -> Bool { a.value == b.value }
}

extension YAMLNode {
    /// Keys with their values, in the order in which they were written.
    public struct Mapping: Sendable {
        /// A key, where it is written, and its value.
        public struct Entry: Sendable {
            /// The key, without quotes.
            public let key: String
            /// Where the key is written.
            public let keyLocation: SourceLocation
            /// The key's value.
            public var value: YAMLNode
        }

        /// The keys with their values, in the order in which they were written.
        public private(set) var entries: [Entry] = []
        /// Built for large mappings only: most have a handful of keys, which are found sooner
        /// without it.
        private var positions: [String: Int] = [:]
        private static let smallCount = 8

        /// A mapping without keys.
        public init() {}

        /// The number of keys.
        public var count: Int { entries.count }
        /// The keys in order.
        public var keys: [String] { entries.map(\.key) }

        /// The entry of `key`; nil where there is none.
        public func entry(_ key: String) -> Entry? { position(of: key).map { entries[$0] } }

        /// The value of `key`; nil where there is none.
        public subscript(key: String) -> YAMLNode? { entry(key)?.value }

        /// Replaces the value of `key` at its place, or adds the key at the end.
        public mutating func set(
            _ key: String, to value: YAMLNode, keyLocation: SourceLocation = .default
        ) {
            let entry = Entry(key: key, keyLocation: keyLocation, value: value)
            if let position = position(of: key) {
                entries[position] = entry
                return
            }
            entries.append(entry)
            if entries.count > Mapping.smallCount {
                if positions.isEmpty { indexEntries() } else { positions[key] = entries.count - 1 }
            }
        }

        /// Removes `key` and returns its entry; nil where there was none.
        @discardableResult
        public mutating func remove(_ key: String) -> Entry? {
            guard let position = position(of: key) else { return nil }
            let entry = entries.remove(at: position)
            positions = [:]
            if entries.count > Mapping.smallCount { indexEntries() }
            return entry
        }

        /// Changes the value of `key` in place; null where there was none.
        mutating func update(
            _ key: String, keyLocation: SourceLocation, _ change: (inout YAMLNode) throws -> Void
        ) rethrows {
            if position(of: key) == nil {
                set(key, to: YAMLNode(.null, at: keyLocation), keyLocation: keyLocation)
            }
            guard let position = position(of: key) else { return }
            try change(&entries[position].value)
        }

        private func position(of key: String) -> Int? {
            positions.isEmpty ? entries.firstIndex { $0.key == key } : positions[key]
        }

        private mutating func indexEntries() {
            for (position, entry) in entries.enumerated() { positions[entry.key] = position }
        }
    }
}

extension YAMLNode.Mapping: Equatable {
    /// Whether both have the same keys with equal values, in any order.
    public static func == (a: YAMLNode.Mapping, b: YAMLNode.Mapping) -> Bool {
        a.count == b.count && a.entries.allSatisfy { b[$0.key] == $0.value }
    }
}
