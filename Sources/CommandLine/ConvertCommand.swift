import ArgumentParser
import DenseKitCore
import Foundation

/// `densekit convert IN OUT`
struct ConvertCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "convert",
            abstract:
                "Write weights of any kind as safetensors, with a checksum for each tensor. Nothing in the file is executed.",
            discussion: """
                IN may be a checkpoint of a run, safetensors, or what PyTorch wrote: .pt and .pth of state dicts, training checkpoints and \
                TorchScript archives. Keys stay those of the file, without wrappers such as state_dict and module.; with --config they \
                become the model's. Half precision becomes float32.
                """)
    }

    @Argument(help: "The file to read.", transform: FilePaths.expanded)
    var input: String

    @Argument(help: "The safetensors file to write.", transform: FilePaths.expanded)
    var output: String

    @Option(
        help: "Write the tensors that the model of this configuration takes, under its keys.",
        transform: FilePaths.expanded)
    var config: String?

    @Option(name: .customLong("run"), help: "With --config: one run of a sweep, by its name.")
    var sweepRun: String?

    @Option(
        help:
            "With --config: the class count, if the file does not name the classes; those of the training data if left out."
    )
    var classes: Int?

    @Option(
        parsing: .upToNextOption,
        help:
            "With --config: beginnings of the file's keys that have no place in the model and are left out, as `ignore` of weights."
    )
    var ignore: [String] = []

    @Flag(help: "Keep half precision.")
    var keepTypes = false

    func validate() throws {
        if sweepRun != nil, config == nil {
            throw ValidationError("--run needs --config: it names a run of that sweep")
        }
        if let classes, classes < 1 {
            throw ValidationError("--classes must be at least 1, found \(classes)")
        }
        if config == nil, classes != nil || !ignore.isEmpty {
            throw ValidationError(
                "--classes and --ignore need --config: without it, every tensor of the file is written"
            )
        }
        guard output.hasSuffix(".safetensors") else {
            throw ValidationError(
                "the output is a safetensors file: its name must end with .safetensors, found '\(output)'"
            )
        }
    }

    func run() throws {
        try AtomicFile.prove(output)
        let weights = try converted()
        for (name, tensor) in weights.leftOut { print("left out: \(name) \(tensor.problem)") }
        if let report = weights.report { print("\(report)") }
        try weights.write(to: output)
        let count = weights.tensors.values.reduce(0) { $0 + $1.count }
        let millions = String(format: "%.2f", Double(count) / 1e6)
        print("\(output): \(weights.tensors.count) tensors, \(millions) M numbers")
    }

    private func converted() throws -> ConvertedWeights {
        guard let config else { return try ConvertedWeights(input, keepingTypes: keepTypes) }
        let registry = try Registry(List.plugins)
        let experiment = try Experiment(config, run: sweepRun, registry: registry)
        return try ConvertedWeights(
            input, for: experiment, classes: classes, ignore: ignore, keepingTypes: keepTypes)
    }
}
