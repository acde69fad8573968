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
        let other = OtherPlugin(name: "Other") { $0.necks.register("TinyNeck", TinyNeck.init) }
        let error = try #require(throws: RegistryError.self) {
            try Registry([TinyPlugin(), other])
        }
        #expect(
            error.description
                == "neck 'TinyNeck' is registered by both Tiny and Other: rename one of them")
        var registry = try tinyRegistry()
        #expect(throws: RegistryError.self) { try registry.install(TinyPlugin()) }
        let twice = OtherPlugin(name: "Twice") {
            $0.losses.register("A", TinyLoss.init)
            $0.losses.register("A", TinyLoss.init)
        }
        let own = try #require(throws: RegistryError.self) { try Registry([twice]) }
        #expect(
            own.description == "loss 'A' is registered by both Twice and Twice: rename one of them")
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
