/// The registered components of one kind, by their names in YAML.
public struct ComponentTable<Component>: Sendable, RegistryTable {
    private struct Entry: Sendable {
        let plugin: String?
        /// Where it was registered, as `module/file:line`.
        let place: String
        let defaults: any YAMLConfiguration
        let settings: @Sendable (ComponentNode) throws -> any YAMLConfiguration
        let make: @Sendable (ComponentNode, BuildContext) throws -> Component

        var owner: String { plugin ?? ComponentTable.program }
    }

    /// The owner of what is registered outside of a plugin.
    private static var program: String { "program" }

    /// The kind's name in messages: `backbone`, `neck`, ….
    public let kind: String
    /// The plugin that registers what comes; nil outside of one.
    var plugin: String?
    /// Why the table cannot be used: the first name that was registered twice.
    private(set) var conflict: RegistryError?
    private var entries: [String: Entry] = [:]

    init(kind: String, plugin: String?) {
        self.kind = kind
        self.plugin = plugin
    }

    /// Registers the component `name`, which `make` builds from its settings. Usually the name of
    /// the type and its initialiser: `registry.backbones.register("TinyNet", TinyNet.init)`.
    ///
    /// A name that is registered already is an error, which `Registry.install` throws, and outside
    /// of a plugin `Registry.check` and the first use of the table. It names both places.
    ///
    /// - Parameters:
    ///   - name: the name in YAML's `type`
    ///   - make: builds the component
    ///   - file: the file of the call, for messages
    ///   - line: the line of the call, for messages
    public mutating func register<Settings: YAMLConfiguration>(
        _ name: String, file: String = #fileID, line: Int = #line,
        _ make: @escaping @Sendable (Settings, BuildContext) throws -> Component
    ) {
        let place = "\(file):\(line)"
        if let other = entries[name] {
            let first = "\(other.owner) (\(other.place))"
            let second = "\(plugin ?? Self.program) (\(place))"
            conflict = conflict ?? RegistryError("\(kind) '\(name)'", first: first, second: second)
            return
        }
        let settings: @Sendable (ComponentNode) throws -> Settings = { [commonKeys] node in
            // What is wrong with `weights` is found here, also by commands that do not read them.
            if commonKeys.contains("weights") {
                _ = try node.common("weights", as: WeightsSetting.self)
            }
            return try node.settings(Settings.self, common: commonKeys)
        }
        entries[name] = Entry(
            plugin: plugin, place: place, defaults: Settings(), settings: settings
        ) { node, context in
            try make(settings(node), context)
        }
    }

    /// Registers `name` for a component that is built from its settings alone, without a
    /// `BuildContext`.
    public mutating func register<Settings: YAMLConfiguration>(
        _ name: String, file: String = #fileID, line: Int = #line,
        _ make: @escaping @Sendable (Settings) throws -> Component
    ) {
        register(name, file: file, line: line) { (settings: Settings, _: BuildContext) in
            try make(settings)
        }
    }

    /// The registered names, sorted.
    public var names: [String] { entries.keys.sorted() }

    /// The keys that every component of this kind may have beside its own settings.
    private var commonKeys: [String] {
        switch kind {
        case "backbone", "prompter", "neck", "head": ["weights"]
        // for models trained on another
        case "dataset": ["source_classes", "class_map", "unmapped_prediction"]
        default: []
        }
    }

    /// Builds the component that `node` names.
    ///
    /// - Throws: `RegistryError` where a name of this kind is registered twice;
    ///   `ConfigurationError` for an unknown name or settings that do not fit; `BuildError` for an
    ///   error of the component's initialiser, at the value that a `SettingError` names, else where
    ///   the component is written.
    public func make(_ node: ComponentNode, _ context: BuildContext) throws -> Component {
        let entry = try entry(of: node)
        return try locatingErrors(of: node) { try entry.make(node, context) }
    }

    /// The settings of the component that `node` names, over their defaults, without building it.
    ///
    /// - Throws: `RegistryError` where a name of this kind is registered twice;
    ///   `ConfigurationError` for an unknown name or settings that do not fit.
    public func settings(of node: ComponentNode) throws -> any YAMLConfiguration {
        try entry(of: node).settings(node)
    }

    private func entry(of node: ComponentNode) throws -> Entry {
        if let conflict { throw conflict }
        if let entry = entries[node.type] { return entry }
        let near = nearestSpelling(to: node.type, among: names)
        let hint = near.map { "did you mean '\($0)'? " } ?? ""
        throw ConfigurationError(
            at: node.location, "unknown \(kind) '\(node.type)'",
            hint: hint + "known: \(names.joined(separator: ", ")); others come from `plugins:`",
            kind: .unknownComponent(kind: kind, isNear: near != nil))
    }

    /// The result of `body`; its errors become a `BuildError` with the line of `node`.
    ///
    /// - Throws: `BuildError`, and `ConfigurationError` of `body` as it is.
    public func locatingErrors<Result>(of node: ComponentNode, _ body: () throws -> Result) throws
        -> Result
    {
        do {
            return try body()
        } catch let error as ConfigurationError {
            throw error
        } catch let error as BuildError where error.location != .default {
            throw error
        } catch let error as BuildError {
            // A part that is written in no file was made from this component's settings.
            throw BuildError(
                location: node.location, component: error.component, underlying: error.underlying)
        } catch {
            // A default's type is written in no file; the settings that override it may be.
            let place = node.location == .default ? node.node.location : node.location
            let value = (error as? SettingError).flatMap { node.node.location(of: $0.keys) }
            throw BuildError(
                location: value ?? place, component: "\(kind) \(node.type)", underlying: "\(error)")
        }
    }

    /// The settings of the component `name` at their defaults; nil where it is not registered.
    public func defaults(of name: String) -> (any YAMLConfiguration)? { entries[name]?.defaults }

    var infos: [ComponentInfo] {
        entries.map {
            ComponentInfo(
                kind: kind, name: $0.key, plugin: $0.value.owner, defaults: $0.value.defaults)
        }
    }
}

/// Thrown where a component's initialiser throws: its error, and the place in YAML of the value
/// that was refused, or of the component.
public struct BuildError: DenseKitError {
    /// The place in YAML of the value that was refused, else of the component; `default` where
    /// neither was written in a file.
    public let location: SourceLocation
    /// Kind and type of the component: `backbone ResNet`.
    public let component: String
    /// The description of the error that the initialiser threw.
    public let underlying: String

    /// - Parameters:
    ///   - location: where the component is named
    ///   - component: kind and type, such as `backbone ResNet`
    ///   - underlying: the description of the error that its initialiser threw
    public init(location: SourceLocation, component: String, underlying: String) {
        self.location = location
        self.component = component
        self.underlying = underlying
    }

    public var place: String? { "\(location)" }
    public var problem: String { "\(component) could not be built: \(underlying)" }
    public var origin: ErrorOrigin { .configuration }
}
