extension YAMLNode {
    /// The node without the value that the keys `path` lead to; unchanged where there is none.
    public func without(_ path: String...) -> YAMLNode { without(path[...]) }

    /// The node without the value that the keys in `path` lead to; unchanged where there is none.
    public func without(path: [String]) -> YAMLNode { without(path[...]) }

    private func without(_ path: ArraySlice<String>) -> YAMLNode {
        guard var mapping, let key = path.first, let value = mapping[key] else { return self }
        if path.count == 1 {
            mapping.remove(key)
        } else {
            mapping.set(key, to: value.without(path.dropFirst()))
        }
        return YAMLNode(.mapping(mapping), at: location)
    }

    /// A configuration from which an erroneous value was removed.
    public struct Pruned: Sendable {
        /// The configuration without the value.
        public let node: YAMLNode
        /// The keys and list indices that led to the removed value.
        public let path: [String]
        /// Whether the location was that of a key and not of its value, as for an unknown key.
        public let isKey: Bool
    }

    /// The node without the value that `error` is about, as `pruned(at:)` finds it; nil where
    /// nothing can be removed. An unknown key is removed alone, and not the mapping in block style
    /// that begins at the same place.
    public func pruned(without error: ConfigurationError) -> Pruned? {
        let isKey = error.kind == .unknownKey
        return (isKey ? pruned(at: error.location, isKey: true) : nil) ?? pruned(at: error.location)
    }

    /// The node without the value at `location`, so that errors after a known one can be found.
    ///
    /// The location may be that of a key, of a value, or, for a mapping, of the value of one of
    /// `owners`: that of `type` names the whole component. For a number in a list, the whole list
    /// is removed. A value that occurs several times (by an alias) is removed everywhere.
    ///
    /// - Parameters:
    ///   - location: where an error was found
    ///   - owners: keys whose value stands for the whole mapping
    ///   - isKey: whether the key is wrong and not its value; a mapping in block style begins at
    ///     the place of its first key
    /// - Returns: nil where nothing at that place can be removed: it is elsewhere, or is the whole
    ///   node
    public func pruned(
        at location: SourceLocation, owners: Set<String> = ["type"], isKey: Bool = false
    ) -> Pruned? {
        guard location != .default else { return nil }
        var pruning = Pruning(location: location, owners: owners, onlyKeys: isKey)
        let node = pruning.prune(self, path: [])
        return pruning.path.map { Pruned(node: node, path: $0, isKey: pruning.isKey) }
    }
}

/// A walk through a configuration that leaves out the value at a location.
private struct Pruning {
    let location: SourceLocation
    let owners: Set<String>
    let onlyKeys: Bool
    var path: [String]?
    var isKey = false

    mutating func prune(_ node: YAMLNode, path: [String]) -> YAMLNode {
        switch node.value {
        case .null, .scalar: return node
        case .sequence(let nodes):
            var left: [YAMLNode] = []
            for (index, element) in nodes.enumerated() {
                let path = path + [String(index)]
                if stands(element) {
                    self.path = path
                } else {
                    left.append(prune(element, path: path))
                }
            }
            return YAMLNode(.sequence(left), at: node.location)
        case .mapping(let mapping):
            var left = YAMLNode.Mapping()
            for entry in mapping.entries {
                let path = path + [entry.key]
                // Without what it is named by, a mapping is none: it goes as a whole, one level up.
                if onlyKeys || !owners.contains(entry.key),
                    entry.keyLocation == location || stands(entry.value) || isIn(list: entry.value)
                {
                    self.path = path
                    isKey =
                        onlyKeys
                        || entry.keyLocation == location && entry.value.location != location
                } else {
                    left.set(
                        entry.key, to: prune(entry.value, path: path),
                        keyLocation: entry.keyLocation)
                }
            }
            return YAMLNode(.mapping(left), at: node.location)
        }
    }

    private func stands(_ node: YAMLNode) -> Bool {
        if onlyKeys { return false }
        return node.location == location || owners.contains { node[$0]?.location == location }
    }

    /// Whether it is an element of a list of numbers, or the only one of a list.
    private func isIn(list node: YAMLNode) -> Bool {
        guard !onlyKeys, let elements = node.sequence,
            elements.contains(where: { $0.height == 0 && $0.location == location })
        else {
            return false
        }
        return elements.allSatisfy { $0.location == location || $0.scalar?.isString == false }
    }
}
