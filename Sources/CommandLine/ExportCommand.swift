import ArgumentParser
import DenseKitCore
import Foundation

/// `densekit export CONFIG WEIGHTS OUT`
struct ExportCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "export",
            abstract:
                "Write a trained model without its text encoder: the text of its classes is computed once and cached.",
            discussion: """
                OUT serves test and infer like the checkpoint, with the same results; neither the text encoder nor a vocabulary is needed. It \
                knows its own classes only, and cannot be trained further.
                """)
    }

    @OptionGroup var config: ConfigOptions
    @Argument(
        help: "A checkpoint directory, or a .safetensors file.", transform: FilePaths.expanded)
    var weights: String
    @Argument(help: "The safetensors file to write.", transform: FilePaths.expanded)
    var output: String
    @OptionGroup var compute: ComputeOptions

    func validate() throws {
        guard output.hasSuffix(".safetensors") else {
            throw ValidationError(
                "the output is a safetensors file: its name must end with .safetensors, found '\(output)'"
            )
        }
    }

    func run() throws {
        let device = try compute.start()
        try AtomicFile.prove(output)
        let experiment = try config.experiment(List.self, device: device)
        let (model, classes) = try experiment.trainedModel(
            weights, unnamed: experiment.classes(of: "val"))
        let small = try model.cachingText { try experiment.model(classes, textIsCached: true) }
        let kept = try small.namedTensors().map { ($0.name, $0.tensor) }
        let info = Checkpoint.ModelInfo(
            classes: classes, configuration: experiment.node.yaml(), textIsCached: true)
        try TensorFile.save(kept, metadata: info.metadata, to: output)
        func millions(_ model: DenseModel) throws -> String {
            String(
                format: "%.2f M",
                Double(try model.namedTensors().reduce(0) { $0 + $1.tensor.count }) / 1e6)
        }
        try print(
            "\(output): \(millions(small)) numbers of \(millions(model)), with the text of \(classes.count) classes"
        )
    }
}
