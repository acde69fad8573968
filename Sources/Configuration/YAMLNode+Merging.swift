extension YAMLNode {
    /// Lays `other` over this: mappings merge key by key, anything else replaces.
    ///
    /// A mapping with a `type` is a component. Another `type` drops the keys of the old one; the
    /// type's name alone, `head: FPN`, is short for `head: {type: FPN}`.
    mutating func merge(_ other: YAMLNode) {
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
        self = YAMLNode(.mapping(mapping), at: other.location)
    }

    /// This, or `{type: this}` for the name of a type laid over a component.
    private func asComponent(like mapping: YAMLNode.Mapping) -> YAMLNode {
        guard let scalar, scalar.isString, mapping["type"] != nil else { return self }
        return YAMLNode.component(self)
    }

    /// `{type: name}`
    static func component(_ name: YAMLNode) -> YAMLNode {
        var mapping = YAMLNode.Mapping()
        mapping.set("type", to: name, keyLocation: name.location)
        return YAMLNode(.mapping(mapping), at: name.location)
    }
}

extension YAMLNode.Mapping {
    /// False when both name a type, and not the same.
    fileprivate func hasSameType(as other: YAMLNode.Mapping) -> Bool {
        guard let own = self["type"], let new = other["type"] else { return true }
        return own == new
    }

    fileprivate mutating func update(
        _ key: String, keyLocation: SourceLocation, adding value: YAMLNode
    ) {
        guard var merged = self[key] else { return set(key, to: value, keyLocation: keyLocation) }
        merged.merge(value)
        set(key, to: merged, keyLocation: keyLocation)
    }
}
