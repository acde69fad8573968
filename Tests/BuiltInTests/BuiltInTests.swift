import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

@Suite struct BuiltInTests {
    @Test func everyPluginInstalls() throws {
        let registry = try Registry(BuiltIn.plugins)
        let names = Set(registry.entries.map { "\($0.kind) \($0.name)" })
        #expect(
            names.isSuperset(of: [
                "backbone ResNet", "backbone CLIPResNet", "backbone CLIPViT", "backbone ViT",
                "neck FPN", "head SemanticFPN",
                "head RetinaNet", "head MaskRCNN",
                "prompter DenseCLIP",
                "part ContextDecoder",
                "part CLIPTextContextEncoder", "part CLIPTextEncoder", "loss CrossEntropy",
                "optimizer AdamW", "optimizer SGD",
                "schedule Poly",
            ]))
        #expect(Set(BuiltIn.plugins.map(\.name)).count == BuiltIn.plugins.count)
    }

    /// Written out as YAML and read again, the defaults of every component are the same.
    @Test func defaultsSurviveYAML() throws {
        func again<Settings: YAMLConfiguration>(_ settings: Settings) throws -> YAMLNode {
            try YAMLNode(encoding: Settings.decode(yaml: YAMLNode(encoding: settings).yaml()))
        }
        let entries = try Registry(BuiltIn.plugins).entries
        #expect(entries.count > 15)
        for entry in entries {
            #expect(
                try again(entry.defaults) == YAMLNode(encoding: entry.defaults),
                "\(entry.kind) \(entry.name)")
        }
    }
}
