import DenseKitCore

/// The backbone of a line of YAML, `{type: …}`, which stands at `a.yaml:1:11`.
///
/// - Parameter plugins: those that it needs
public func makeBackbone(_ yaml: String, _ plugins: any Plugin...) throws -> any Backbone {
    let registry = try Registry(plugins)
    return try registry.backbones.make(try component("backbone", yaml), BuildContext(registry: registry))
}

/// The head that `node` names, with the plugins that it needs.
///
/// - Parameter levels: what it is given
public func makeHead(
    _ node: ComponentNode, classes: Int = 3, _ levels: [(channels: Int, stride: Int)], _ plugins: any Plugin...
) throws -> any Head {
    let registry = try Registry(plugins)
    let context = BuildContext(
        registry: registry, classNames: (0..<classes).map { "class \($0)" },
        features: levels.map { FeatureSpec(channels: $0.channels, stride: $0.stride) })
    return try registry.heads.make(node, context)
}

/// The component of a line of YAML, `{type: …}`, which stands behind `key: ` in `a.yaml:1`.
public func component(_ key: String, _ yaml: String) throws -> ComponentNode {
    guard let node = try YAMLNode.parse("\(key): \(yaml)", file: "a.yaml")[key] else {
        throw SettingError("'\(yaml)' is no component")
    }
    return try node.decode(ComponentNode.self)
}
