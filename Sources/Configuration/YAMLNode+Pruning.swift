extension YAMLNode {
    /// The node without the value that the keys `path` lead to; itself where there is none.
    public func without(_ path: String...) -> YAMLNode { without(path[...]) }

    /// The same for a path that is known at run time.
    public func without(path: [String]) -> YAMLNode { without(path[...]) }

    private func without(_ path: ArraySlice<String>) -> YAMLNode {
        guard var mapping, let key = path.first, let value = mapping[key] else { return self }
        if path.count == 1 { mapping.remove(key) } else { mapping.set(key, to: value.without(path.dropFirst())) }
        return YAMLNode(.mapping(mapping), at: location)
    }

    /// What is left of a configuration without a mistake in it.
    public struct Pruned: Sendable {
        /// What is left.
        public let node: YAMLNode
        /// The keys, and places in lists, that led to what was taken out.
        public let path: [String]
        /// Whether the location was that of a key and not of its value, as it is for a key that nobody knows.
        public let isKey: Bool
    }

    /// The node without what `error` complains of, as `pruned(at:)` finds it. A key that nobody knows goes alone, and not the mapping in block
    /// style that stands where its first key does.
    public func pruned(without error: ConfigurationError) -> Pruned? {
        let isKey = error.message.hasPrefix("unknown key")
        return (isKey ? pruned(at: error.location, isKey: true) : nil) ?? pruned(at: error.location)
    }

    /// The node without the value that `location` names: what is left of a configuration once a mistake in it is known, so that the next one
    /// can be found.
    ///
    /// Named are a key, a value, and a mapping by the place of the value of one of `owners`: a component by that of its `type`. A number in a
    /// list goes with the list. Where a value stands several times (by an alias), each goes.
    ///
    /// - Parameter isKey: whether a key is at fault and not a value; a mapping in block style stands where its first key does
    /// - Returns: nil where nothing of that place can be taken out: it stands elsewhere, or is the whole node
    public func pruned(at location: SourceLocation, owners: Set<String> = ["type"], isKey: Bool = false) -> Pruned? {
        guard location != .default else { return nil }
        var pruning = Pruning(location: location, owners: owners, onlyKeys: isKey)
        let node = pruning.prune(self, path: [])
        return pruning.path.map { Pruned(node: node, path: $0, isKey: pruning.isKey) }
    }
}

/// A walk through a configuration that leaves out what stands at a location.
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
                if stands(element) { self.path = path } else { left.append(prune(element, path: path)) }
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
                    isKey = onlyKeys || entry.keyLocation == location && entry.value.location != location
                } else {
                    left.set(entry.key, to: prune(entry.value, path: path), keyLocation: entry.keyLocation)
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
        guard !onlyKeys, let elements = node.sequence, elements.contains(where: { $0.height == 0 && $0.location == location })
        else {
            return false
        }
        return elements.allSatisfy { $0.location == location || $0.scalar?.isString == false }
    }
}
