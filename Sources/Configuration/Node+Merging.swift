extension Node {
    /// Lays `other` over this: mappings merge key by key, anything else replaces.
    ///
    /// A mapping with a `type` is a component. Another `type` drops the keys of the old one; the type's name alone, `head: FPN`, is short
    /// for `head: {type: FPN}`.
    mutating func merge(_ other: Node) {
        guard case .mapping(var mapping) = value else {
            self = other
            return
        }
        let other = other.asComponent(like: mapping)
        guard let over = other.mapping, mapping.hasSameType(as: over) else {
            self = other
            return
        }
        value = .null  // the mapping is then held once, and changed in place
        for entry in over.entries {
            mapping.update(entry.key, keyLocation: entry.keyLocation, adding: entry.value)
        }
        self = Node(.mapping(mapping), at: other.location)
    }

    /// This, or `{type: this}` for the name of a type laid over a component.
    private func asComponent(like mapping: Node.Mapping) -> Node {
        guard let scalar, scalar.isString, mapping["type"] != nil else { return self }
        return Node.component(self)
    }

    /// `{type: name}`
    static func component(_ name: Node) -> Node {
        var mapping = Node.Mapping()
        mapping.set("type", to: name, keyLocation: name.location)
        return Node(.mapping(mapping), at: name.location)
    }
}

extension Node.Mapping {
    /// False when both name a type, and not the same.
    fileprivate func hasSameType(as other: Node.Mapping) -> Bool {
        guard let own = self["type"], let new = other["type"] else { return true }
        return own == new
    }

    fileprivate mutating func update(_ key: String, keyLocation: SourceLocation, adding value: Node) {
        guard var merged = self[key] else { return set(key, to: value, keyLocation: keyLocation) }
        merged.merge(value)
        set(key, to: merged, keyLocation: keyLocation)
    }
}
