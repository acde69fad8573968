import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

@testable import DenseKitCommandLine

private enum All: PluginList {
    static let plugins: [any Plugin] = BuiltIn.plugins
}

private enum None: PluginList {
    static let plugins: [any Plugin] = []
}

@Suite("The demonstration's configurations") struct DemoTests {
    @Test(
        "A plugin brings one for every task, whose model can be built and whose data is where the demonstration puts it",
        arguments: DemoTask.allCases)
    func configuration(of task: DemoTask) throws {
        try withTemporaryFolder { folder in
            let demo = task.demonstration.init(root: "data")
            let example = try DemoCommand<All>.parse([]).example(for: task.demonstration)
            let file = folder.appending(path: example.fileName).path
            try Data(example.text(.init(root: "data", classes: demo.classes)).utf8).write(
                to: URL(filePath: file))
            let experiment = try Experiment(file, registry: Registry(All.plugins), device: .meta)
            try experiment.checkRecipe()
            _ = try experiment.model(.placeholders(demo.classes.count))
            #expect(
                try YAMLNode.load(path: file)["data"]?["train"]?["root"]?.scalar?.text == "data")
        }
    }

    @Test("A program whose plugins bring none says so")
    func none() throws {
        let error = try #require(throws: DemoError.self) {
            _ = try DemoCommand<None>.parse([]).example(for: DetectionDemo.self)
        }
        #expect(
            "\(error)"
                == "no plugin of this program brings a demonstration of segmentation; choose another --task, or link a "
                + "plugin that does")
    }
}
