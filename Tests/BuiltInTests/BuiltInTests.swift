import BuiltIn
import DenseKit
import Foundation
import Testing

@Suite struct BuiltInTests {
    @Test func everyPluginInstalls() throws {
        let registry = try Registry(BuiltIn.plugins)
        let names = Set(registry.entries.map { "\($0.kind) \($0.name)" })
        #expect(
            names.isSuperset(of: [
                "backbone ResNet", "backbone CLIPResNet", "backbone CLIPViT", "backbone ViT", "neck FPN", "head SemanticFPN",
                "head RetinaNet", "head MaskRCNN",
                "prompter DenseCLIP",
                "part ContextDecoder",
                "part CLIPTextContextEncoder", "part CLIPTextEncoder", "loss CrossEntropy", "optimizer AdamW", "optimizer SGD",
                "schedule Poly",
            ]))
        #expect(Set(BuiltIn.plugins.map(\.name)).count == BuiltIn.plugins.count)
    }

    /// Written out as YAML and read again, the defaults of every component are the same.
    @Test func defaultsSurviveYAML() throws {
        func again<Settings: Configuration>(_ settings: Settings) throws -> Node {
            try Node(encoding: Settings.decode(yaml: try Node(encoding: settings).yaml()))
        }
        let entries = try Registry(BuiltIn.plugins).entries
        #expect(entries.count > 15)
        for entry in entries {
            #expect(try again(entry.defaults) == Node(encoding: entry.defaults), "\(entry.kind) \(entry.name)")
        }
    }
}

/// If a YAML file names it, it is a plugin; if Swift code calls it, it is core.
@Suite struct LayerTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The modules that the files of a folder import.
    private func imports(of folder: URL) throws -> Set<String> {
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
        var result: Set<String> = []
        for file in files {
            let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            for line in text.split(separator: "\n") where line.contains("import ") {
                let words = line.split(separator: " ")
                if let place = words.firstIndex(of: "import"), place < 3, place + 1 < words.count {
                    result.insert(String(words[place + 1]))
                }
            }
        }
        return result
    }

    private func targets(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: folder).path).filter { !$0.hasPrefix(".") }
    }

    @Test func coreImportsNoPlugin() throws {
        let plugins = Set(try targets("Plugins"))
        #expect(plugins.contains("DenseCLIP") && plugins.contains("BuiltIn"))
        for target in try targets("Sources") where target != "densekit" {
            let found = try imports(of: Self.root.appending(path: "Sources/\(target)")).intersection(plugins)
            #expect(found.isEmpty, "\(target) imports \(found.sorted())")
        }
        #expect(try imports(of: Self.root.appending(path: "Sources/densekit")).intersection(plugins) == ["BuiltIn"])
    }

    /// Methods may build on families; nothing builds on a method, and no plugin on the parts of the core one by one.
    @Test func pluginsImportTheCoreAndFamilies() throws {
        let methods: Set = ["DenseCLIP", "ICPC", "CLIPSP", "BuiltIn"]
        let familiesOfFamilies: Set = ["LanguageGuidance"]
        let plugins = Set(try targets("Plugins"))
        for target in plugins where target != "BuiltIn" {
            let imports = try imports(of: Self.root.appending(path: "Plugins/\(target)"))
            #expect(imports.isDisjoint(with: methods), "\(target) imports \(imports.intersection(methods).sorted())")
            #expect(
                imports.isDisjoint(with: ["NN", "Torch", "CTorch", "Components", "Training"]),
                "\(target) imports \(imports.sorted())")
            let others = imports.intersection(plugins)
            #expect(
                others.isEmpty || methods.union(familiesOfFamilies).contains(target) || others == ["Tokenizer"],
                "\(target) imports \(others.sorted())")
        }
    }
}
