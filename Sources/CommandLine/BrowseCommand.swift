import ArgumentParser
import DenseKit
import Foundation

/// `densekit browse CONFIG`
struct BrowseCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "browse",
            abstract: "Draw training samples as the network gets them, cropped, flipped and recoloured, with their labels.")
    }

    @OptionGroup var config: ConfigOptions

    @Option(help: "How many batches, from the first of the training on.")
    var batches = 1

    @Option(help: "Where the pictures go: OUT/vis and OUT/pred; `browse` if left out, none with --tensors alone.")
    var outDir: String?

    @Option(help: "Write the batches themselves to this safetensors file: images.N [n, 3, h, w] and labels.N [n, h, w].")
    var tensors: String?

    func validate() throws {
        guard (1...100_000).contains(batches) else { throw ValidationError("--batches must be 1…100000, found \(batches)") }
    }

    func run() throws {
        let session = try config.session(List.self)
        let dataset = try session.trainDataset()
        let loader = try session.trainLoader(dataset)
        defer { loader.stop() }
        let folder = outDir ?? (tensors == nil ? "browse" : nil)
        let samples = try folder.map { try SamplePictures($0, session, dataset) }
        var kept: [(name: String, tensor: Tensor)] = []
        for number in 0..<batches {
            guard let batch = try loader.next() else { break }
            for (place, item) in batch.items.enumerated() { try samples?.draw(item, name: "\(number)_\(place)") }
            guard tensors != nil else { continue }
            kept.append(("images.\(number)", try batch.images()))
            if let labels = try batch.targets().labels { kept.append(("labels.\(number)", labels)) }
        }
        if let tensors {
            try TensorFile.save(kept, to: tensors)
            print("\(batches) batches: \(tensors)")
        }
    }
}

/// Draws what becomes of the samples of a training batch.
private struct SamplePictures {
    private let pictures: Pictures
    private let dataset: any Dataset
    private let pipeline: Pipeline
    private let seed: UInt64

    init(_ folder: String, _ session: Session, _ dataset: any Dataset) throws {
        pictures = try Pictures(folder, classes: dataset.classes)
        self.dataset = dataset
        pipeline = try session.trainPipeline()
        seed = session.experiment.train.seed
    }

    /// The loader's sample once more: it is a function of seed, epoch and index.
    func draw(_ item: Batch.Item, name: String) throws {
        var sample = try dataset.sample(at: item.index)
        var random = SampleRandom(seed: seed, epoch: item.epoch, index: item.index)
        try pipeline(&sample, &random)
        // The 8-bit picture, as it is before it is normalised and padded.
        let image = sample.image
        guard let labels = sample.labels(in: Window(image.size)) else { return }
        print(
            try pictures.draw(
                labels, on: image, name: "\(name)_\(URL(filePath: item.name).deletingPathExtension().lastPathComponent)"))
    }
}
