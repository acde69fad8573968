import DenseKitConfiguration
import Testing

enum Norm: String, Codable, CaseIterable { case layer, batch = "BN", group }

enum Schedule: Codable, Equatable {
    case poly(power: Double, minimum: Double)
    case step(milestones: [Int])
}

struct Window: YAMLConfiguration, Equatable {
    var size = 3
    var overlap: Double? = 0.5
    var name: String?
}

struct Crop: YAMLConfiguration, Equatable {
    var width = 512
    var limit: Int? = 5
}

/// One of everything that settings are made of.
struct Settings: YAMLConfiguration, Equatable {
    var numClasses = 150
    var lr = 1e-4
    var useCLIP = false
    var name = "run"
    var norm = Norm.layer
    var byte: UInt8 = 1
    var ratio: Float = 0.5
    var extra: Window?
    var window = Window(size: 7)
    var crop = Crop(limit: nil)
    var windows: [Window] = []
    var means = [1.0, 2.0]
    var weights: [String: Double] = ["aB": 1]
    var labels: [Int: Int] = [:]
    var norms: [Norm] = []
    var maybe: [Int?] = []
    var schedule = Schedule.poly(power: 0.9, minimum: 0)
    var optionalNorm: Norm?

    init() {}
}

struct Named: YAMLConfiguration, Equatable {
    var windows = ["a": Window(size: 9)]
}

/// As deep as a file may be.
struct Tree: YAMLConfiguration, Equatable {
    var child: [Tree] = []
}

/// No defaults: every key has to be there.
struct Required: Decodable, Equatable {
    var channels: Int
    var window: Window
}

struct Empty: YAMLConfiguration, Equatable {}

struct Outer: YAMLConfiguration, Equatable {
    var empty = Empty()
    var settings = Settings()
}

/// Reads a pair from a list by hand.
struct Pair: Decodable, Equatable {
    var first: Int
    var second: Int

    init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        first = try list.decode(Int.self)
        second = try list.decode(Int.self)
        if first > second { throw Disorder() }
    }

    struct Disorder: Error, CustomStringConvertible {
        let description = "the first must not exceed\nthe second"
    }
}

/// A word or a mapping.
struct Either: Decodable, Equatable {
    var name: String

    private enum CodingKeys: CodingKey { case name }

    init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            self.name = name
        } else {
            name = try decoder.container(keyedBy: CodingKeys.self).decode(
                String.self, forKey: .name)
        }
    }
}

/// From tree to Swift values.
@Suite struct DecodingTests {
    private func settings(_ yaml: String, _ change: (inout Settings) -> Void) throws {
        var expected = Settings()
        change(&expected)
        #expect(try Settings.decode(yaml: yaml) == expected, "\(yaml)")
    }

    @Test func valuesOfEveryKind() throws {
        try settings("{}") { _ in }
        try settings("num_classes: 19") { $0.numClasses = 19 }
        try settings("num_classes: 0x1F") { $0.numClasses = 31 }
        try settings("num_classes: 0o17") { $0.numClasses = 15 }
        try settings("num_classes: -3") { $0.numClasses = -3 }
        try settings("num_classes: +3") { $0.numClasses = 3 }
        try settings("lr: 3") { $0.lr = 3 }
        try settings("lr: 6e-5") { $0.lr = 6e-5 }
        try settings("lr: .5") { $0.lr = 0.5 }
        try settings("lr: 1.") { $0.lr = 1 }
        try settings("use_clip: true") { $0.useCLIP = true }
        try settings("byte: 255") { $0.byte = 255 }
        try settings("ratio: 0.25") { $0.ratio = 0.25 }
        try settings("norm: BN") { $0.norm = .batch }
        try settings("optional_norm: group") { $0.optionalNorm = .group }
        try settings("norms: [BN, layer]") { $0.norms = [.batch, .layer] }
        try settings("maybe: [1, null, 3]") { $0.maybe = [1, nil, 3] }
        try settings("means: []") { $0.means = [] }
    }

    @Test(arguments: [
        "on", "yes", "010", "12:30", "1e-4", "true", "1_000", "'null'", "2024-01-01", "0x1F",
        "~user",
    ])
    func stringsTakeAnyWord(word: String) throws {
        try settings("name: \(word)") { $0.name = word == "'null'" ? "null" : word }
    }

    @Test func defaultsReachEveryLevel() throws {
        try settings("window: {overlap: null}") { $0.window = Window(size: 7, overlap: nil) }
        try settings("window: {name: x}") { $0.window = Window(size: 7, overlap: 0.5, name: "x") }
        try settings("extra: {name: x}") { $0.extra = Window(size: 3, overlap: 0.5, name: "x") }
        try settings("extra: {}") { $0.extra = Window() }
        try settings("extra: null") { $0.extra = nil }
        try settings("crop: {width: 1}") { $0.crop = Crop(width: 1, limit: nil) }  // not Crop()'s 5
        try settings("windows: [{size: 1}, {}, {overlap: null}]") {
            $0.windows = [Window(size: 1), Window(), Window(overlap: nil)]
        }
        #expect(try Outer.decode(yaml: "settings: {lr: 2}").settings.lr == 2)
        #expect(try Outer.decode(yaml: "empty: {}") == Outer())
    }

    @Test func dictionariesAreDataAndReplaceTheirDefault() throws {
        try settings("weights: {layerNorm: 2, 'x y': 3}") {
            $0.weights = ["layerNorm": 2, "x y": 3]
        }
        try settings("labels: {151: 255, 0: 1}") { $0.labels = [151: 255, 0: 1] }
        #expect(try Named.decode(yaml: "{}").windows == ["a": Window(size: 9)])
        #expect(
            try Named.decode(yaml: "windows: {a: {name: x}}").windows == [
                "a": Window(size: 3, name: "x")
            ])
    }

    @Test func casesWithValues() throws {
        try settings("schedule: {poly: {power: 0.5}}") {
            $0.schedule = .poly(power: 0.5, minimum: 0)
        }
        try settings("schedule: {step: {milestones: [1, 2]}}") {
            $0.schedule = .step(milestones: [1, 2])
        }
    }

    @Test func asDeepAsFilesGo() throws {
        let depth = 31  // a mapping and a list each, the innermost mapping without a list
        let yaml =
            String(repeating: "{child: [", count: depth) + "{}"
            + String(repeating: "]}", count: depth)
        var tree = try parse(yaml).decode(Tree.self)
        for _ in 0..<depth { tree = try #require(tree.child.first) }
        #expect(tree == Tree())
    }

    @Test func typesWithoutDefaults() throws {
        #expect(
            try parse("channels: 3").decode(Required.self)
                == Required(channels: 3, window: Window()))
        #expect(try parse("[1, 2]").decode([Int].self) == [1, 2])
        #expect(try parse("[1, 2]").decode(Pair.self).second == 2)
        #expect(try parse("[a, {name: b}]").decode([Either].self).map(\.name) == ["a", "b"])
        #expect(try parse("a: {b: [1]}").decode(YAMLNode.self) == parse("a: {b: [1]}"))
        #expect(try parse("~").decode(Int?.self) == nil)
    }

    static let keys =
        "num_classes, lr, use_clip, name, norm, byte, ratio, extra, window, crop, windows, means, weights, labels, norms, maybe, "
        + "schedule, optional_norm"

    @Test(arguments: [
        (
            "unknown near", "lr: 1\nnum_clases: 3",
            "2:1: unknown key 'num_clases'; did you mean 'num_classes'? (keys: \(keys))"
        ),
        ("unknown far", "colour: red", "1:1: unknown key 'colour'; its keys are \(keys)"),
        (
            "no blank", "window: {size:3}",
            "1:10: unknown key 'size:3' in window; write a space after the colon: {size: 3}"
        ),
        (
            "camel case", "numClasses: 3",
            "1:1: unknown key 'numClasses'; did you mean 'num_classes'? (keys: \(keys))"
        ),
        (
            "unknown nested", "window:\n  sizes: 3",
            "2:3: unknown key 'sizes' in window; did you mean 'size'? (keys: size, overlap, name)"
        ),
        (
            "unknown in list", "windows: [{}, {sise: 3}]",
            "1:16: unknown key 'sise' in windows.1; did you mean 'size'? (keys: size, overlap, name)"
        ),
        (
            "unknown in case", "schedule: {poly: {powr: 1}}",
            "1:19: unknown key 'powr' in schedule.poly; did you mean 'power'? (keys: power, minimum)"
        ),
        (
            "integer: string", "window: {size: many}",
            "1:16: window.size: expected an integer, found the string 'many'"
        ),
        (
            "integer: fraction", "num_classes: 1.5",
            "1:14: num_classes: expected an integer, found the number 1.5"
        ),
        (
            "integer: quoted", "num_classes: '3'",
            "1:14: num_classes: expected an integer, found the string '3'; remove the quotes"
        ),
        (
            "integer: leading zero", "num_classes: 010",
            "1:14: num_classes: expected an integer, found the string '010'; remove the leading zeros"
        ),
        (
            "integer: underscore", "num_classes: 1_000",
            "1:14: num_classes: expected an integer, found the string '1_000'; write 1000"
        ),
        (
            "integer: exponent", "num_classes: 8e4",
            "1:14: num_classes: expected an integer, found the number 8e4; write 80000"
        ),
        (
            "integer: point", "num_classes: 3.0",
            "1:14: num_classes: expected an integer, found the number 3.0; write 3"
        ),
        (
            "integer: time", "num_classes: 12:30",
            "1:14: num_classes: expected an integer, found the string '12:30'"
        ),
        (
            "integer: truth", "num_classes: true",
            "1:14: num_classes: expected an integer, found true"
        ),
        ("integer: null", "num_classes:", "1:13: num_classes: expected an integer, found null"),
        (
            "integer: list", "num_classes: [1]",
            "1:14: num_classes: expected an integer, found a list"
        ),
        (
            "integer: range", "num_classes: 9223372036854775808",
            "1:14: num_classes: expected an integer from -9223372036854775808 to 9223372036854775807, found the number 9223372036854775808"
        ),
        (
            "byte: range", "byte: 300",
            "1:7: byte: expected an integer from 0 to 255, found the number 300"
        ),
        (
            "byte: negative", "byte: -1",
            "1:7: byte: expected an integer from 0 to 255, found the number -1"
        ),
        ("number: word", "lr: on", "1:5: lr: expected a number, found the string 'on'"),
        (
            "number: quoted", "lr: '1e-4'",
            "1:5: lr: expected a number, found the string '1e-4'; remove the quotes"
        ),
        (
            "number: infinite", "lr: -.inf",
            "1:5: lr: expected a finite number, found the number -.inf"
        ),
        ("number: none", "lr: .NaN", "1:5: lr: expected a finite number, found the number .NaN"),
        (
            "float: infinite", "ratio: .Inf",
            "1:8: ratio: expected a finite number, found the number .Inf"
        ),
        ("number: comma", "lr: 0,5", "1:5: lr: expected a number, found the string '0,5'"),
        (
            "number: too large", "lr: 1e999",
            "1:5: lr: expected a number up to 1.7976931348623157e+308, found the number 1e999"
        ),
        (
            "float: too large", "ratio: 1e39",
            "1:8: ratio: expected a number up to 3.4028235e+38, found the number 1e39"
        ),
        (
            "truth: on", "use_clip: on",
            "1:11: use_clip: expected true or false, found the string 'on'; write true"
        ),
        (
            "truth: 0", "use_clip: 0",
            "1:11: use_clip: expected true or false, found the number 0; write false"
        ),
        ("string: list", "name: [a]", "1:7: name: expected a string, found a list"),
        (
            "string: null", "name: ~",
            "1:7: name: expected a string, found null; write '' for the empty string, 'null' for the word"
        ),
        ("list: scalar", "means: 1", "1:8: means: expected a list, found the number 1"),
        ("list element", "means: [1, x]", "1:12: means.1: expected a number, found the string 'x'"),
        ("mapping: scalar", "window: 3", "1:9: window: expected a mapping, found the number 3"),
        (
            "mapping: null", "window:",
            "1:8: window: expected a mapping, found null; write {} for the defaults"
        ),
        ("choice", "norm: GN", "1:7: norm: 'GN' is none of layer, BN, group"),
        (
            "choice near", "norm: groop",
            "1:7: norm: 'groop' is none of layer, BN, group; did you mean 'group'?"
        ),
        ("choice: list", "norm: [BN]", "1:7: norm: expected one of layer, BN, group, found a list"),
        (
            "choice: optional", "optional_norm: x",
            "1:16: optional_norm: 'x' is none of layer, BN, group"
        ),
        (
            "dictionary value", "weights: {a: b}",
            "1:14: weights.a: expected a number, found the string 'b'"
        ),
        (
            "dictionary key", "labels: {a: 1}",
            "1:10: labels: expected an integer before the colon, found 'a'"
        ),
        (
            "dictionary without a blank", "labels: {1:a}",
            "1:10: labels: expected an integer before the colon, found '1:a'; write a space after the colon: {1: a}"
        ),
    ])
    func messages(id: String, yaml: String, expected: String) {
        #expect(
            message("\(id)") { _ = try parse(yaml).decode(Settings.self) } == "a.yaml:\(expected)")
    }

    @Test func messagesOfOtherTypes() {
        func check<T: Decodable>(_ type: T.Type, _ yaml: String, _ expected: String) {
            #expect(message("\(yaml)") { _ = try parse(yaml).decode(type) } == "a.yaml:\(expected)")
        }
        check(Required.self, "window: {}", "1:1: the key 'channels' is missing")
        check(
            Required.self, "chanels: 3",
            "1:1: the key 'channels' is missing; is 'chanels' meant to be it?")
        check([String: Required].self, "a: {}", "1:4: a: the key 'channels' is missing")
        check(Empty.self, "a: 1", "1:1: unknown key 'a'; it has no settings")
        check(Outer.self, "empty: {a: 1}", "1:9: unknown key 'a' in empty; it has no settings")
        check(Outer.self, "empty: 3", "1:8: empty: expected a mapping, found the number 3")
        check(Pair.self, "[1]", "1:1: expected more than 1 elements")
        check(Pair.self, "[1, 2, 3]", "1:1: expected 2 elements, found 3")
        check([Pair].self, "[[2, 1]]", "1:2: 0: the first must not exceed the second")
        check(Either.self, "nam: x", "1:1: the key 'name' is missing; is 'nam' meant to be it?")
        check(Either.self, "{name: x, age: 3}", "1:11: unknown key 'age'; its keys are name")
        check(Settings.self, "[]", "1:1: expected a mapping, found a list")
    }

    @Test func overridesAreNamedInMessages() throws {
        let folder = try Folder(["a.yaml": "window: {size: 3}"])
        let text = message("override") {
            _ = try folder.load(overrides: ["window.size=many"]).decode(Settings.self)
        }
        #expect(
            text
                == "override window.size=many: window.size: expected an integer, found the string 'many'"
        )
        let unknown = message("override") {
            _ = try folder.load(overrides: ["window.sise=3"]).decode(Settings.self)
        }
        #expect(
            unknown
                == "override window.sise=3: unknown key 'sise' in window; did you mean 'size'? (keys: size, overlap, name)"
        )
    }
}
