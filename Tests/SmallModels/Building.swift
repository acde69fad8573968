import DenseKitCore

/// The backbone of a line of YAML, `{type: …}`, which stands at `a.yaml:1:11`.
///
/// - Parameter plugins: those that it needs
public func makeBackbone(_ yaml: String, _ plugins: any Plugin...) throws -> any Backbone {
    let registry = try Registry(plugins)
    return try registry.backbones.make(
        component("backbone", yaml), BuildContext(registry: registry))
}

/// Four levels of different channels at strides 4, 8, 16 and 32.
public let fourLevels = [(channels: 2, stride: 4), (3, 8), (4, 16), (5, 32)]

/// The head of a line of YAML, `{type: …}`, which stands at `a.yaml:1:7`.
///
/// - Parameters:
///   - levels: what it is given
///   - plugins: those that it needs
public func makeHead(
    _ yaml: String, classes: Int = 3, _ levels: [(channels: Int, stride: Int)],
    _ plugins: any Plugin...
) throws -> any Head {
    let registry = try Registry(plugins)
    let node = try component("head", yaml)
    let context = BuildContext(
        registry: registry, classNames: (0..<classes).map { "class \($0)" },
        features: levels.map { FeatureSpec(channels: $0.channels, stride: $0.stride) })
    return try registry.heads.make(node, context)
}

/// A model with the head `AllLevels` on what a prompter makes of a backbone.
///
/// - Parameters:
///   - backbone: a line of YAML, `{type: …}`; so is `prompter`
///   - freeze: a list of the parts that are not trained
public func makeModel(
    backbone: String, prompter: String, freeze: String = "[]", _ context: BuildContext
) throws -> DenseModel {
    let yaml = "{backbone: \(backbone), prompter: \(prompter), head: AllLevels, freeze: \(freeze)}"
    return try DenseModel(ModelConfiguration.decode(yaml: yaml), context)
}

/// What a component could not be built for: the error of its initialiser; nil where it was built.
public func refusal<Component>(_ build: () throws -> Component) throws -> String? {
    do {
        _ = try build()
        return nil
    } catch let error as BuildError {
        return error.underlying
    }
}

/// The component of a line of YAML, `{type: …}`, which stands behind `key: ` in `a.yaml:1`.
///
/// - Parameter key: `backbone` or `head`
private func component(_ key: String, _ yaml: String) throws -> ComponentNode {
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
