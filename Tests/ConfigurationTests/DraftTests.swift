import DenseKitConfiguration
import Foundation
import Testing

/// Configurations with several mistakes.
@Suite struct DraftTests {
    private func draft(_ folder: Folder, _ overrides: [String] = []) -> (
        draft: YAMLNode.Draft, messages: [String]
    ) {
        let path = folder.path
        let draft = YAMLNode.draft(
            path: "\(path)/a.yaml", overrides: overrides, environment: ["SET": "1"])
        return (draft, draft.errors.map { $0.description.replacing("\(path)/", with: "") })
    }

    @Test("All mistakes of a text are found, in order; loading throws the first")
    func order() throws {
        let folder = try Folder([
            "a.yaml":
                "_base_: [none.yaml, b.yaml]\nx: *lost\nx: 2\ny: !!set a\n<<: [1, {z: 3}]\nv: ${A}-${SET}-${B-}\n",
            "b.yaml": "w: ${C:-${D}}\nw: 1\n",
        ])
        let (draft, messages) = draft(folder, ["x", "y.z=1", "u=[{k: 1, k: 2}, '${E']"])
        let expected = [
            "a.yaml:2:4: there is no &lost above this *lost",
            "a.yaml:3:1: the key 'x' is written twice, first on line 2",
            "a.yaml:4:4: the tag !!set is not supported here",
            "a.yaml:5:6: << takes a mapping or a list of mappings, found the number 1",
            "a.yaml:1:10: _base_ none.yaml: no such file",
            "b.yaml:2:1: the key 'w' is written twice, first on line 1",
            "override x: an assignment without '='",
            "override u=[{k: 1, k: 2}, '${E']: the key 'k' is written twice",
            "override y.z=1: y is the string 'a', which has no 'z'",
            "b.yaml:1:4: the environment variable D is not set",
            "a.yaml:6:4: the environment variable A is not set",
            "a.yaml:6:4: '${B-}' names no environment variable",
            "override u=[{k: 1, k: 2}, '${E']: '${' without '}'",
        ]
        #expect(messages.count == expected.count, "\(messages.joined(separator: "\n"))")
        for (message, start) in zip(messages, expected) { #expect(message.hasPrefix(start)) }
        #expect(
            try !draft.isWhole && draft.node["z"] == parse("3")
                && draft.node["v"]?.scalar?.text == "${A}-${SET}-${B-}")
        #expect(folder.message(overrides: ["x"]) == messages[0])
    }

    @Test("A sound configuration has no mistakes and is what loading gives")
    func sound() throws {
        let folder = try Folder(["a.yaml": "_base_: b.yaml\nx: ${SET}\n", "b.yaml": "y: 2\n"])
        let (draft, messages) = draft(folder, ["z=3"])
        #expect(try draft.isWhole && messages.isEmpty && draft.node == parse("{x: 1, y: 2, z: 3}"))
    }

    @Test("Values within an assignment have places of their own, which print as the assignment")
    func places() throws {
        let folder = try Folder(["a.yaml": "h: {}\n"])
        let node = draft(folder, ["h={a: 1, b: [2, 3]}"]).draft.node
        let places = try [
            #require(node["h"]), #require(node["h"]?["a"]), #require(node["h"]?["b"]?[0]),
            #require(node["h"]?["b"]?[1]),
        ]
        .map(\.location)
        #expect(
            Set(places).count == 4
                && Set(places.map(\.description)) == ["override h={a: 1, b: [2, 3]}"])
        #expect(node.pruned(at: places[1])?.path == ["h", "a"])
        #expect(node.yaml(origins: true).contains("[2, 3]"))
    }

    @Test("After a thousand mistakes reading ends with a word of it")
    func limit() throws {
        let lines = (0..<1200).map { "k\($0): ${V\($0)}" }.joined(separator: "\n")
        let messages = draft(try Folder(["a.yaml": lines])).messages
        #expect(
            messages.count == 1001
                && messages.last == "a.yaml:1001:8: more than 1000 mistakes; mend those first")
    }

    @Test("A value that is missing is told with the keys that lead to it")
    func missing() throws {
        struct Root: YAMLConfiguration {
            struct Part: Codable { var file: String }
            var part: Part?
            var component: ComponentNode?
        }
        let key = try #require(throws: ConfigurationError.self) {
            try parse("part: {}").decode(Root.self)
        }
        #expect(key.kind == .missing(["part", "file"]), "\(key)")
        let type = try #require(throws: ConfigurationError.self) {
            try parse("component: {a: 1}").decode(Root.self)
        }
        #expect(type.kind == .missing(["component", "type"]), "\(type)")
    }

    @Test("An unknown key that stands first in a block mapping is taken out alone")
    func firstKey() throws {
        let node = try parse("train:\n  iteration: 4\n  batch: 2\n")
        let location = SourceLocation.position(file: "a.yaml", line: 2, column: 3)
        struct Root: YAMLConfiguration {
            struct Train: YAMLConfiguration { var iterations = 0 }
            var train = Train()
        }
        let unknown = try #require(throws: ConfigurationError.self) { try node.decode(Root.self) }
        #expect(unknown.kind == .unknownKey && unknown.location == location)
        #expect(node.pruned(without: unknown)?.path == ["train", "iteration"])
        // The words of a message decide nothing.
        let other = ConfigurationError(at: location, "unknown key 'iteration' in train")
        #expect(node.pruned(without: other)?.path == ["train"])
        #expect(
            node.pruned(without: ConfigurationError(at: location, "expected a list"))?.path == [
                "train"
            ])
    }
}
