import ArgumentParser
import DenseKit
import Foundation

/// `densekit test CONFIG WEIGHTS`
struct TestCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "test", abstract: "Measure weights on the validation data: mIoU, mAcc, aAcc.")
    }

    @OptionGroup var config: ConfigOptions
    @Argument(help: "A checkpoint directory, or a .safetensors file.")
    var weights: String
    @OptionGroup var compute: ComputeOptions

    @Flag(name: [.long, .customLong("aug-test")], help: "Several scales, each also mirrored: the ratios of test.ratios.")
    var tta = false

    @Option(help: "Write the scores as JSON to this file.")
    var out: String?

    @Option(help: "Write a picture of every prediction to this folder.")
    var showDir: String?

    func run() throws {
        let device = try compute.start()
        let session = try config.session(List.self, device: device)
        let dataset = try session.validationDataset()
        let model = try session.trainedModel(weights, for: dataset.classes).model
        var evaluator = try session.evaluator(model, dataset)
        if tta { evaluator.augmentation = .init(ratios: session.experiment.test.ratios, flip: session.experiment.test.flip) }
        let pictures = try showDir.map { try Pictures($0, classes: dataset.classes) }
        let progress = ProgressBar()
        let scores = try evaluator.evaluate { name, prediction, done in
            progress?.show(done, of: dataset.count, note: name)
            try pictures?.draw(prediction, name: name, index: done - 1, of: dataset)
        }
        progress?.clear()
        let report = SegmentationReport(scores, names: dataset.classes.names)
        print(report.table)
        if let out { try AtomicFile.write(try report.json, to: out) }
    }
}
