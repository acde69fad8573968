/// Settings of which some have no effect beside others.
public protocol IdleKeysConfiguration: YAMLConfiguration {
    /// The keys that have no effect beside what the others are, each with the reason: `scales takes its place`.
    var idleKeys: [(key: String, reason: String)] { get }
}

extension Registry {
    /// The keys of components in `node`, at any depth, that are written and have no effect, a sentence each. A component whose settings cannot be read
    /// has none.
    ///
    /// - Parameter isOwn: whether values of a place are to be told of
    public func idleKeys(in node: YAMLNode, where isOwn: (SourceLocation) -> Bool = { _ in true }) -> [String] {
        switch node.value {
        case .null, .scalar: return []
        case .sequence(let nodes): return nodes.flatMap { idleKeys(in: $0, where: isOwn) }
        case .mapping(let mapping):
            return ownIdleKeys(node, isOwn) + mapping.entries.flatMap { idleKeys(in: $0.value, where: isOwn) }
        }
    }

    private func ownIdleKeys(_ node: YAMLNode, _ isOwn: (SourceLocation) -> Bool) -> [String] {
        guard let name = node["type"]?.scalar?.text, let component = try? node.decode(ComponentNode.self) else { return [] }
        return settings(of: component).flatMap { settings -> [String] in
            let idle = (settings as? any IdleKeysConfiguration)?.idleKeys ?? []
            return idle.compactMap { key, reason in
                guard let value = node[key], !value.isNull, value.location != .default, isOwn(value.location) else { return nil }
                return "\(value.location): \(key) of \(name) has no effect: \(reason)"
            }
        }
    }
}
