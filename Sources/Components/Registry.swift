/// Every component that a configuration can name. A value, built once from a list of plugins.
public struct Registry: Sendable {
    private var tables: [ObjectIdentifier: any RegistryTable] = [:]
    private var currentPlugin = ""

    public init() {}

    /// A registry with everything that `plugins` bring.
    public init(_ plugins: [any Plugin]) throws {
        for plugin in plugins { try install(plugin) }
    }

    /// Adds what `plugin` brings. Throws `RegistryError` where a name is taken.
    public mutating func install(_ plugin: any Plugin) throws {
        currentPlugin = plugin.name
        for key in tables.keys { tables[key]?.plugin = plugin.name }
        plugin.register(in: &self)
        if let conflict = tables.values.lazy.compactMap(\.conflict).first { throw RegistryError(description: conflict) }
    }

    /// The table of one kind of component, for the extensions that give it a name.
    public subscript<Component>(_ component: Component.Type, kind kind: String) -> ComponentTable<Component> {
        get {
            tables[ObjectIdentifier(component)] as? ComponentTable<Component>
                ?? ComponentTable(kind: kind, plugin: currentPlugin)
        }
        set { tables[ObjectIdentifier(component)] = newValue }
    }

    /// The settings of the component that `node` names, over their defaults, one for each kind that has one of this name and takes them.
    func settings(of node: ComponentNode) -> [any YAMLConfiguration] {
        tables.values.compactMap { try? $0.settings(of: node) }
    }

    /// Reads the settings of the components inside `node`, at any depth, without building them: of a head its losses.
    ///
    /// Throws `ConfigurationError` for a name that no kind of component has, and for settings that do not fit.
    public func checkParts(of node: YAMLNode) throws {
        let inside = node.sequence ?? node.mapping?.entries.map(\.value) ?? []
        for part in inside {
            if part["type"]?.scalar != nil, let component = try? part.decode(ComponentNode.self) {
                let known = tables.values.filter { table in table.infos.contains { $0.name == component.type } }
                for table in known.prefix(1) { _ = try table.settings(of: component) }
            }
            try checkParts(of: part)
        }
    }

    /// Reads the settings of the losses that `settings`, those of a component, name at any depth, without building them.
    ///
    /// Throws `ConfigurationError` for a loss that nobody knows, and for settings that do not fit.
    public func checkLosses(of settings: any YAMLConfiguration) throws {
        for (name, value) in Mirror(reflecting: settings).children {
            if let component = value as? ComponentNode {
                if name?.lowercased().contains("loss") == true { _ = try losses.settings(of: component) }
            } else if let inner = value as? any YAMLConfiguration {
                try checkLosses(of: inner)
            }
        }
    }

    /// Everything registered, by kind and name.
    public var entries: [ComponentInfo] {
        tables.values.flatMap(\.infos).sorted { ($0.kind, $0.name) < ($1.kind, $1.name) }
    }
}

/// Two plugins that claim one name.
public struct RegistryError: Error, CustomStringConvertible, Sendable {
    public let description: String
}

/// A registered component, for lists.
public struct ComponentInfo: Sendable {
    /// `backbone`, `neck`, …
    public let kind: String
    public let name: String
    /// The plugin that registered it.
    public let plugin: String
    /// Its settings at their defaults.
    public let defaults: any YAMLConfiguration
}

/// A set of components that registers itself.
public protocol Plugin: Sendable {
    /// Shown by `densekit components`.
    var name: String { get }

    func register(in registry: inout Registry)
}

extension Plugin {
    /// The type's name without `Plugin`.
    public var name: String {
        let type = "\(Self.self)"
        return type.hasSuffix("Plugin") ? String(type.dropLast("Plugin".count)) : type
    }
}

protocol RegistryTable: Sendable {
    var plugin: String { get set }
    var conflict: String? { get }
    var infos: [ComponentInfo] { get }
    func settings(of node: ComponentNode) throws -> any YAMLConfiguration
}

extension Registry {
    public var backbones: ComponentTable<any Backbone> {
        get { self[(any Backbone).self, kind: "backbone"] }
        set { self[(any Backbone).self, kind: "backbone"] = newValue }
    }
    public var necks: ComponentTable<any Neck> {
        get { self[(any Neck).self, kind: "neck"] }
        set { self[(any Neck).self, kind: "neck"] = newValue }
    }
    public var heads: ComponentTable<any Head> {
        get { self[(any Head).self, kind: "head"] }
        set { self[(any Head).self, kind: "head"] = newValue }
    }
    public var prompters: ComponentTable<any Prompter> {
        get { self[(any Prompter).self, kind: "prompter"] }
        set { self[(any Prompter).self, kind: "prompter"] = newValue }
    }
    public var losses: ComponentTable<any Loss> {
        get { self[(any Loss).self, kind: "loss"] }
        set { self[(any Loss).self, kind: "loss"] = newValue }
    }
    /// Parts of prompters that can run alone on named tensors: what golden cases of single parts are checked with.
    public var parts: ComponentTable<any ModelPart> {
        get { self[(any ModelPart).self, kind: "part"] }
        set { self[(any ModelPart).self, kind: "part"] = newValue }
    }
}

/// A part of a model that can be run by itself, from named inputs to named outputs.
public protocol ModelPart: Module {
    func run(_ inputs: [String: Tensor]) throws -> [String: Tensor]
}

/// An input that a part was not given.
public struct ModelPartError: Error, CustomStringConvertible, Sendable {
    public let description: String

    public init(missing input: String, among inputs: [String: Tensor]) {
        description = "input '\(input)' is missing; given: \(inputs.keys.sorted().joined(separator: ", "))"
    }
}
