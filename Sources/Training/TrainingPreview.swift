import DenseKitComponents
import DenseKitData
import DenseKitEvaluation
import DenseKitVision

/// The batches of training as the network receives them, from the first one on, and their samples
/// to draw.
///
///     let preview = try TrainingPreview(experiment)
///     if let batch = try preview.next(), let sample = try preview.sample(0, of: batch) {
///         try sample.drawing().write(to: "sample.png")
///     }
public final class TrainingPreview {
    /// The classes of the training set.
    public let classes: ClassList
    private let dataset: any Dataset
    private let loader: DataLoader
    private let pipeline: Pipeline
    private let seed: UInt64

    /// Opens the training set of `experiment` and starts to read its batches.
    ///
    /// - Throws: what opening the data set and its transforms throw.
    public init(_ experiment: Experiment) throws {
        dataset = try experiment.trainDataset()
        loader = try experiment.trainLoader(dataset)
        pipeline = try experiment.trainPipeline()
        classes = dataset.classes
        seed = experiment.configuration.train.seed
    }

    /// The next batch; its tensors are `images()` and `targets()`. nil at the end of the data set.
    ///
    /// - Throws: `DataError` for an image that cannot be read, where such images are not skipped.
    public func next() throws -> Batch? { try loader.next() }

    /// A sample of a batch to draw: cropped, flipped and recoloured as the network receives it,
    /// before it is normalised and padded. nil where it has no target that can be drawn.
    ///
    /// - Parameters:
    ///   - place: of the sample in the batch, from 0
    ///   - batch: a batch of this preview
    public func sample(_ place: Int, of batch: Batch) throws -> TrainingSample? {
        // The loader's sample once more: it is a function of seed, epoch and index.
        let item = batch.items[place]
        var sample = try dataset.sample(at: item.index)
        var random = SampleRandom(seed: seed, epoch: item.epoch, index: item.index)
        try pipeline(&sample, &random)
        let image = sample.image
        let window = PixelWindow(image.size)
        let labels = sample.labels(in: window).map { LabelPrediction($0) }
        let drawable =
            try sample.drawableTarget(in: window) ?? batch.drawableInstances(place, in: image.size)
        return (drawable ?? labels).map {
            TrainingSample(name: item.name, image: image, target: $0, classes: classes)
        }
    }
}

/// An image of training with its target, as the network receives them.
public struct TrainingSample: Sendable {
    /// The name of the image in the data set.
    public let name: String
    /// The image, before it is normalised and padded.
    public let image: RGBImage
    /// The target in pixels of the image: a class for every pixel (`LabelPrediction`), instances
    /// (`InstancePrediction`), or a target of another task.
    public let target: any ImagePrediction
    /// The classes of the target.
    public let classes: ClassList

    /// The target drawn on its image: label maps with a legend, instances with names.
    ///
    /// - Parameter opacity: of the colours, 0…1
    public func drawing(opacity: Double = 0.5) -> RGBImage {
        target.drawing(on: image, classes: classes, opacity: opacity)
    }
}

extension Batch {
    /// The instances of one image, in the part of the batch that is not padding; nil where the data
    /// set has none.
    fileprivate func drawableInstances(_ place: Int, in size: Size2D) throws -> (
        any ImagePrediction
    )? {
        guard let instances = instances?[place] else { return nil }
        var masks = try targets().instances?[place].masks.map { masks in
            try (0..<masks.size(0)).map { index in
                let mask = try masks.selected(0, index)
                let inside = try mask.narrowed(0, 0, size.height).narrowed(1, 0, size.width)
                let bitmap = try inside.contiguous().bytes()
                return try RunLengthMask(bitmap: bitmap, size: size)
            }[...]
        }
        return InstancePrediction(
            instances.map { instance in
                // Crowds have no masks: nothing is learned from them.
                DetectedInstance(
                    box: instance.box, label: instance.label,
                    mask: instance.isCrowd ? nil : masks?.popFirst(), isCrowd: instance.isCrowd)
            })
    }
}
