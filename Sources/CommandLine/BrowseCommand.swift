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
        let dataset = try experiment.trainDataset()
        let loader = try experiment.trainLoader(dataset)
        defer { loader.stop() }
        let folder = outDir ?? (tensors == nil ? "browse" : nil)
        let samples = try folder.map { try SampleDrawings($0, experiment, dataset) }
        var kept: [(name: String, tensor: Tensor)] = []
        for number in 0..<batches {
            guard let batch = try loader.next() else { break }
            for skipped in batch.skipped { warn("skipped: \(skipped.reason)") }
            for place in batch.items.indices {
                try samples?.draw(batch, place, name: "\(number)_\(place)")
            }
            guard tensors != nil else { continue }
            kept.append(("images.\(number)", try batch.images()))
            kept += try batch.targets().named(number)
        }
        if let tensors {
            try TensorFile.save(kept, to: tensors)
            print("\(batches) batches: \(tensors)")
        }
    }
}

/// Draws what becomes of the samples of a training batch.
private struct SampleDrawings {
    private let drawings: PredictionWriter
    private let dataset: any Dataset
    private let pipeline: Pipeline
    private let seed: UInt64

    init(_ folder: String, _ experiment: Experiment, _ dataset: any Dataset) throws {
        drawings = try PredictionWriter(folder, classes: dataset.classes)
        self.dataset = dataset
        pipeline = try experiment.trainPipeline()
        seed = experiment.configuration.train.seed
    }

    /// The loader's sample once more: it is a function of seed, epoch and index.
    func draw(_ batch: Batch, _ place: Int, name: String) throws {
        let item = batch.items[place]
        var sample = try dataset.sample(at: item.index)
        var random = SampleRandom(seed: seed, epoch: item.epoch, index: item.index)
        try pipeline(&sample, &random)
        // The 8-bit image, as it is before it is normalised and padded.
        let image = sample.image
        guard
            let groundTruth = try sample.drawableTarget(in: PixelWindow(image.size))
                ?? batch.drawableInstances(
                    place, in: image.size)
                ?? sample.labels(in: PixelWindow(image.size)).map({ LabelPrediction($0) })
        else { return }
        print(
            try drawings.write(
                groundTruth, on: image,
                name:
                    "\(name)_\(URL(filePath: item.name).deletingPathExtension().lastPathComponent)")
        )
    }
}

extension Batch {
    /// The things of one image as the network learns them, in the part of the batch that is no
    /// padding; nil where the data set has none.
    fileprivate func drawableInstances(_ place: Int, in size: Size2D) throws -> (
        any ImagePrediction
    )? {
        guard let instances = instances?[place] else { return nil }
        var masks = try targets().instances?[place].masks.map { masks in
            try (0..<masks.size(0)).map { index in
                let mask = try masks.selected(0, index).narrowed(0, 0, size.height).narrowed(
                    1, 0, size.width)
                return try RunLengthMask(bitmap: mask.contiguous().bytes(), size: size)
            }[...]
        }
        return InstancePrediction(
            instances.map { instance in
                // Crowds have no masks: nothing is learnt from them.
                DetectedInstance(
                    box: instance.box, label: instance.label,
                    mask: instance.isCrowd ? nil : masks?.popFirst(),
                    isCrowd: instance.isCrowd)
            })
    }
}

extension Targets {
    /// The answers of batch `number`, by the names that `--tensors` says.
    fileprivate func named(_ number: Int) -> [(name: String, tensor: Tensor)] {
        var result: [(name: String, tensor: Tensor)] = []
        if let labels { result.append(("labels.\(number)", labels)) }
        for (name, tensor) in others.sorted(by: { $0.key < $1.key }) {
            result.append(("\(name).\(number)", tensor))
        }
        for (image, things) in (instances ?? []).enumerated() {
            result += [
                ("boxes", things.boxes), ("labels", things.labels),
                ("ignored_boxes", things.ignoredBoxes),
            ].map {
                ("\($0.0).\(number).\(image)", $0.1)
            }
            if let masks = things.masks { result.append(("masks.\(number).\(image)", masks)) }
        }
        return result
    }
}
