import DenseKitCore
import Foundation
import Testing

/// Every setting of `node` with its value as YAML: `train.batch`, `32`. A component is one setting,
/// its type the value.
private func settings(_ node: YAMLNode, _ path: String = "") -> [(key: String, value: String)] {
    if let type = node["type"]?.scalar { return [(path, type.text)] }
    guard let mapping = node.mapping else {
        return [(path, node.yaml().trimmingCharacters(in: .newlines))]
    }
    return mapping.entries.flatMap {
        settings($0.value, path.isEmpty ? $0.key : "\(path).\($0.key)")
    }
}

@Test("docs/configuration.md lists every key of a configuration with its default, and no other")
func everyKey() throws {
    let page = try String(
        contentsOf: packageFolder.appending(path: "docs/configuration.md"), encoding: .utf8)
    let rows = page.matches(of: /\n\| `([a-z_.]+)` \| `([^`]+)` \| [^|]+ \|/).map {
        "\($0.1) = \($0.2)"
    }
    #expect(
        Set(rows)
            == Set(
                settings(try YAMLNode(encoding: ExperimentConfiguration())).map {
                    "\($0.key) = \($0.value)"
                }))
}

@Test("Commands in the documents exist, with their options")
func commands() throws {
    let folder = packageFolder.appending(path: "docs")
    let pages = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
        $0.hasSuffix(".md")
    }.map {
        "docs/\($0)"
    }
    var helps: [String: String] = [:]
    for page in pages + ["README.md"] {
        let text = try String(contentsOf: packageFolder.appending(path: page), encoding: .utf8)
        let pattern =
            /densekit (demo|train|sweep|test|infer|check|browse|co-occurrence|show|reproduce|verify|components|new|convert|export|bench|coco-eval|doctor)\b([^\n`]*)/
        for match in text.matches(of: pattern) {
            let command = String(match.1)
            let help =
                try helps[command]
                ?? runDensekit(
                    ["help", command] + (command == "new" ? ["backbone"] : []), in: packageFolder
                ).output
            helps[command] = help
            for option in match.2.matches(of: /--[a-z-]+/) {
                #expect(help.contains(option.0), "\(page): densekit \(command) \(option.0)")
            }
        }
    }
    #expect(helps.count == 18, "\(helps.keys.sorted()) are in the documents")
}
