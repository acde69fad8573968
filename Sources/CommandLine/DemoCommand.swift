import ArgumentParser
import DenseKitCore
import Foundation

/// `densekit demo`
struct DemoCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "demo",
            abstract:
                "Make a small labelled data set, train on it from scratch, evaluate, and draw what is found."
        )
    }

    @Option(help: "segmentation: a class for every pixel; detection: boxes and masks of instances.")
    var task = DemoTask.segmentation

    @Option(
        help:
            "Where data, configuration, weights and drawings go; densekit-demo, or densekit-demo-detection, if left out.",
        transform: FilePaths.expanded)
    var dir: String?

    @Option(help: "Training iterations; the demo's own number if left out.")
    var iterations: Int?

    @Option(help: "Seed of weights, order and augmentation.")
    var seed: UInt64 = 0

    @Option(help: "Threads that read and transform images.")
    var workers = 1

    @OptionGroup var compute: ComputeOptions

    func run() throws {
        Interruption.watch()
        let started = monotonicSeconds()
        let device = try compute.start()
        let dir = dir ?? (task == .segmentation ? "densekit-demo" : "densekit-demo-\(task)")
        let kind = task.demonstration
        let data = dir + "/data"
        let example = try example(for: kind)
        let demo = kind.init(root: data)
        try demo.write()
        let config = "\(dir)/\(example.fileName)"
        try AtomicFile.write(
            Data(example.text(.init(root: data, classes: demo.classes)).utf8), to: config)
        print(
            "data: \(data) (\(demo.trainingCount) training and \(demo.validationCount) validation images); configuration: \(config)"
        )

        let overrides =
            (iterations.map { ["train.iterations=\($0)"] } ?? []) + [
                "train.seed=\(seed)", "data.workers=\(workers)",
            ]
        let experiment = try Experiment(
            config, overrides: overrides, registry: Registry(List.plugins), device: device)
        let trained = try experiment.train(in: dir + "/work")
        guard let weights = trained.bestCheckpoint else { throw DemoError.noScore }
        let validation = try experiment.validationDataset()
        let model = try experiment.trainedModel(weights, for: validation.classes).model
        let drawings = try PredictionWriter(dir + "/pictures", classes: validation.classes)
        let evaluator = try experiment.evaluator(model, validation)
        let report = try evaluator.evaluate { image in
            if image.index < 12 { try drawings.write(image, of: validation) }
        }
        print(report.table)
        let minutes = String(format: "%.1f", (monotonicSeconds() - started) / 60)
        print(
            """
            \(demo.headline(report)) on \(validation.count) held-out images after \(minutes) minutes
            drawings:  \(dir)/pictures/vis
            weights:   \(weights)
            look at an image of yours:  \(List.name) infer \(config) \(weights) IMAGE…
            """)
    }

    /// The configuration of the first plugin that has one for these scenes.
    func example(for kind: any Demonstration.Type) throws -> DemoConfiguration {
        let examples = List.plugins.compactMap { $0 as? any ExamplePlugin }.flatMap(\.demos)
        guard let found = examples.first(where: { $0.scenes == kind.scenes }) else {
            throw DemoError.noConfiguration(task)
        }
        return found
    }
}
