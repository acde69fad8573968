/// A component as a configuration names it, before the registry knows its Swift type:
/// `{type: FPN, channels: 256}`, or `FPN` alone.
public struct ComponentNode: Sendable {
    /// The registered name.
    public let type: String
    /// Where the name is written.
    public let location: SourceLocation
    /// The keys that lead to the component, such as `model.neck`; empty for a component made in
    /// Swift.
    public let path: String
    /// The whole mapping, including `type`.
    public let node: YAMLNode

    /// A component with all its defaults.
    public init(type: String) {
        self.type = type
        location = .default
        path = ""
        node = YAMLNode.component(YAMLNode(YAMLNode.Scalar(type)))
    }

    /// A component with settings, for the default value of a property. `configuration` must be
    /// encodable, as a plain struct of settings is.
    public init(_ type: String, _ configuration: some YAMLConfiguration) {
        self.type = type
        location = .default
        path = ""
        do {
            node = try ComponentNode.mapping(
                type: YAMLNode(YAMLNode.Scalar(type)), settings: YAMLNode(encoding: configuration))
        } catch {
            fatalError("the settings of \(type) cannot be encoded: \(error)")
        }
    }

    /// The settings: the keys beside `type`, over the defaults.
    ///
    /// - Parameters:
    ///   - configuration: the type of the settings
    ///   - common: keys that every component of this kind has beside its own settings; see
    ///     `common(_:as:)`
    /// - Throws: `ConfigurationError`, at the key or value, such as
    ///   `unknown key 'chanels' of FPN; did you mean 'channels'? (keys: channels)`.
    public func settings<C: YAMLConfiguration>(
        _ configuration: C.Type = C.self, common: [String] = []
    ) throws -> C {
        var own = settings
        for key in common { own.remove(key) }
        return try NodeDecoder(
            written: YAMLNode(.mapping(own), at: node.location), fallback: nil,
            path: pathComponents, component: type
        )
        .read(configuration)
    }

    /// The value of a key that every component of its kind has, where it is written and not null.
    ///
    /// - Throws: `ConfigurationError`, at the value.
    public func common<Value: Codable>(_ key: String, as value: Value.Type = Value.self) throws
        -> Value?
    {
        guard let written = settings[key], !written.isNull else { return nil }
        return try NodeDecoder(written: written, fallback: nil, path: pathComponents + [key]).read(
            value)
    }

    /// The component with all its settings; those that the configuration does not set have their
    /// defaults (with the location `default`).
    ///
    /// - Throws: `ConfigurationError`, at the key or value, for settings that do not fit.
    public func resolved<C: YAMLConfiguration>(_ configuration: C.Type) throws -> YAMLNode {
        let all = try YAMLNode(
            encoding: settings(configuration),
            origins: YAMLNode(.mapping(settings), at: node.location))
        return ComponentNode.mapping(
            type: YAMLNode(YAMLNode.Scalar(type), at: location), settings: all)
    }

    private var settings: YAMLNode.Mapping {
        var mapping = node.mapping ?? YAMLNode.Mapping()
        mapping.remove("type")
        return mapping
    }

    private var pathComponents: [String] { path.isEmpty ? [] : [path] }

    private static func mapping(type: YAMLNode, settings: YAMLNode) -> YAMLNode {
        var component = YAMLNode.component(type)
        component.location = settings.location
        component.merge(settings)
        return component
    }
}

extension ComponentNode: Equatable {
    /// Whether both have the same type and equal settings, wherever they were written.
    public static func == (a: ComponentNode, b: ComponentNode) -> Bool { a.node == b.node }
}

extension ComponentNode: Codable, NodeConvertible {
    /// Reads a component; only `YAMLNode.decode` can.
    ///
    /// - Throws: `DecodingError` for the decoder of another format.
    public init(from decoder: any Decoder) throws {
        self = try ComponentNode.read(NodeDecoder.from(decoder))
    }

    /// Writes the component as it was written: `type` and the other keys.
    public func encode(to encoder: any Encoder) throws { try node.encode(to: encoder) }

    /// The written component over the default one, by the rules that hold between files.
    static func read(_ decoder: NodeDecoder) throws -> ComponentNode {
        let example = "write {type: NAME, …}"
        guard let written = decoder.node else {
            throw decoder.expected("a component", hint: example)
        }
        var node = written
        if let fallback = decoder.fallback, fallback.mapping != nil {
            node = fallback
            node.merge(written)
        }
        if let scalar = node.scalar, scalar.isString { node = YAMLNode.component(node) }
        guard let mapping = node.mapping else {
            throw decoder.expected("a component", hint: example)
        }
        guard let type = mapping["type"] else {
            let blank = mapping.entries.first { $0.key.hasPrefix("type:") }?.missingBlank
            throw decoder.failure(
                "the component's type is missing", hint: blank ?? example,
                kind: .missing(decoder.path + ["type"]))
        }
        guard let name = type.scalar?.text, !name.isEmpty else {
            let typeDecoder = NodeDecoder(
                written: type, fallback: nil, path: decoder.path + ["type"])
            throw typeDecoder.expected("the name of a component", hint: example)
        }
        return ComponentNode(
            type: name, location: type.location, path: decoder.shownPath, node: node)
    }

    func written() -> YAMLNode { node }

    private init(type: String, location: SourceLocation, path: String, node: YAMLNode) {
        self.type = type
        self.location = location
        self.path = path
        self.node = node
    }
}
