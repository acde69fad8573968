import ArgumentParser
import DenseKitCore
import Foundation

/// `densekit train CONFIG`
struct TrainCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "train", abstract: "Train the model that a configuration describes.")
    }

    @OptionGroup var config: ConfigOptions
    @OptionGroup var compute: ComputeOptions

    @Option(
        help: "Where results go; work_dir of the configuration, else work_dirs/<its name>, if left out.",
        transform: FilePaths.expanded)
    var workDir: String?

    @Option(
        help: "Go on from a checkpoint: its path, or auto for the newest good one in the work directory.",
        transform: FilePaths.expanded)
    var resume: String?

    @Option(
        help:
            "Start from these weights, of the model or a part of it such as its backbone: a checkpoint, safetensors, or a file of PyTorch's. Short for --set model.weights.file=….",
        transform: FilePaths.expanded)
    var initFrom: String?

    @Option(help: "Seed of weights, order and augmentation.")
    var seed: UInt64?

    func validate() throws {
        if resume != nil, initFrom != nil {
            throw ValidationError("--resume continues a run, --init-from starts a new one from given weights: use one of them")
        }
    }

    func run() throws {
        Interruption.watch()
        let device = try compute.start()
        var config = config
        if let seed { config.overrides.append("train.seed=\(seed)") }
        // Before the user's own: `--set model.weights.at_least=…` may follow.
        if let initFrom { config.overrides.insert("model.weights={file: \(quoted(initFrom))}", at: 0) }
        let experiment = try config.experiment(List.self, device: device)
        let dataset = try experiment.trainDataset()
        let path = WorkDirectory.choose(option: workDir, configuration: experiment.configuration.workDir, name: experiment.name)
        let work = try WorkDirectory(path)
        let resumption = try resumption(in: work)
        let trainer = try experiment.trainer(in: work, dataset: dataset, resuming: resumption)
        try work.write(configuration: experiment.resolved, name: experiment.name)
        trainer.logger.info("\(Environment.summary)")
        trainer.logger.info("\(dataset.count) training images, \(dataset.classes.count) classes; work directory \(path)")
        let ofRecipe = try experiment.remarks(on: trainer.model, training: dataset)
        for warning in Engine.warnings + dataset.remarks.map(\.description) + ofRecipe {
            trainer.logger.warning("\(warning)")
        }
        if resumption == nil, work.hasCheckpoints {
            trainer.logger.warning(
                "\(path) holds checkpoints already; this run starts anew, \(Term.resume) auto would go on from them")
        }
        if resumption == nil {
            for (file, report) in try trainer.model.loadPretrained(experiment.configuration.model) {
                trainer.logger.info("weights from \(file): \(report)")
                for warning in report.warnings { trainer.logger.warning("weights from \(file): \(warning)") }
            }
        }
        try trainer.runUntilInterrupted()
        if let best = trainer.best {
            let value = String(format: "%.2f", best.value)
            print("best \(best.metric) \(value) at iteration \(best.iteration): \(work.bestPath(best))")
        }
    }

    /// `text` as a YAML scalar.
    private func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }

    /// The checkpoint to go on from; nil where `auto` finds none.
    private func resumption(in work: WorkDirectory) throws -> Resumption? {
        guard let resume, resume != "none" else { return nil }
        return try work.resumption(resume)
    }
}

extension Trainer {
    /// Trains to the end. A signal that stops it becomes the exit code, as it is no failure.
    func runUntilInterrupted() throws {
        do {
            try run()
        } catch let stop as Interrupted {
            throw ExitCode(stop.exitCode)
        }
    }
}
