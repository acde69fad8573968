import DenseKitComponents
import Testing

private struct OtherPlugin: Plugin {
    let name: String
    let register: @Sendable (inout Registry) -> Void
    func register(in registry: inout Registry) { register(&registry) }
}

@Suite struct RegistryTests {
    private func node(_ yaml: String) throws -> ComponentNode {
        struct Root: YAMLConfiguration { var head: ComponentNode? }
        return try #require(
            try YAMLNode.parse("head: \(yaml)", file: "a.yaml").decode(Root.self).head)
    }

    @Test func namesAndEntries() throws {
        let registry = try tinyRegistry()
        #expect(
            registry.backbones.names == ["TinyNet"] && registry.parts.names.isEmpty
                && registry.backbones.kind == "backbone")
        #expect(
            registry.entries.map { "\($0.kind) \($0.name) \($0.plugin)" } == [
                "backbone TinyNet Tiny", "head TinyHead Tiny", "loss TinyLoss Tiny",
                "neck TinyNeck Tiny",
                "prompter TinyPrompter Tiny",
            ])
        let defaults = try #require(
            registry.entries.first { $0.name == "TinyNeck" }?.defaults as? TinyNeck.Configuration)
        #expect(defaults.channels == 8)
        #expect(
            registry.necks.defaults(of: "TinyNeck") is TinyNeck.Configuration
                && registry.necks.defaults(of: "none") == nil)
    }

    @Test func aPluginsNameIsItsTypesName() {
        struct Plain: Plugin { func register(in registry: inout Registry) {} }
        #expect(TinyPlugin().name == "Tiny" && Plain().name == "Plain")
    }

    @Test func conflicts() throws {
        let line = #line + 1
        let other = OtherPlugin(name: "Other") { $0.necks.register("TinyNeck", TinyNeck.init) }
        let error = try #require(throws: RegistryError.self) {
            try Registry([TinyPlugin(), other])
        }
        let places =
            #/neck 'TinyNeck' is registered twice: by Tiny \(ComponentsTests/Fakes.swift:\d+\) and by Other /#
        #expect(error.problem.prefixMatch(of: places) != nil, "\(error)")
        #expect(
            error.description.hasSuffix(
                "(ComponentsTests/RegistryTests.swift:\(line)); rename one of them"), "\(error)")
        var registry = try tinyRegistry()
        #expect(throws: RegistryError.self) { try registry.install(TinyPlugin()) }
        let above = #line + 2
        let twice = OtherPlugin(name: "Twice") {
            $0.losses.register("A", TinyLoss.init)
            $0.losses.register("A", TinyLoss.init)
        }
        let own = try #require(throws: RegistryError.self) { try Registry([twice]) }
        let file = "ComponentsTests/RegistryTests.swift"
        #expect(
            own.problem
                == "loss 'A' is registered twice: by Twice (\(file):\(above)) and by Twice (\(file):\(above + 1))"
        )
    }

    @Test(
        "A name that a program registers twice, or takes from a plugin, is an error where it is used first"
    )
    func conflictsOutsideOfPlugins() throws {
        var registry = try tinyRegistry()
        let line = #line + 1
        registry.losses.register("TinyLoss", TinyLoss.init)
        let message = "loss 'TinyLoss' is registered twice: by Tiny (ComponentsTests/Fakes.swift:"
        func isTold(_ body: () throws -> Void) throws -> Bool {
            let error = try #require(throws: RegistryError.self) { try body() }
            let second = "and by program (ComponentsTests/RegistryTests.swift:\(line))"
            return error.problem.hasPrefix(message) && error.problem.hasSuffix(second)
        }
        let context = BuildContext(registry: registry)
        #expect(try isTold { try registry.check() })
        #expect(
            try isTold { _ = try registry.losses.make(ComponentNode(type: "TinyLoss"), context) })
        #expect(
            try isTold { _ = try registry.losses.settings(of: ComponentNode(type: "TinyLoss")) })
        #expect(try isTold { try registry.install(OtherPlugin(name: "More") { _ in }) })
        // Other kinds are as they were.
        #expect(
            try registry.necks.settings(of: ComponentNode(type: "TinyNeck"))
                is TinyNeck.Configuration)
        try tinyRegistry().check()
    }

    @Test func whatAProgramRegistersIsThePrograms() throws {
        var registry = try tinyRegistry()
        registry.losses.register("Own", TinyLoss.init)
        #expect(registry.entries.first { $0.name == "Own" }?.plugin == "program")
    }

    private struct Odd: YAMLConfiguration {
        struct Inner: YAMLConfiguration { var compared = ComponentNode(type: "TinyLoss") }
        var criterion = ComponentNode(type: "TinyLoss")
        var lossless = ComponentNode(type: "TinyNeck")
        var several = [ComponentNode(type: "TinyLoss")]
        var more: ComponentNode?
        var inner = Inner()
    }

    @Test(
        "Which settings are losses is decided by what they hold, and not by their names",
        arguments: [
            ("{criterion: TinyLos}", "a.yaml:1:13: unknown loss 'TinyLos'"),
            ("{lossless: Unknown}", nil), ("{lossless: {type: TinyNeck, channels: 3}}", nil),
            ("{several: [TinyLoss, {type: Nothing}]}", "unknown loss 'Nothing'"),
            ("{more: {type: TinyLoss, wait: 2}}", "unknown key 'wait' of TinyLoss"),
            ("{more: TinyNeck}", nil),
            ("{inner: {compared: {type: TinyLoss, weight: x}}}", "weight: expected a number"),
            ("{}", nil),
        ])
    func lossesByType(_ yaml: String, _ message: String?) throws {
        let settings = try YAMLNode.parse(yaml, file: "a.yaml").decode(Odd.self)
        let registry = try tinyRegistry()
        guard let message else { return try registry.checkLosses(of: settings) }
        let error = try #require(throws: ConfigurationError.self) {
            try registry.checkLosses(of: settings)
        }
        #expect(error.description.contains(message), "\(error)")
    }

    @Test func oneNameInTwoKindsIsNoConflict() throws {
        let registry = try Registry([
            OtherPlugin(name: "A") {
                $0.necks.register("Same", TinyNeck.init)
                $0.heads.register("Same", TinyHead.init)
            }
        ])
        #expect(registry.necks.names == ["Same"] && registry.heads.names == ["Same"])
    }

    @Test func anInstalledPluginAdds() throws {
        var registry = try tinyRegistry()
        try registry.install(
            OtherPlugin(name: "More") { $0.losses.register("MoreLoss", TinyLoss.init) })
        #expect(registry.losses.names == ["MoreLoss", "TinyLoss"])
        #expect(registry.entries.first { $0.name == "MoreLoss" }?.plugin == "More")
        #expect(registry.entries.first { $0.name == "TinyLoss" }?.plugin == "Tiny")
    }

    @Test func settingsReachTheComponent() throws {
        let registry = try tinyRegistry()
        let context = BuildContext(registry: registry)
        let loss = try #require(
            try registry.losses.make(node("{type: TinyLoss, weight: 0.5}"), context) as? TinyLoss)
        #expect(loss.weight == 0.5)
        #expect(try (registry.losses.make(node("TinyLoss"), context) as? TinyLoss)?.weight == 1)
    }

    /// A component as YAML says it, and the error's whole message.
    @Test(arguments: [
        (
            "TinyHed",
            "a.yaml:1:7: unknown head 'TinyHed'; did you mean 'TinyHead'? known: TinyHead; others come from `plugins:`"
        ),
        ("Zebra", "a.yaml:1:7: unknown head 'Zebra'; known: TinyHead; others come from `plugins:`"),
        (
            "{type: TinyHead, kei: x}",
            "a.yaml:1:24: unknown key 'kei' of TinyHead; did you mean 'key'? (keys: key, loss)"
        ),
        ("{type: TinyHead, key: [1]}", "a.yaml:1:29: head.key: expected a string, found a list"),
        ("TinyHead", "a.yaml:1:7: head TinyHead could not be built: needs features"),
        (
            "{type: TinyHead, loss: TinyLos}",
            "a.yaml:1:30: unknown loss 'TinyLos'; did you mean 'TinyLoss'? known: TinyLoss; others come from `plugins:`"
        ),
        (
            "{type: TinyHead, loss: {type: TinyLoss, weight: -1}}",
            "a.yaml:1:37: loss TinyLoss could not be built: weight must not be negative"
        ),
        (
            "{type: TinyHead, loss: {type: TinyLoss, weigth: 1}}",
            "a.yaml:1:47: unknown key 'weigth' of TinyLoss; did you mean 'weight'? (keys: weight)"
        ),
    ])
    func errors(_ yaml: String, _ expected: String) throws {
        let registry = try tinyRegistry()
        let features = yaml == "TinyHead" ? [] : [FeatureSpec(channels: 1, stride: 1)]
        let error = #expect(throws: (any Error).self) {
            try registry.heads.make(
                node(yaml), BuildContext(registry: registry, classNames: ["a"], features: features))
        }
        #expect("\(try #require(error))" == expected)
    }

    @Test func otherErrorsAreKept() throws {
        let registry = try Registry([
            OtherPlugin(name: "A") {
                $0.losses.register("Broken") { (_: TinyLoss.Configuration) in
                    throw CancellationError()
                }
            }
        ])
        let error = try #require(throws: BuildError.self) {
            try registry.losses.make(
                ComponentNode(type: "Broken"), BuildContext(registry: registry))
        }
        #expect(error.description == "default: loss Broken could not be built: CancellationError()")
        #expect(error.component == "loss Broken" && error.location == .default)
    }
}
