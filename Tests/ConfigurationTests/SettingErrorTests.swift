import Testing

@testable import DenseKitConfiguration

/// From a setting that a component does not take to its place.
@Suite struct SettingErrorTests {
    private let yaml = """
        model:
          head: { type: Head, parts: [{ width: 3 }, { width: -1 }], loss: { weight: 2 } }
        train: { batch: 0 }
        """

    private func node() throws -> YAMLNode {
        try YAMLNode.parse(yaml, file: "a.yaml", environment: [:])
    }

    @Test(
        "A way of keys ends at the innermost value on it that is written",
        arguments: [
            ("train.batch", "a.yaml:3:17"), ("train.seed", "a.yaml:3:8"),
            ("model.head.parts.1.width", "a.yaml:2:54"),
            ("model.head.parts.2", "a.yaml:2:30"), ("model.head.loss.weight", "a.yaml:2:77"),
            ("model.head.loss.gamma", "a.yaml:2:67"),
        ])
    func places(_ keys: String, _ place: String) throws {
        #expect(
            try node().location(of: keys.split(separator: ".").map(String.init))?.description
                == place)
    }

    @Test func nowhere() throws {
        #expect(try node().location(of: ["test", "ratios"]) == nil)
        #expect(try node().location(of: []) == nil)
        let error = ConfigurationError(
            SettingError("test", "ratios", "none"), in: "test", of: try node(), file: "a.yaml")
        #expect(error.description == "a.yaml: test.ratios: none")
    }

    @Test func anErrorOfAPartOfAConfiguration() throws {
        let error = ConfigurationError(
            SettingError("train", "batch", "expected 1…4, found 0"), in: "train", of: try node(),
            file: "")
        #expect(error.description == "a.yaml:3:17: train.batch: expected 1…4, found 0")
        let whole = ConfigurationError(
            SettingError("nothing fits"), in: "train", of: try node(), file: "")
        #expect(whole.description == "a.yaml:3:8: train: nothing fits")
    }

    @Test func descriptions() throws {
        #expect(
            SettingError("FPN", "channels", "expected 1").description == "FPN: channels: expected 1"
        )
        #expect(SettingError(key: "gamma", "gamma must be 1").description == "gamma must be 1")
        let inner = try #require(throws: SettingError.self) {
            try SettingError.within("rpn") {
                try SettingError.within("sampler") { try SettingError.check("count", 0, in: 1...4) }
            }
        }
        #expect(inner.keys == ["rpn", "sampler", "count"])
        #expect(inner.description == "rpn: sampler: count must be 1…4, found 0")
        let unsaid = try #require(throws: SettingError.self) {
            try SettingError.within("text_encoder", namesKey: false) {
                try SettingError.check("the width", 0, in: 1...4, key: "width")
            }
        }
        #expect(
            unsaid.keys == ["text_encoder", "width"]
                && unsaid.description == "the width must be 1…4, found 0")
    }

    @Test(
        "Bounds are closed, or open below",
        arguments: [Double.nan, -.infinity, .infinity, -0.1, 1.1])
    func bounds(_ value: Double) {
        #expect(throws: SettingError.self) { try SettingError.check("x", value, in: 0...1) }
        #expect(throws: SettingError.self) { try SettingError.check("x", value, above: 0, upTo: 1) }
        #expect(throws: SettingError.self) { try SettingError.check(weight: value * 1e7) }
    }

    @Test func whatIsWithinBounds() throws {
        for value in [0, 0.5, 1] { try SettingError.check("x", value, in: 0...1) }
        try SettingError.check("x", 1, above: 0, upTo: 1)
        let zero = #expect(throws: SettingError.self) {
            try SettingError.check("x", 0, above: 0, upTo: 1)
        }
        #expect(zero?.description == "x must be above 0.0 and at most 1.0, found 0.0")
        try SettingError.check(weight: 0)
    }
}

/// What is other between two configurations.
@Suite struct DifferenceTests {
    private func differences(_ old: String, _ new: String) throws -> [String] {
        try YAMLNode.parse(new).differences(from: YAMLNode.parse(old)).map(\.description)
    }

    @Test(
        arguments: [
            ("a: 1", "a: 1", []), ("a: 1e-4", "a: 0.0001", []), ("a: [1, 2]", "a: [1.0, 2]", []),
            ("a: null", "{}", []),
            ("a: 1", "a: 2", ["a: 1 → 2"]), ("a: 1", "a: '1'", ["a: 1 → 1"]),
            ("{}", "a: 1", ["a: not set → 1"]),
            ("a: 1", "{}", ["a: 1 → not set"]),
            ("a: { b: { c: x, d: 1 } }", "a: { b: { c: y, d: 1 } }", ["a.b.c: x → y"]),
            ("a: [1, 2]", "a: [1, 2, 3]", ["a: [1, 2] → [1, 2, 3]"]),
            ("a: [1, 2]", "a: [1, 3]", ["a: [1, 2] → [1, 3]"]),
            ("a: { type: A, x: 1 }", "a: { type: B, x: 2 }", ["a.type: A → B", "a.x: 1 → 2"]),
            ("a: [{ type: A, x: 1 }]", "a: [{ type: A, x: 2 }]", ["a.0.x: 1 → 2"]),
            (
                "a: [{ type: A, x: 1 }]", "a: [{ type: A, x: 1 }, { type: B }]",
                ["a: [{type: A, x: 1}] → [{type: A, x: 1}, {type: B}]"]
            ),
            ("a: { type: A }", "a: null", ["a: A → null"]),
            ("a: { x: 1, y: [z] }", "a: 3", ["a: {x: 1, y: [z]} → 3"]),
            ("{a: 1, b: 2}", "{b: 3, c: 4}", ["a: 1 → not set", "b: 2 → 3", "c: not set → 4"]),
        ] as [(String, String, [String])])
    func found(_ old: String, _ new: String, _ expected: [String]) throws {
        #expect(try differences(old, new) == expected)
    }
}
