import ArgumentParser
import DenseKit
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

    @Argument(help: "The file to read.", transform: Paths.expanded)
    var input: String

    @Argument(help: "The safetensors file to write.", transform: Paths.expanded)
    var output: String

    @Option(help: "Write the tensors that the model of this configuration takes, under its keys.", transform: Paths.expanded)
    var config: String?

    @Option(help: "With --config: the class count, where neither the file nor the data says it.")
    var classes: Int?

    @Flag(help: "Keep half precision.")
    var keepTypes = false

    func validate() throws {
        if let classes, classes < 1 { throw ValidationError("--classes must be at least 1, found \(classes)") }
        guard output.hasSuffix(".safetensors") else {
            throw ValidationError("the output is a safetensors file: its name must end with .safetensors, found '\(output)'")
        }
    }

    func run() throws {
        try AtomicFile.prove(output)
        var (tensors, metadata) = try WeightsFile.load(input)
        if let config { tensors = try renamed(tensors, metadata, config) }
        if !keepTypes {
            tensors = try tensors.mapValues { [.float16, .bfloat16].contains($0.dtype) ? try $0.to(.float32) : $0 }
        }
        if metadata["format"] == nil { metadata["format"] = "pt" }  // what readers of the format expect of PyTorch's weights
        try TensorFile.save(tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, metadata: metadata, to: output)
        let count = tensors.values.reduce(0) { $0 + $1.count }
        print("\(output): \(tensors.count) tensors, \(String(format: "%.2f", Double(count) / 1e6)) M numbers")
    }

    /// What the model of `config` takes of the file, under its own keys.
    private func renamed(
        _ tensors: [String: Tensor], _ metadata: [String: String], _ config: String
    ) throws -> [String: Tensor] {
        let session = try Session(config, registry: try Registry(List.plugins))
        let known = Checkpoint.classes(in: metadata) ?? classes.map(ClassList.placeholders)
        let model = try session.model(known ?? session.classes(of: "train"))
        let report = try model.loadPretrained(tensors, atLeast: 0, source: input)
        print("\(report)")
        let taken = Set(report.matched)
        return Dictionary(
            uniqueKeysWithValues: try model.namedTensors().filter { taken.contains($0.name) }.map { ($0.name, $0.tensor) })
    }
}
