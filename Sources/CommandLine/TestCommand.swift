import ArgumentParser
import DenseKitCore
import Foundation

/// `densekit test CONFIG WEIGHTS`
struct TestCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "test",
            abstract:
                "Measure weights on the validation data: mIoU, mAcc, aAcc, or COCO's AP of boxes and masks."
        )
    }

    @OptionGroup var config: ConfigOptions
    @Argument(
        help: "A checkpoint directory, a .safetensors file, or a PyTorch file (.pt, .pth).",
        transform: FilePaths.expanded)
    var weights: String
    @OptionGroup var compute: ComputeOptions
    @OptionGroup var processes: ProcessOptions

    @Flag(
        name: [.long, .customLong("aug-test")],
        help: "Several scales, those of test.ratios; each also mirrored if test.flip is set.")
    var tta = false

    @Option(
        help:
            "Measure on the validation data of this configuration instead; a class_map beside its data set names the shared classes.",
        transform: FilePaths.expanded)
    var dataset: String?

    @Option(help: "Write the scores as JSON to this file.", transform: FilePaths.expanded)
    var out: String?

    @Option(
        help:
            "Write what a detector found as COCO's results, to PREFIX.bbox.json and, of masks, to PREFIX.segm.json.",
        transform: FilePaths.expanded)
    var results: String?

    @Option(
        help: "Write a drawing of every prediction to this folder.", transform: FilePaths.expanded)
    var showDir: String?

    func run() throws {
        let environment = try processes.environment(with: compute)
        if try processes.areStarted(by: environment) {
            _ = try config.experiment(List.self)  // its mistakes are found here, once
            return try processes.launch(compute, logFolder: nil) { arguments, _ in arguments }
        }
        let device = try processes.start(compute, in: environment)
        let joined = Processes.current
        try joined.onFirst {
            if let out { try AtomicFile.prove(out) }
            if let results { try AtomicFile.prove(results + ".json") }
        }
        let experiment = try config.experiment(List.self, device: device)
        let tested =
            try self.dataset.map {
                try Experiment($0, registry: experiment.registry, device: device)
            } ?? experiment
        let dataset = try tested.validationDataset()
        if joined.isFirst {
            for warning in try experiment.pipelineWarnings(testedBy: tested) { warn(warning) }
        }
        let (model, evaluator) = try experiment.evaluator(
            of: weights, on: tested, dataset, augmented: tta)
        if results != nil, try !model.task.writesResults {
            throw ValidationError(
                "--results writes what a detector found, and the model's head \(model.head.task.verb): leave it out"
            )
        }
        let drawings = try showDir.map {
            try PredictionWriter($0, classes: dataset.classes, processes: joined)
        }
        let shard = EvaluationShard(of: dataset, over: joined)
        let progress = joined.isFirst ? ProgressBar() : nil
        let report = try evaluator.evaluate { image in
            progress?.show(image.index + 1, of: dataset.count, note: image.name)
            // An evaluator may evaluate every image on every process.
            if shard.contains(image.index) { try drawings?.write(image, of: dataset) }
        }
        progress?.clear()
        try joined.onFirst {
            print(report.table)
            if let out { try AtomicFile.write(report.json, to: out) }
            if let results { try report.writeResults(to: results) }
        }
    }
}
