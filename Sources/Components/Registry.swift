/// Every component that a configuration can name: a table for each kind, such as `backbones` and
/// `losses`, which are the properties of `ComponentKinds`. A value type, built once from a list of
/// plugins.
@dynamicMemberLookup
public struct Registry: Sendable {
    private var tables: [ObjectIdentifier: any RegistryTable] = [:]
    /// Nil outside of a plugin.
    private var currentPlugin: String?

    /// An empty registry.
    public init() {}

    /// A registry with everything that `plugins` register.
    ///
    /// - Throws: `RegistryError` where two of them register the same name.
    public init(_ plugins: [any Plugin]) throws {
        for plugin in plugins { try install(plugin) }
    }

    /// Adds what `plugin` registers.
    ///
    /// - Throws: `RegistryError` where a name is taken.
    public mutating func install(_ plugin: any Plugin) throws {
        begin(plugin.name)
        plugin.register(in: &self)
        begin(nil)
        try check()
    }

    /// Makes `plugin` the one that registers what comes.
    private mutating func begin(_ plugin: String?) {
        currentPlugin = plugin
        for key in tables.keys { tables[key]?.plugin = plugin }
    }

    /// Checks that no name of a kind is registered twice. Plugins are checked when they are
    /// installed; a program that registers components by itself is told when it makes an
    /// experiment, or a component of that kind.
    ///
    /// - Throws: `RegistryError` with both places for a name that is taken.
    public func check() throws {
        let conflicts = tables.values.compactMap(\.conflict)
        if let first = conflicts.min(by: { $0.problem < $1.problem }) { throw first }
    }

    /// The table of one kind of component, by the kind's property in `ComponentKinds`:
    /// `registry.backbones`. Empty where nothing is registered.
    public subscript<Component>(
        dynamicMember kind: KeyPath<ComponentKinds, ComponentKind<Component>>
    ) -> ComponentTable<Component> {
        get {
            tables[ObjectIdentifier(Component.self)] as? ComponentTable<Component>
                ?? ComponentTable(kind: ComponentKinds()[keyPath: kind].name, plugin: currentPlugin)
        }
        set { tables[ObjectIdentifier(Component.self)] = newValue }
    }

    /// The settings of the component that `node` names, over their defaults, one for each kind that
    /// has one of this name and takes them.
    func settings(of node: ComponentNode) -> [any YAMLConfiguration] {
        tables.values.compactMap { try? $0.settings(of: node) }
    }

    /// Reads the settings of the components inside `node`, at any depth, without building them,
    /// such as the losses of a head.
    ///
    /// - Throws: `ConfigurationError` for settings that do not fit. Components with unknown names
    ///   are not checked themselves.
    public func checkParts(of node: YAMLNode) throws {
        let inside = node.sequence ?? node.mapping?.entries.map(\.value) ?? []
        for part in inside {
            if part["type"]?.scalar != nil, let component = try? part.decode(ComponentNode.self) {
                let known = tables.values.filter { table in
                    table.infos.contains { $0.name == component.type }
                }
                for table in known.prefix(1) { _ = try table.settings(of: component) }
            }
            try checkParts(of: part)
        }
    }

    /// Reads the settings of the losses that `settings`, those of a component, name at any depth,
    /// without building them. A setting holds a loss if its default is a registered one, whatever
    /// the setting is called; where there is no default, its value decides.
    ///
    /// - Throws: `ConfigurationError` for a loss that is not registered, and for settings that do
    ///   not fit.
    public func checkLosses(of settings: any YAMLConfiguration) throws {
        let defaults = Mirror(reflecting: type(of: settings).init()).children
        for (child, fallback) in zip(Mirror(reflecting: settings).children, defaults) {
            let usual = Self.components(fallback.value).first
            for component in Self.components(child.value)
            where self.losses.names.contains(usual?.type ?? component.type) {
                _ = try self.losses.settings(of: component)
            }
            for inner in Self.parts(child.value) { try checkLosses(of: inner) }
        }
    }

    /// The components that a setting holds: one, a list of them, or none.
    private static func components(_ value: Any) -> [ComponentNode] {
        (value as? ComponentNode).map { [$0] } ?? value as? [ComponentNode] ?? []
    }

    /// The settings of parts that a setting holds.
    private static func parts(_ value: Any) -> [any YAMLConfiguration] {
        (value as? any YAMLConfiguration).map { [$0] } ?? value as? [any YAMLConfiguration] ?? []
    }

    /// Everything registered, sorted by kind and name.
    public var entries: [ComponentInfo] {
        tables.values.flatMap(\.infos).sorted { ($0.kind, $0.name) < ($1.kind, $1.name) }
    }
}

/// Thrown where one name of a kind is registered twice.
public struct RegistryError: DenseKitError {
    public let problem: String
    public let remedy: String?
    public var origin: ErrorOrigin { .program }

    /// - Parameters:
    ///   - component: kind and name, such as `neck 'FPN'`
    ///   - first: who registered it first, and where
    ///   - second: who registered it again, and where
    init(_ component: String, first: String, second: String) {
        problem = "\(component) is registered twice: by \(first) and by \(second)"
        remedy = "rename one of them"
    }
}

/// A registered component, for lists.
public struct ComponentInfo: Sendable {
    /// `backbone`, `neck`, …
    public let kind: String
    /// The name in YAML's `type`.
    public let name: String
    /// The plugin that registered it; `program` where it was registered outside of a plugin.
    public let plugin: String
    /// Its settings at their defaults.
    public let defaults: any YAMLConfiguration
}

/// A set of components that can be added to a registry.
public protocol Plugin: Sendable {
    /// The plugin's name, shown by `densekit components` and in messages. By default the type's
    /// name without `Plugin`.
    var name: String { get }

    /// Registers the plugin's components in the tables of `registry`.
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
    var plugin: String? { get set }
    var conflict: RegistryError? { get }
    var infos: [ComponentInfo] { get }
    func settings(of node: ComponentNode) throws -> any YAMLConfiguration
}

/// A part of a model that can be run by itself, from named inputs to named outputs.
public protocol ModelPart: Module {
    /// Runs the part on named inputs, `[…] → […]` each; the part says names and shapes.
    ///
    /// - Throws: `ModelPartError` for an input that is missing.
    func run(_ inputs: [String: Tensor]) throws -> [String: Tensor]
}

extension [String: Tensor] {
    /// The input of a part by its name.
    ///
    /// - Throws: `ModelPartError` where it is missing.
    public func input(_ name: String) throws -> Tensor {
        guard let tensor = self[name] else { throw ModelPartError(missing: name, among: self) }
        return tensor
    }
}

/// Thrown where an input that a part needs is missing.
public struct ModelPartError: DenseKitError {
    public let problem: String
    public var origin: ErrorOrigin { .input }

    /// The error for the missing `input`, with the names of the given `inputs`.
    public init(missing input: String, among inputs: [String: Tensor]) {
        problem =
            "input '\(input)' is missing; given: \(inputs.keys.sorted().joined(separator: ", "))"
    }
}
