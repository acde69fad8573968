import DenseKitConfiguration
import Foundation
import Testing

/// Texts made to exhaust a reader: each ends in an error, and soon.
@Suite struct LimitTests {
    /// Nine levels of nine aliases: 387 million values in 300 bytes.
    static let aliasBomb =
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + zip("bcdefghi", "abcdefgh").map {
            "\($0): &\($0) [\(Array(repeating: "*\($1)", count: 9).joined(separator: ", "))]\n"
        }
        .joined()

    /// Prints its name alone: the texts are long.
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let yaml: String
        let message: String

        init(_ id: String, _ yaml: String, _ message: String) {
            testDescription = id
            self.yaml = yaml
            self.message = message
        }
    }

    @Test(arguments: [
        Case("alias bomb", aliasBomb, "a.yaml:6:8: more than 100,000 values after aliases"),
        Case("lists", repeated("[", 100_000), "a.yaml:1:65: nested more than 64 levels deep"),
        Case(
            "mappings", repeated("{a: ", 100_000), "a.yaml:1:257: nested more than 64 levels deep"),
        Case("dashes", repeated("- ", 100_000), "a.yaml:1:129: nested more than 64 levels deep"),
        Case(
            "depth by aliases",
            "a: &a \(nested(40))\nb: \(repeated("[", 24))*a\(repeated("]", 24))",
            "a.yaml:2:28: nested more than 64 levels deep"),
        Case(
            "values", "[\(repeated("x,", 100_000))]",
            "a.yaml:1:200000: more than 100,000 values after aliases"),
        Case(
            "text by aliases", "a: &a \(repeated("x", 500_000))\nb: [\(repeated("*a,", 100))]",
            "a.yaml:2:101: more than 16 MiB of text after aliases and environment variables"),
        Case(
            "an alias of half a file",
            "- &\(repeated("a", 500_000)) x\n- *\(repeated("b", 500_000))",
            "a.yaml:2:3: there is no &\(repeated("b", 60))… above this *\(repeated("b", 60))…; quote a text that begins with '*'"
        ),
        Case(
            "many anchors of many letters",
            (1000..<9000).map { "- &\($0)\(repeated("a", 120)) x\n" }.joined()
                + "- *\(repeated("b", 124))",
            "a.yaml:8001:3: there is no &\(repeated("b", 60))… above this *\(repeated("b", 60))…; quote a text that begins with '*'"
        ),
        Case("size", repeated("#", (1 << 20) + 1), "a.yaml: is larger than 1 MiB"),
        Case(
            "key", repeated("k", 129) + ": 1",
            "a.yaml:1:1: a key of more than 128 letters: '\(repeated("k", 60))…'"),
        Case(
            "tags", repeated("%TAG !a! b\n", 90_000),
            "a.yaml:1:1: %TAG declarations are not supported"),
    ])
    func refuses(_ hostile: Case) {
        let start = ContinuousClock.now
        let text = message("\(hostile.testDescription)") { _ = try parse(hostile.yaml) }
        #expect(text == hostile.message)
        // Generous, because of slow machines: unbounded work would take minutes.
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test func theLimitsThemselvesAreAllowed() throws {
        #expect(try parse(Self.nested(64))[0] != nil)
        #expect(
            try parse(
                "a: &a \(Self.nested(40))\nb: \(Self.repeated("[", 23))*a\(Self.repeated("]", 23))")[
                    "b"] != nil)
        #expect(try parse("[\(String(repeating: "x,", count: 99_999))]").sequence?.count == 99_999)
        #expect(try parse(String(repeating: "k", count: 128) + ": 1").mapping?.count == 1)
        #expect(try parse(String(repeating: "#", count: 1 << 20)).mapping?.count == 0)
    }

    @Test func textsAndNumbersOfAMegabyte() throws {
        for (digit, shown) in [("9", "999"), ("0x", "0xf"), ("1e", "1e1")] {
            let text = digit + Self.repeated(String(shown.last ?? "0"), 1_000_000)
            let start = ContinuousClock.now
            let node = try parse("a: \(text)")
            #expect(node["a"]?.scalar?.text == text)
            #expect(try parse(node.yaml()) == node)
            #expect(message("\(shown)") { _ = try node.decode([String: Int].self) }.count < 300)
            #expect(message("\(shown)") { _ = try node.decode([String: Double].self) }.count < 300)
            #expect(ContinuousClock.now - start < .seconds(10))
        }
    }

    @Test func manyKeysAreReadInLinearTime() throws {
        let start = ContinuousClock.now
        let counts = try parse(LimitTests.wide(90_000)).decode([String: Int].self)
        #expect(counts.count == 90_000)
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test func filesThatNameEachOtherManyTimes() throws {
        var files = ["f0.yaml": LimitTests.wide(1_000), "a.yaml": "_base_: f30.yaml"]
        for i in 1...30 { files["f\(i).yaml"] = "_base_: [f\(i - 1).yaml, f\(i - 1).yaml]\nk: 1" }
        // 2³⁰ merges if files were not kept
        #expect(try Folder(files).load().mapping?.count == 1_001)

        let often = Array(repeating: "f0.yaml", count: 101).joined(separator: ", ")
        let folder = try Folder(["f0.yaml": LimitTests.wide(1_000), "a.yaml": "_base_: [\(often)]"])
        #expect(
            folder.message()
                == "a.yaml:1:901: the files have more than 100,000 values after aliases")

        var chain = ["a.yaml": "_base_: f0.yaml"]
        for i in 0..<100 { chain["f\(i).yaml"] = "_base_: f\(i + 1).yaml" }
        #expect(try Folder(chain).message() == "f62.yaml:1:9: more than 64 files deep")
    }

    @Test func variablesThatExpandToTooMuch() throws {
        let yaml = "[\(String(repeating: "'${BIG}',", count: 200))]"
        let text = message("big") {
            _ = try parse(yaml, environment: ["BIG": String(repeating: "x", count: 100_000)])
        }
        #expect(
            text
                == "a.yaml:1:1505: more than 16 MiB of text after aliases and environment variables"
        )
        let deep = String(repeating: "${A:-", count: 10_000) + String(repeating: "}", count: 10_000)
        #expect(
            message("deep") { _ = try parse(deep) }
                == "a.yaml:1:1: defaults nested too deep in ${…}")
    }

    private static func repeated(_ text: String, _ count: Int) -> String {
        String(repeating: text, count: count)
    }

    private static func nested(_ depth: Int) -> String {
        repeated("[", depth) + repeated("]", depth)
    }

    private static func wide(_ count: Int) -> String { (0..<count).map { "k\($0): 1\n" }.joined() }
}

/// Writes `a.yaml` byte by byte.
func write(_ bytes: [UInt8], _ folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(filePath: folder).appending(path: "a.yaml"))
}
