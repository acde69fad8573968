import ArgumentParser
import DenseKitCore
import Foundation

/// `densekit train CONFIG`
struct TrainCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "train", abstract: "Train the model that a configuration describes.")
    }

    @OptionGroup var config: ConfigOptions
    @OptionGroup var compute: ComputeOptions
    @OptionGroup var processes: ProcessOptions

    @Option(
        help:
            "Where results go; work_dir of the configuration, else work_dirs/<its name>, if left out.",
        transform: FilePaths.expanded)
    var workDir: String?

    @Option(
        help:
            "Resume from a checkpoint: its path, or auto for the newest good one in the work directory.",
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
            throw ValidationError(
                "--resume continues a run, --init-from starts a new one from given weights: use one of them"
            )
        }
    }

    func run() throws {
        let environment = try processes.environment(with: compute)
        // The launcher decides about a second signal.
        Interruption.watch(patiently: environment.launcher != .alone)
        if try processes.areStarted(by: environment) { return try launch() }
        let device = try processes.start(compute, in: environment)
        let result = try configured.experiment(List.self, device: device).train(
            in: workDir, from: TrainingStart(option: resume))
        if environment.rank == 0, let best = result.best, let checkpoint = result.bestCheckpoint {
            let value = String(format: "%.2f", best.value)
            print("best \(best.metric) \(value) at iteration \(best.iteration): \(checkpoint)")
        }
    }

    /// Starts this command in several processes, and again from the newest checkpoint that they
    /// have written.
    private func launch() throws {
        // Mistakes in the configuration are found here, once.
        let experiment = try configured.experiment(List.self)
        let work = WorkDirectory.choose(
            option: workDir, configuration: experiment.configuration.workDir, name: experiment.name)
        let start = Date()
        try processes.launch(compute, logFolder: work) { arguments, attempt in
            let isResumed = attempt > 0 && WorkDirectory.hasCheckpoint(in: work, since: start)
            return isResumed ? argumentsThatResume(arguments) : arguments
        }
    }

    /// The configuration with what the command's own options change.
    private var configured: ConfigOptions {
        var config = config
        if let seed { config.overrides.append("train.seed=\(seed)") }
        // Before the user's own: `--set model.weights.at_least=…` may follow.
        if let initFrom {
            config.overrides.insert("model.weights={file: \(quoted(initFrom))}", at: 0)
        }
        return config
    }

    /// `text` as a YAML scalar.
    private func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }
}

extension TrainingStart {
    /// The value of `--resume`.
    init(option: String?) {
        self =
            switch option {
            case nil, "none": .firstIteration
            case "auto": .newestCheckpoint
            case .some(let path): .checkpoint(path)
            }
    }
}
