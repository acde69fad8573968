import Testing

@testable import DenseKitCheckpoints

@Suite struct KeyTests {
    @Test(
        "A pattern is the tensor or what lies below; * is one name between dots",
        arguments: [
            ("conv1", "conv1.weight", true), ("conv1", "conv1", true),
            ("conv1", "conv10.weight", false),
            ("conv1", "layer1.0.conv1.weight", false),
            ("blocks.*.gamma_1", "blocks.11.gamma_1", true),
            ("blocks.*.gamma_1", "blocks.gamma_1", false), ("*", "anything.at.all", true),
            ("blocks.*.attn", "blocks.0.attn.q_bias", true),
            ("a.b.c", "a.b", false), ("", "a", false),
        ])
    func patterns(pattern: String, key: String, matches: Bool) {
        #expect(KeyPattern(pattern).matches(key) == matches)
    }

    @Test(
        "Names that differ only in their numbers are one group, in the order of the first of each")
    func groups() {
        let groups = KeyPattern.grouped(["a.0.w", "b.1.w", "a.1.w", "c", "a.2.0.w"])
        #expect(
            groups.map(\.pattern) == ["a.*.w", "b.1.w", "c", "a.2.0.w"]
                && groups.map(\.count) == [2, 1, 1, 1])
    }

    @Test("The shortest beginnings that cover some names and none of others")
    func covering() {
        let names = [
            "stem.0.weight", "stem.1.bias", "layer1.0.se.fc.weight", "layer1.1.se.fc.weight",
            "bn1.weight",
        ]
        #expect(
            KeyPattern.covering(names, but: ["layer1.0.conv.weight", "layer1.1.conv.weight"]) == [
                "stem", "layer1.*.se", "bn1",
            ])
        #expect(KeyPattern.covering(["a.b"], but: ["a.b.c", "a.d"]) == ["a.b"])
    }

    @Test(
        "Names of wrappers go wherever they stand, in any number; those of a model stay",
        arguments: [
            ("module.conv1.weight", "conv1.weight"), ("module.module.a.b", "a.b"),
            ("_orig_mod.module.a.b", "a.b"),
            (
                "backbone._fsdp_wrapped_module.layer1.0._checkpoint_wrapped_module.conv1.weight",
                "backbone.layer1.0.conv1.weight"
            ),
            ("_forward_module.model.a", "model.a"), ("modules.a", "modules.a"),
            ("a.module", "a.module"), ("module", "module"),
        ])
    func wrappers(key: String, bare: String) {
        #expect(WrapperNames([key]).keys == [key: bare])
    }

    @Test("Keys that would become one stay, and so does what the model itself calls by such a name")
    func keptWrappers() {
        let both = WrapperNames(["module.a", "a"])
        #expect(both.keys == ["module.a": "module.a", "a": "a"] && both.removed.isEmpty)
        let own = WrapperNames(["_orig_mod.module.a"], keeping: ["module.a"])
        #expect(own.keys == ["_orig_mod.module.a": "module.a"] && own.removed == ["_orig_mod"])
        #expect(own.bare("_orig_mod.module") == "module")
    }
}
