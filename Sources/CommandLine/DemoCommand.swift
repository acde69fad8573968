import ArgumentParser
import DenseKit
import Foundation

/// `densekit demo`
struct DemoCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "demo",
            abstract: "Make a small labelled data set, train DenseCLIP on it from nothing, evaluate, and draw the masks.")
    }

    @Option(help: "Where data, configuration, weights and pictures go.")
    var dir = "densekit-demo"

    @Option(help: "Training iterations.")
    var iterations = 400

    @Option(help: "Seed of weights, order and augmentation.")
    var seed: UInt64 = 0

    @Option(help: "Threads that read and transform images.")
    var workers = 1

    @OptionGroup var compute: ComputeOptions

    func run() throws {
        Interruption.watch()
        let started = monotonicSeconds()
        let device = try compute.start()
        let data = DemoData(root: dir + "/data")
        try data.write()
        let config = dir + "/denseclip_demo.yaml"
        try AtomicFile.write(Data(DemoData.configuration(root: data.root).utf8), to: config)
        print(
            "data: \(data.root) (\(data.trainingCount) training and \(data.validationCount) validation images); configuration: \(config)"
        )

        let overrides = ["train.iterations=\(iterations)", "train.seed=\(seed)", "data.workers=\(workers)"]
        let session = try Session(config, overrides: overrides, registry: try Registry(List.plugins), device: device)
        let work = try WorkDirectory(dir + "/work")
        try work.write(configuration: session.resolved, file: config)
        let dataset = try session.trainDataset()
        let trainer = try session.trainer(in: work, dataset: dataset)
        trainer.logger.info("\(Environment.summary)")
        try trainer.runUntilInterrupted()

        guard let best = trainer.best else { throw DemoError.noScore }
        let weights = work.bestPath(best)
        let validation = try session.validationDataset()
        let model = try session.trainedModel(weights, for: validation.classes).model
        let pictures = try Pictures(dir + "/pictures", classes: validation.classes)
        let evaluator = try session.evaluator(model, validation)
        let scores = try evaluator.evaluate { name, prediction, done in
            if done <= 12 { try pictures.draw(prediction, name: name, index: done - 1, of: validation) }
        }
        print(SegmentationReport(scores, names: validation.classes.names).table)
        let minutes = (monotonicSeconds() - started) / 60
        print(
            """
            mIoU \(String(format: "%.2f", scores.mean(.iou) * 100)) on \(validation.count) held-out images after \(String(format: "%.1f", minutes)) minutes
            pictures:  \(dir)/pictures/vis
            weights:   \(weights)
            look at an image of yours:  densekit infer \(config) \(weights) IMAGE…
            """)
    }
}

/// A demonstration that ended without a score.
enum DemoError: Error, CustomStringConvertible {
    case noScore

    var description: String { "training ended without a validation: give --iterations at least 1" }
}
