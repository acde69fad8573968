import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

@Test("The README's configuration is one that builds")
func readmeConfiguration() throws {
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let readme = try String(contentsOf: package.appending(path: "README.md"), encoding: .utf8)
    let yaml = try #require(readme.firstMatch(of: /```yaml\n(.*?)```/.dotMatchesNewlines())?.1)
    let experiment = try Experiment(
        "README.md", node: YAMLNode.parse(String(yaml), file: "README.md"), name: "street",
        registry: Registry(BuiltIn.plugins), device: .meta)
    try experiment.checkRecipe()
    let model = try experiment.model(experiment.classes(of: "train"))
    #expect(model.prompter != nil && experiment.configuration.data.val != nil)
}
