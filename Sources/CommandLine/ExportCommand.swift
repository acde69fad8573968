import ArgumentParser
import DenseKitCore
import Foundation

/// `densekit export CONFIG WEIGHTS OUT`
struct ExportCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "export",
            abstract:
                "Write a trained model without its text encoder: the text embeddings of its classes are computed once and stored.",
            discussion: """
                OUT serves test and infer like the checkpoint, with the same results; neither the text encoder nor a vocabulary is needed. It \
                knows its own classes only, and cannot be trained further.
                """)
    }

    @OptionGroup var config: ConfigOptions
    @Argument(
        help: "A checkpoint directory, a .safetensors file, or a PyTorch file (.pt, .pth).",
        transform: FilePaths.expanded)
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
        let exported = try experiment.export(weights, to: output)
        func millions(_ count: Int) -> String { String(format: "%.2f M", Double(count) / 1e6) }
        print(
            "\(output): \(millions(exported.count)) numbers of \(millions(exported.trainedCount)), "
                + "with the text of \(exported.classes.count) classes")
    }
}
