extension Node {
    /// The node without the value that the keys `path` lead to; itself where there is none.
    public func without(_ path: String...) -> Node { without(path[...]) }

    private func without(_ path: ArraySlice<String>) -> Node {
        guard var mapping, let key = path.first, let value = mapping[key] else { return self }
        if path.count == 1 { mapping.remove(key) } else { mapping.set(key, to: value.without(path.dropFirst())) }
        return Node(.mapping(mapping), at: location)
    }

    /// The node without the value that `location` names, and the keys that led there: what is left of a configuration once a mistake in it is
    /// known, so that the next one can be found.
    ///
    /// Named are a key, a value, and a component by the place of its `type`. A number in a list goes with the list. Where a value stands several times (by an alias), each goes.
    ///
    /// - Returns: nil where nothing of that place can be taken out: it stands elsewhere, or is the whole node
    public func pruned(at location: SourceLocation) -> (node: Node, path: [String])? {
        guard location != .default else { return nil }
        var removed: [String]?
        let node = pruned(at: location, path: [], &removed)
        return removed.map { (node, $0) }
    }

    private func pruned(at location: SourceLocation, path: [String], _ removed: inout [String]?) -> Node {
        func stands(_ value: Node) -> Bool { value.location == location || value["type"]?.location == location }
        switch value {
        case .null, .scalar: return self
        case .sequence(let nodes):
            var left: [Node] = []
            for (index, node) in nodes.enumerated() {
                let path = path + [String(index)]
                if stands(node) { removed = path } else { left.append(node.pruned(at: location, path: path, &removed)) }
            }
            return Node(.sequence(left), at: self.location)
        case .mapping(let mapping):
            var left = Mapping()
            for entry in mapping.entries {
                let path = path + [entry.key]
                // Without its type a component is none: it goes as a whole, one level up.
                let isListOfIt = entry.value.sequence?.contains { $0.height == 0 && $0.location == location } ?? false
                if entry.key != "type", entry.keyLocation == location || stands(entry.value) || isListOfIt {
                    removed = path
                } else {
                    let value = entry.value.pruned(at: location, path: path, &removed)
                    left.set(entry.key, to: value, keyLocation: entry.keyLocation)
                }
            }
            return Node(.mapping(left), at: self.location)
        }
    }
}
