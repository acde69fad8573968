import DenseKitConfiguration
import Testing

/// From Swift values and trees back to YAML.
@Suite struct WritingTests {
    @Test func layout() throws {
        let yaml = """
            name: a run
            empty: {}
            none: []
            nothing: null
            means: [123.675, 1e-4, 'on']
            model:
              heads:
                - type: A
                  sizes:
                    - [1, 2]
                    - - x
                      - {}
                - B
            text: "two\\nlines"
            'odd: key': '12'

            """
        #expect(try parse(yaml).yaml() == yaml)
    }

    @Test func originsEndTheLines() throws {
        let folder = try Folder([
            "base.yaml": "m: {x: 1, l: [1, 2]}", "a.yaml": "_base_: base.yaml\nn:\n  - a\n  - b",
        ])
        let text = try folder.load(overrides: ["m.l.0=7", "m.y=z"]).yaml(origins: true).replacing(
            "\(folder.path)/", with: "")
        #expect(
            text == """
                m:
                  x: 1  # base.yaml:1:8
                  l:
                    - 7  # override m.l.0=7
                    - 2  # base.yaml:1:18
                  y: z  # override m.y=z
                n:
                  - a  # a.yaml:3:5
                  - b  # a.yaml:4:5

                """)
    }

    @Test func encodedSettingsShowDefaultsAndNil() throws {
        let node = try YAMLNode(encoding: Window(name: nil))
        #expect(
            node.yaml(origins: true)
                == "size: 3  # default\noverlap: 0.5  # default\nname: null  # default\n")
        #expect(try YAMLNode(encoding: Empty()).yaml() == "{}\n")
        let written = try parse("size: 5\nname: x")
        let resolved = try YAMLNode(encoding: written.decode(Window.self), origins: written)
        #expect(
            resolved.yaml(origins: true)
                == "size: 5  # a.yaml:1:7\noverlap: 0.5  # default\nname: x  # a.yaml:2:7\n")
    }

    @Test func encodedKindsOfValues() throws {
        var settings = Settings()
        settings.lr = .infinity
        settings.labels = [7: 1]
        settings.maybe = [1, nil]
        settings.schedule = .step(milestones: [3])
        let node = try YAMLNode(encoding: settings)
        #expect(try node["weights"] == parse("{aB: 1.0}"))
        #expect(try node["labels"] == parse("{7: 1}"))
        #expect(try node["maybe"] == parse("[1, null]"))
        #expect(try node["lr"] == parse(".inf"))
        #expect(try node["schedule"] == parse("{step: {milestones: [3]}}"))
        #expect(try node["crop"] == parse("{width: 512, limit: null}"))
        #expect(node["use_clip"] != nil && node["useCLIP"] == nil)
        #expect(try node["norm"] == parse("layer"))
    }

    @Test func settingsSurviveTheWayThroughYAML() throws {
        var settings = Settings()
        settings.name = "a: 'b' # c\n\t\"d\" ${HOME} $${X} \\ é \u{2028}\u{FEFF}\u{85}"
        settings.extra = Window(size: -1, overlap: nil, name: "null")
        settings.windows = [Window(), Window(name: "")]
        settings.lr = 0.1 + 0.2
        settings.ratio = 1.1
        settings.weights = ["": 0, "a.b: c": .pi, "<<": 1, "0": 2]
        settings.norms = [.batch]
        let yaml = try YAMLNode(encoding: settings).yaml()
        #expect(try parse(yaml).decode(Settings.self) == settings, "\(yaml)")
    }

    @Test(arguments: [
        "", " ", "a", "a b", "a ", " a", "on", "No", "null", "Null", "~", "true", "12", "010",
        "1e4", "-", "- a", "?", "? a", ":",
        "a:", "a: b",
        "a#b", "a #b", "#a", "'", "''", "\"", "\\", "a\\nb", "a\nb", "\n", "\t", "{", "}", "[a]",
        "a, b", "&a", "*a", "!a", "|",
        ">", "%a", "@a", "`a`",
        "---", "...", ".nan", ".inf", "0x1F", "<<", "=", "${A}", "$${A}", "$$${A}", "$", "$$", "{$",
        "é", "日本", "👩‍🔬", "\u{7F}",
        "\u{85}", "\u{2028}",
        "\u{FEFF}", "\u{FFFE}", "\u{1FFFF}", "\u{E000}", "\r", "\r\n", "a/b.c-d_e", "1 2", "12:30",
        "2024-01-01", "a\u{301}",
        "$\u{301}{x}", "${\u{301}",
    ])
    func anyTextSurvives(text: String) throws {
        for node in [
            YAMLNode(.scalar(YAMLNode.Scalar(text))),
            YAMLNode(.sequence([YAMLNode(.scalar(YAMLNode.Scalar(text)))])),
        ] {
            let yaml = node.yaml()
            #expect(try parse(yaml) == node, "\(yaml)")
            #expect(try parse("k: " + yaml)["k"] == node, "\(yaml)")
        }
        var mapping = YAMLNode.Mapping()
        mapping.set(text, to: YAMLNode(.null))
        let node = YAMLNode(.mapping(mapping))
        #expect(try parse(node.yaml()) == node)
        #expect(try parse(node.yaml(origins: true)) == node)
    }
}
