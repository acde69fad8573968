import DenseKitComponents

extension Registry {
    /// `node` with every component in it, at any depth, over its defaults; as it is where its
    /// settings cannot be read, or where several kinds have a component of that name.
    func withDefaults(_ node: YAMLNode) -> YAMLNode {
        switch node.value {
        case .null, .scalar: return node
        case .sequence(let nodes):
            return YAMLNode(.sequence(nodes.map(withDefaults)), at: node.location)
        case .mapping:
            var full = YAMLNode.Mapping()
            for entry in (completed(node) ?? node).mapping?.entries ?? [] {
                full.set(entry.key, to: withDefaults(entry.value), keyLocation: entry.keyLocation)
            }
            return YAMLNode(.mapping(full), at: node.location)
        }
    }

    /// The settings of the component that `node` names, over their defaults.
    private func completed(_ node: YAMLNode) -> YAMLNode? {
        guard let name = node["type"]?.scalar?.text else { return nil }
        let named = entries.filter { $0.name == name }
        guard named.count == 1, let component = try? node.decode(ComponentNode.self) else {
            return nil
        }
        func resolved<Settings: YAMLConfiguration>(_ defaults: Settings) -> YAMLNode? {
            try? component.resolved(Settings.self)
        }
        return resolved(named[0].defaults)
    }
}
