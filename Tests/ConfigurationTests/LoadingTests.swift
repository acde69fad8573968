import DenseKitConfiguration
import Foundation
import Testing

/// Files, their bases, the command line and the environment.
@Suite struct LoadingTests {
    @Test func basesMergeInOrder() throws {
        let folder = try Folder([
            "_base_/data.yaml": "data: {root: x, classes: [a, b], batch: 1}",
            "_base_/schedule.yaml": "train: {lr: 0.1, steps: 10}\ndata: {batch: 2}",
            "seg/a.yaml":
                "_base_: [../_base_/data.yaml, ../_base_/schedule.yaml]\ntrain: {steps: 20}\ndata: {classes: [c]}",
        ])
        let node = try folder.load("seg/a.yaml")
        #expect(
            try node
                == parse("data: {root: x, classes: [c], batch: 2}\ntrain: {lr: 0.1, steps: 20}"))
        #expect(
            node["data"]?["batch"]?.location.description
                == "\(folder.path)/_base_/schedule.yaml:2:15")
        #expect(node["train"]?["steps"]?.location.description == "\(folder.path)/seg/a.yaml:2:16")
        #expect(node.mapping?.keys == ["data", "train"])
    }

    @Test(arguments: [
        (
            "same type merges", "m: {type: A, x: 1}", "m: {type: A, y: 2}",
            "m: {type: A, x: 1, y: 2}"
        ),
        ("no type merges", "m: {type: A, x: 1}", "m: {y: 2}", "m: {type: A, x: 1, y: 2}"),
        (
            "new type drops", "m: {type: A, x: 1, n: {z: 1}}", "m: {type: B, y: 2}",
            "m: {type: B, y: 2}"
        ),
        ("new name drops", "m: {type: A, x: 1}", "m: B", "m: {type: B}"),
        ("same name keeps", "m: {type: A, x: 1}", "m: A", "m: {type: A, x: 1}"),
        ("null replaces", "m: {type: A, x: 1}", "m:", "m: null"),
        ("list replaces", "m: [1, 2]", "m: [3]", "m: [3]"),
        ("mapping over scalar", "m: 1", "m: {x: 1}", "m: {x: 1}"),
        ("scalar over mapping", "m: {x: 1}", "m: word", "m: word"),
    ])
    func merging(id: String, base: String, over: String, expected: String) throws {
        let folder = try Folder(["base.yaml": base, "a.yaml": "_base_: base.yaml\n\(over)"])
        #expect(try folder.load() == parse(expected), "\(id)")
    }

    @Test(arguments: ["", "# nothing\n", "---\n", "~"])
    func emptyFiles(text: String) throws {
        let folder = try Folder([
            "base.yaml": text, "a.yaml": "_base_: base.yaml\nx: 1", "b.yaml": text,
        ])
        #expect(try folder.load() == parse("x: 1"))
        #expect(try folder.load("b.yaml", overrides: ["x=1"]) == parse("x: 1"))
    }

    @Test func fileErrors() throws {
        let folder = try Folder([
            "good.yaml": "x: 1", "list.yaml": "[1]", "lost.yaml": "a: 1\n_base_: goood.yaml",
            "self.yaml": "_base_: ./self.yaml",
            "p.yaml": "_base_: d/q.yaml", "d/q.yaml": "_base_: [../good.yaml, ../r.yaml]",
            "r.yaml": "_base_: p.yaml",
            "kind.yaml": "_base_: {a: 1}", "empty.yaml": "_base_: [good.yaml, '']",
            "on_list.yaml": "_base_: list.yaml",
            "variable.yaml": "_base_: ${WHERE}/good.yaml", "pointless.yaml": "_base_: d",
        ])
        #expect(folder.message("godo.yaml") == "godo.yaml: no such file; did you mean good.yaml?")
        #expect(folder.message("d") == "d: is a directory, not a file")
        #expect(folder.message("good.yaml/x") == "good.yaml/x: no such file")
        #expect(
            folder.message("list.yaml")
                == "list.yaml:1:1: a configuration is a mapping of keys, found a list")
        #expect(
            folder.message("on_list.yaml")
                == "list.yaml:1:1: a configuration is a mapping of keys, found a list")
        #expect(
            folder.message("lost.yaml")
                == "lost.yaml:2:9: _base_ goood.yaml: no such file; did you mean good.yaml?")
        #expect(
            folder.message("pointless.yaml")
                == "pointless.yaml:1:9: _base_ d: is a directory, not a file")
        #expect(
            folder.message("self.yaml")
                == "self.yaml:1:9: a file is its own base: self.yaml → self.yaml; remove one of these lines"
        )
        #expect(
            folder.message("p.yaml")
                == "r.yaml:1:9: a file is its own base: p.yaml → d/q.yaml → r.yaml → p.yaml; remove one of these lines"
        )
        #expect(
            folder.message("kind.yaml")
                == "kind.yaml:1:9: _base_ takes a file or a list of files, found a mapping")
        #expect(
            folder.message("empty.yaml")
                == "empty.yaml:1:21: _base_ takes a file or a list of files, found the string ''")
        #expect(
            folder.message("variable.yaml")
                == "variable.yaml:1:9: the environment variable WHERE is not set; set it, or write ${WHERE:-default}"
        )
        #expect(try folder.load("variable.yaml", environment: ["WHERE": folder.path])["x"] != nil)
        #expect(
            message("device") { _ = try YAMLNode.load(path: "/dev/null") }
                == "/dev/null: is not a regular file")
    }

    /// The folder above a linked folder is not the one that the path seems to say.
    @Test func basesBehindASymbolicLink() throws {
        let folder = try Folder([
            "real/seg/a.yaml": "_base_: ../base.yaml", "real/base.yaml": "x: 1",
            "base.yaml": "x: 2",
        ])
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/link", withDestinationPath: "real/seg")
        let x = try folder.load("link/a.yaml")["x"]
        #expect(try x == parse("1"))
        #expect(x?.location.file == "\(folder.path)/link/../base.yaml")
    }

    @Test func unreadableFile() throws {
        let folder = try Folder(["a.yaml": "x: 1"])
        try FileManager.default.setAttributes(
            [.posixPermissions: 0], ofItemAtPath: "\(folder.path)/a.yaml")
        guard getuid() != 0 else { return }  // root reads everything
        #expect(folder.message() == "a.yaml: cannot be read: Permission denied")
    }

    @Test(arguments: [
        ("scalar", ["m.x=2"], "m: {x: 2, l: [{y: 1}, 2]}"),
        ("index", ["m.l.0.y=3", "m.l.1=[4]"], "m: {x: 1, l: [{y: 3}, [4]]}"),
        ("new keys", ["p.q.r=1e-4"], "m: {x: 1, l: [{y: 1}, 2]}\np: {q: {r: 1e-4}}"),
        ("mapping merges", ["m={z: 1}"], "m: {x: 1, l: [{y: 1}, 2], z: 1}"),
        ("new type drops", ["m.a=1", "m.type=B"], "m: {x: 1, l: [{y: 1}, 2], a: 1, type: B}"),
        ("null", ["m.x="], "m: {x: null, l: [{y: 1}, 2]}"),
        ("quoted", ["m.x='=1'"], "m: {x: '=1', l: [{y: 1}, 2]}"),
        ("through null", ["n=", "n.k=1"], "m: {x: 1, l: [{y: 1}, 2]}\nn: {k: 1}"),
        ("last wins", ["m.x=2", "m.x=3"], "m: {x: 3, l: [{y: 1}, 2]}"),
    ])
    func overrides(id: String, overrides: [String], expected: String) throws {
        let folder = try Folder(["a.yaml": "m: {x: 1, l: [{y: 1}, 2]}"])
        #expect(try folder.load(overrides: overrides) == parse(expected), "\(id)")
    }

    @Test func typeOverridesComeFirst() throws {
        let folder = try Folder(["a.yaml": "m: {type: A, x: 1}"])
        #expect(try folder.load(overrides: ["m.y=2", "m.type=B"]) == parse("m: {type: B, y: 2}"))
        #expect(
            try folder.load(overrides: ["m.y=2", "m.type=A"]) == parse("m: {type: A, x: 1, y: 2}"))
    }

    @Test(arguments: [
        ("m.x", "override m.x: an assignment without '='; write override model.head.channels=64"),
        (
            "=1",
            "override =1: an empty name in the path before '='; write override model.head.channels=64"
        ),
        (
            "m..x=1",
            "override m..x=1: an empty name in the path before '='; write override model.head.channels=64"
        ),
        ("m.l.7=1", "override m.l.7=1: m.l has no element 7; its elements are 0…1"),
        (
            "m.l.-1=1",
            "override m.l.-1=1: m.l is a list, found '-1' for its index; its elements are 0…1"
        ),
        ("m.e.0=1", "override m.e.0=1: m.e has no element 0; it is empty"),
        (
            "m.l.first=1",
            "override m.l.first=1: m.l is a list, found 'first' for its index; its elements are 0…1"
        ),
        ("m.x.y.z=1", "override m.x.y.z=1: m.x is the number 1, which has no 'y' (a.yaml:1:8)"),
        (
            "m.h.size=1",
            "override m.h.size=1: m.h is the string 'FPN', which has no 'size' (a.yaml:1:37); a component with settings is written {type: FPN}"
        ),
        (
            "m.x=#fff",
            "override m.x=#fff: YAML takes what follows # for a comment; quote the value: \"'#fff'\""
        ),
        ("m.x=[1", "override m.x=[1: not YAML: did not find expected ',' or ']'"),
        ("m.x={a: 1, a: 2}", "override m.x={a: 1, a: 2}: the key 'a' is written twice; keep one"),
        (
            "m.x=${NO}",
            "override m.x=${NO}: the environment variable NO is not set; set it, or write ${NO:-default}"
        ),
    ])
    func overrideErrors(assignment: String, expected: String) throws {
        let folder = try Folder(["a.yaml": "m: {x: 1, l: [{y: 1}, 2], e: [], h: FPN}"])
        #expect(folder.message(overrides: [assignment]) == expected)
    }

    @Test func assignmentsOfAFile() throws {
        let folder = try Folder([
            "a.yaml": "m: {type: A, x: 1}\nt: '$${V}'", "b.yaml": "m.y: 2\nm.type: B\nm.z: ${V}",
            "empty.yaml": "m..x: 1",
            "index.yaml": "t.0: 1",
        ])
        let base = try folder.load()
        func assigned(_ name: String) throws -> YAMLNode {
            let written = try #require(folder.load(name, environment: ["V": "3"]).mapping)
            return try base.overridden(by: written)
        }
        #expect(try assigned("b.yaml") == parse("m: {type: B, y: 2, z: 3}\nt: '$${V}'"))
        #expect(
            try assigned("b.yaml")["m"]?.mapping?.entry("y")?.keyLocation
                == .position(file: "\(folder.path)/b.yaml", line: 1, column: 1))
        func problem(_ name: String) -> String {
            message("\(name)") { _ = try assigned(name) }.replacing("\(folder.path)/", with: "")
        }
        #expect(
            problem("empty.yaml")
                == "empty.yaml:1:1: an empty name in the path; write model.head.channels: 64")
        #expect(
            problem("index.yaml")
                == "index.yaml:1:1: t is the string '${V}', which has no '0' (a.yaml:2:4); a component with settings is written {type: ${V}}"
        )
        // What the command line says over a loaded configuration: its own variables are put in,
        // those of the file are not read again.
        #expect(
            try base.overridden(by: ["m.x=${V}"], environment: ["V": "5"])
                == parse("m: {type: A, x: 5}\nt: '$${V}'"))
    }

    @Test func messagesStayOnOneLine() throws {
        let folder = try Folder(["a.yaml": "m: 1"])
        #expect(
            folder.message(overrides: ["m.a\nb=1"])
                == "override m.a b=1: m is the number 1, which has no 'a b' (a.yaml:1:4)")
    }

    @Test func overridesAreNoDeeperThanFiles() throws {
        let folder = try Folder(["a.yaml": "m: 1"])
        let path = Array(repeating: "k", count: 65).joined(separator: ".")
        #expect(
            folder.message(overrides: [path + "=1"]).hasSuffix("…: nested more than 64 levels deep")
        )
    }

    @Test(arguments: [
        ("${A}", "1"), ("'${A}'", "'1'"), ("x${A}y${B}", "x1ytwo"), ("${NO:-3}", "3"),
        ("${NO:-}", "null"), ("${EMPTY:-4}", "4"),
        ("${NO:-${A}}", "1"), ("${NO:-${NEITHER:-5}}", "5"), ("$A", "$A"), ("a$", "a$"),
        ("$${A}", "'$${A}'"), ("$$5", "$$5"),
        ("\"${B}\"", "two"), ("${NO:-a b}", "a b"),
    ])
    func environment(yaml: String, expected: String) throws {
        let environment = ["A": "1", "B": "two", "EMPTY": ""]
        #expect(try parse("k: \(yaml)", environment: environment) == parse("k: \(expected)"))
    }

    @Test(arguments: [
        (
            "k: ${NO}",
            "a.yaml:1:4: the environment variable NO is not set; set it, or write ${NO:-default}"
        ),
        (
            "k: ['x', '${A']",
            "a.yaml:1:10: '${' without '}'; write $${ for the characters themselves"
        ),
        (
            "k: ${a b}",
            "a.yaml:1:4: '${a b}' names no environment variable; write ${NAME} or ${NAME:-default}"
        ),
        (
            "k: ${1}",
            "a.yaml:1:4: '${1}' names no environment variable; write ${NAME} or ${NAME:-default}"
        ),
        (
            "k: ${}",
            "a.yaml:1:4: '${}' names no environment variable; write ${NAME} or ${NAME:-default}"
        ),
    ])
    func environmentErrors(yaml: String, expected: String) {
        #expect(message("\(yaml)") { _ = try parse(yaml) } == expected)
    }

    @Test func anOverriddenVariableNeedNotBeSet() throws {
        let folder = try Folder(["base.yaml": "root: ${NO}", "a.yaml": "_base_: base.yaml"])
        #expect(try folder.load(overrides: ["root=x"]) == parse("root: x"))
        #expect(
            folder.message()
                == "base.yaml:1:7: the environment variable NO is not set; set it, or write ${NO:-default}"
        )
    }
}
