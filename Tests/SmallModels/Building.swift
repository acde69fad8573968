import DenseKitCore

/// The backbone of a line of YAML, `{type: …}`, which stands at `a.yaml:1:11`.
///
/// - Parameter plugins: those that it needs
public func makeBackbone(_ yaml: String, _ plugins: any Plugin...) throws -> any Backbone {
    let registry = try Registry(plugins)
    return try registry.backbones.make(
        component("backbone", yaml), BuildContext(registry: registry))
}

/// The head that `node` names, with the plugins that it needs.
///
/// - Parameter levels: what it is given
public func makeHead(
    _ node: ComponentNode, classes: Int = 3, _ levels: [(channels: Int, stride: Int)],
    _ plugins: any Plugin...
) throws -> any Head {
    let registry = try Registry(plugins)
    let context = BuildContext(
        registry: registry, classNames: (0..<classes).map { "class \($0)" },
        features: levels.map { FeatureSpec(channels: $0.channels, stride: $0.stride) })
    return try registry.heads.make(node, context)
}

/// The component of a line of YAML, `{type: …}`, which stands behind `key: ` in `a.yaml:1`.
///
/// - Parameter key: `backbone` or `head`
public func component(_ key: String, _ yaml: String) throws -> ComponentNode {
    struct Model: YAMLConfiguration {
        var backbone: ComponentNode?
        var head: ComponentNode?
    }
    let model = try YAMLNode.parse("\(key): \(yaml)", file: "a.yaml").decode(Model.self)
    guard let node = model.backbone ?? model.head else {
        throw SettingError("'\(yaml)' is no component")
    }
    return node
}
