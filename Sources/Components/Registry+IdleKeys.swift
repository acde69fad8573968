/// Settings some of which have no effect when others are set.
public protocol IdleKeysConfiguration: YAMLConfiguration {
    /// The keys that have no effect with the other values as they are, each with the reason:
    /// `scales takes its place`.
    var idleKeys: [(key: String, reason: String)] { get }
}

extension Registry {
    /// One sentence for each key in `node`, at any depth, that is written for a component and has
    /// no effect. A component whose settings cannot be read gives none.
    ///
    /// - Parameters:
    ///   - node: a configuration, or a part of one
    ///   - isOwn: whether a value at this location is reported; all are by default
    public func idleKeys(in node: YAMLNode, where isOwn: (SourceLocation) -> Bool = { _ in true })
        -> [String]
    {
        switch node.value {
        case .null, .scalar: return []
        case .sequence(let nodes): return nodes.flatMap { idleKeys(in: $0, where: isOwn) }
        case .mapping(let mapping):
            return ownIdleKeys(node, isOwn)
                + mapping.entries.flatMap { idleKeys(in: $0.value, where: isOwn) }
        }
    }

    private func ownIdleKeys(_ node: YAMLNode, _ isOwn: (SourceLocation) -> Bool) -> [String] {
        guard let name = node["type"]?.scalar?.text,
            let component = try? node.decode(ComponentNode.self)
        else { return [] }
        return settings(of: component).flatMap { settings -> [String] in
            let idle = (settings as? any IdleKeysConfiguration)?.idleKeys ?? []
            return idle.compactMap { key, reason in
                guard let value = node[key], !value.isNull, value.location != .default,
                    isOwn(value.location)
                else { return nil }
                return "\(value.location): \(key) of \(name) has no effect: \(reason)"
            }
        }
    }
}
