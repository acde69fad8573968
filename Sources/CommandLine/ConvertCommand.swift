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

    @Option(help: "With --config: the class count, where neither the file nor the data says it.")
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
        guard output.hasSuffix(".safetensors") else {
            throw ValidationError(
                "the output is a safetensors file: its name must end with .safetensors, found '\(output)'"
            )
        }
    }

    func run() throws {
        try AtomicFile.prove(output)
        let content = try WeightsFile.load(input)
        var tensors: [String: Tensor]
        var metadata = content.metadata
        if let config {
            tensors = try renamed(content, config)
        } else {
            tensors = try unwrapped(content)
        }
        if !keepTypes {
            tensors = try tensors.mapValues {
                [.float16, .bfloat16].contains($0.dtype) ? try $0.to(.float32) : $0
            }
        }
        // what readers of the format expect of PyTorch's weights
        if metadata["format"] == nil { metadata["format"] = "pt" }
        try TensorFile.save(
            tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, metadata: metadata,
            to: output)
        let count = tensors.values.reduce(0) { $0 + $1.count }
        print(
            "\(output): \(tensors.count) tensors, \(String(format: "%.2f", Double(count) / 1e6)) M numbers"
        )
    }

    /// The tensors of the file that can be read, without the names of wrappers; a line for each of
    /// the others.
    private func unwrapped(_ content: WeightsFile.Content) throws -> [String: Tensor] {
        let lost = content.unread.sorted { $0.key < $1.key }
        for (name, tensor) in lost { print("left out: \(name) \(tensor.problem)") }
        guard !content.tensors.isEmpty else {
            throw CheckpointError(
                path: input, problem: "holds no tensor that can be read",
                remedy: lost.first?.value.remedy)
        }
        let keys = WrapperNames(content.tensors.keys).keys
        return Dictionary(content.tensors.map { (keys[$0.key] ?? $0.key, $0.value) }) { first, _ in
            first
        }
    }

    /// What the model of `config` takes of the file, under its own keys.
    private func renamed(_ content: WeightsFile.Content, _ config: String) throws -> [String:
        Tensor]
    {
        let experiment = try Experiment(config, run: sweepRun, registry: Registry(List.plugins))
        let known = Checkpoint.classes(in: content.metadata) ?? classes.map(ClassList.placeholders)
        let model = try experiment.model(known ?? experiment.classes(of: "train"))
        let report = try model.loadPretrained(
            content.tensors, ignore: ignore, atLeast: 0, unread: content.unread, source: input)
        print("\(report)")
        let taken = Set(report.matched)
        return Dictionary(
            uniqueKeysWithValues: try model.namedTensors().filter { taken.contains($0.name) }.map {
                ($0.name, $0.tensor)
            })
    }
}
