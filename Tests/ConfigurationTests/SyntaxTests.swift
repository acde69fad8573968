import DenseKitConfiguration
import Testing

/// From text to tree: what is YAML, where it stands, and what is refused.
@Suite struct SyntaxTests {
    @Test func everyKeyAndValueKnowsItsPlace() throws {
        let node = try parse("a: 1\nb:\n  - x\n  - {c: 'é', d: 2}\n")
        #expect(node["a"]?.location == .position(file: "a.yaml", line: 1, column: 4))
        #expect(
            node.mapping?.entry("b")?.keyLocation == .position(file: "a.yaml", line: 2, column: 1))
        #expect(node["b"]?[0]?.location.description == "a.yaml:3:5")
        #expect(node["b"]?[1]?["d"]?.location.description == "a.yaml:4:17")  // é is one column
        #expect(node["b"]?[1]?.mapping?.entry("d")?.keyLocation.description == "a.yaml:4:14")
    }

    @Test func equality() throws {
        #expect(try parse("{a: 1, b: x}") == parse("b: 'x'\na: 1"))
        for other in [
            "{a: 1}", "{a: 1, b: x, c: 2}", "{a: '1', b: x}", "{a: 1, b: [x]}", "{a: 1, c: x}",
        ] {
            #expect(try parse("{a: 1, b: x}") != parse(other), "\(other)")
            #expect(try parse(other) != parse("{a: 1, b: x}"), "\(other)")
        }
    }

    @Test func byteOrderMarkIsSkipped() throws {
        #expect(try parse("\u{FEFF}a: 1")["a"]?.location.description == "a.yaml:1:4")
    }

    @Test(arguments: ["", "# only a comment\n", "---\n...\n"])
    func nothingIsAnEmptyMapping(yaml: String) throws {
        #expect(
            try parse(yaml).value == (yaml.hasPrefix("---") ? .null : .mapping(YAMLNode.Mapping())))
    }

    @Test func anchorsAndMergeKeys() throws {
        let node = try parse(
            """
            small: &small {size: 1, colour: red}
            wide: &wide {width: 9, size: 7}
            one: {<<: *small, size: 2}
            two:
              <<: [*small, *wide]
              name: two
            list: [*small, *small]
            quoted: {"<<": 1}
            """)
        #expect(try node["one"] == parse("{size: 2, colour: red}"))
        #expect(try node["two"] == parse("{name: two, size: 1, colour: red, width: 9}"))
        #expect(node["two"]?["width"]?.location.description == "a.yaml:2:21")
        #expect(try node["list"] == parse("[{size: 1, colour: red}, {size: 1, colour: red}]"))
        #expect(node["quoted"]?["<<"] != nil)
    }

    @Test func coreTags() throws {
        #expect(try parse("!!str 12") == parse("'12'"))
        #expect(try parse("! 12") == parse("'12'"))
        #expect(try parse("!!int '12'") == parse("12"))
        #expect(try parse("!!map {a: !!seq [1]}") == parse("{a: [1]}"))
    }

    @Test(arguments: [
        (
            "duplicate", "a: 1\nb: 2\na: 3",
            "a.yaml:3:1: the key 'a' is written twice, first on line 1; keep one"
        ),
        (
            "duplicate quoted", "{a: 1, \"a\": 2}",
            "a.yaml:1:8: the key 'a' is written twice, first on line 1; keep one"
        ),
        (
            "duplicate nested", "m:\n  t: 1\n  u: 2\n  t: 1\n",
            "a.yaml:4:3: the key 't' is written twice, first on line 2; keep one"
        ),
        (
            "duplicate merge", "a: &a {x: 1}\nb:\n  <<: *a\n  <<: *a",
            "a.yaml:4:3: the key '<<' is written twice, first on line 3; keep one"
        ),
        (
            "merge of a scalar", "a: {<<: 3}",
            "a.yaml:1:9: << takes a mapping or a list of mappings, found the number 3"
        ),
        (
            "documents", "a: 1\n---\nb: 2\n",
            "a.yaml:2:1: a second document begins here; a configuration is one document"
        ),
        (
            "tag", "a: !!python/object x",
            "a.yaml:1:4: the tag !!python/object is not supported here; quote a text that begins with '!'"
        ),
        (
            "own tag", "a: !point {x: 1}",
            "a.yaml:1:4: the tag !point is not supported here; quote a text that begins with '!'"
        ),
        (
            "tag declaration", "# c\n%TAG !a! tag:b,2000:\n---\na: 1",
            "a.yaml:2:1: %TAG declarations are not supported"
        ),
        (
            "undefined alias", "a: *b",
            "a.yaml:1:4: there is no &b above this *b; quote a text that begins with '*'"
        ),
        (
            "misspelt alias", "a: &wide 1\nb: *wyde",
            "a.yaml:2:4: there is no &wyde above this *wyde; did you mean 'wide'?"
        ),
        (
            "alias in itself", "a: &a [1, *a]",
            "a.yaml:1:11: *a is inside the value that it names"
        ),
        (
            "list as key", "[1, 2]: 3",
            "a.yaml:1:1: a key must be a name, found a list or a mapping; quote a text that begins with '[' or '{'"
        ),
        ("alias as key", "a: &a x\n*a : 3", "a.yaml:2:1: a key must be a name, found an alias"),
        ("no key", "?\n: 3", "a.yaml:1:2: a key is missing before ':'"),
        (
            "tab", "a:\n\tb: 1",
            "a.yaml:2:1: not YAML: found character that cannot start any token; indent with spaces, not with tabs"
        ),
        (
            "at sign", "a: @b",
            "a.yaml:1:4: not YAML: found character that cannot start any token; quote a text that begins with this character"
        ),
        (
            "two colons", "a: b: c",
            "a.yaml:1:5: not YAML: mapping values are not allowed in this context; quote a text that holds ': ', and indent keys of one mapping alike"
        ),
        ("open list", "a: [1, 2", "a.yaml:2:1: not YAML: did not find expected ',' or ']'"),
        (
            "variable in braces", "a: {b: ${C}}",
            "a.yaml:1:9: not YAML: did not find expected ',' or '}'; quote ${…} inside [ ] and { }"
        ),
        (
            "control character", "a: 1\nb: \u{1}",
            "a.yaml:2:4: not YAML: control characters are not allowed"
        ),
        ("NUL byte", "a: 1\nbc\0: 1", "a.yaml:2:3: a NUL byte; a configuration is UTF-8 text"),
        ("NUL escape", "a: \"x\\0\"", "a.yaml:1:4: a text holds the character NUL"),
    ])
    func refuses(id: String, yaml: String, expected: String) {
        #expect(message("\(id)") { _ = try parse(yaml) } == expected)
    }

    @Test func refusesBytesThatAreNotUTF8() throws {
        let folder = try Folder([:])
        try write([0x61, 0x3A, 0x20, 0xC3, 0xA9, 0x0A, 0x62, 0x3A, 0x20, 0xE9, 0x0A], folder.path)
        #expect(folder.message() == "a.yaml:2:4: not UTF-8; save the file as UTF-8")
        try write([0xFF, 0xFE, 0x61, 0x00], folder.path)  // UTF-16
        #expect(folder.message() == "a.yaml:1:1: UTF-16, not UTF-8; save the file as UTF-8")
    }
}
