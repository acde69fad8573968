import ArgumentParser
import DenseKitCore
import Foundation

/// `densekit browse CONFIG`
struct BrowseCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "browse",
            abstract:
                "Draw training samples as the network gets them, cropped, flipped and recoloured, with their labels."
        )
    }

    @OptionGroup var config: ConfigOptions

    @Option(help: "How many batches, from the first of the training on.")
    var batches = 1

    @Option(
        help:
            "Where the drawings go: OUT/vis and OUT/pred; `browse` if left out, none with --tensors alone.",
        transform: FilePaths.expanded)
    var outDir: String?

    @Option(
        help:
            "Write the batches themselves to this safetensors file: images.N [n, 3, h, w], and labels.N [n, h, w] or, for instances in image I, boxes.N.I [g, 4], labels.N.I [g], ignored_boxes.N.I and masks.N.I [g, h, w].",
        transform: FilePaths.expanded)
    var tensors: String?

    func validate() throws {
        guard (1...100_000).contains(batches) else {
            throw ValidationError("--batches must be 1…100000, found \(batches)")
        }
    }

    func run() throws {
        if let tensors { try AtomicFile.prove(tensors) }
        let experiment = try config.experiment(List.self)
        let preview = try TrainingPreview(experiment)
        let folder = outDir ?? (tensors == nil ? "browse" : nil)
        let writer = try folder.map { try PredictionWriter($0, classes: preview.classes) }
        var kept: [(name: String, tensor: Tensor)] = []
        var count = 0
        for number in 0..<batches {
            guard let batch = try preview.next() else { break }
            count += 1
            for skipped in batch.skipped { warn("skipped: \(skipped.reason)") }
            if let writer {
                for place in batch.items.indices {
                    guard let sample = try preview.sample(place, of: batch) else { continue }
                    let name = URL(filePath: sample.name).deletingPathExtension().lastPathComponent
                    let path = try writer.write(
                        sample.target, on: sample.image, name: "\(number)_\(place)_\(name)")
                    print(path)
                }
            }
            if tensors != nil { kept += try batch.namedTensors(number: number) }
        }
        if let tensors {
            try TensorFile.save(kept, to: tensors)
            print("\(count) batches: \(tensors)")
        }
    }
}
