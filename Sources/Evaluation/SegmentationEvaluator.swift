import DenseKitComponents
import DenseKitData
import DenseKitVision
import Foundation

/// Measures a segmentation model on a data set: mIoU and related metrics, at one scale or several.
public struct SegmentationEvaluator: Evaluator {
    /// The views of test-time augmentation: scales and flips.
    public typealias Augmentation = EvaluationOptions.Augmentation

    /// The segmentation model and its inference mode.
    public let inference: SegmentationInference
    /// The data set with the ground truth.
    public let dataset: any Dataset
    /// The transforms before the network: the given pipeline in its test form, with padding to the
    /// backbone's smallest side.
    public let pipeline: Pipeline
    private let options: EvaluationOptions

    /// An evaluator of the views that `options` name, whose probabilities are averaged.
    ///
    /// - Parameters:
    ///   - inference: the model, as it predicts
    ///   - dataset: to predict, with its label maps
    ///   - options: the transforms, the views, the classes to measure, the threads that read
    ///     (shared among the scales), the device, the precision and the processes
    public init(
        _ inference: SegmentationInference, _ dataset: any Dataset, _ options: EvaluationOptions
    ) {
        self.inference = inference
        self.dataset = dataset
        self.options = options
        pipeline = options.pipeline(for: inference.model)
    }

    /// `aAcc`, `mIoU` and `mAcc`.
    public var metricNames: [String]? { SegmentationScores.summaryNames() }

    /// Predicts every image and computes mIoU, mAcc and aAcc over the whole data set, at the
    /// original sizes of the images. Several processes count the pixels of their images; the counts
    /// are summed.
    ///
    /// - Parameter each: is called after each image of this process, in the data set's order
    /// - Throws: `PredictionError` for an image that cannot be predicted, `ConfusionError` for
    ///   labels that do not fit the prediction, what reading the data throws, and
    ///   `OtherProcessError` where another process failed.
    public func evaluate(each: (EvaluatedImage) throws -> Void) throws -> any EvaluationReport {
        let scores = try SegmentationScores(counts(each).first(scoredNames.count))
        var report = SegmentationReport(scores, names: scoredNames)
        report.note = classMap?.summary
        return report
    }

    /// The names of the measured classes: those of the class map, else all of the data set.
    public var scoredNames: [String] { classMap?.names ?? dataset.classes.names }

    private var augmentation: Augmentation { options.augmentation ?? .none }
    private var classMap: ClassMap? { options.classMap }

    /// The pixels of all images. Where there is a class map, predictions of classes that are not
    /// shared are counted as one class more, the last.
    func counts(_ each: (EvaluatedImage) throws -> Void) throws -> ConfusionCounts {
        let shard = EvaluationShard(of: dataset, over: options.processes)
        let own = try shard.evaluate {
            try inference.model.inInference { try count(shard, each) }
        }
        return try own.summed(over: options.processes)
    }

    /// The pixels of the images of `shard`.
    private func count(_ shard: EvaluationShard, _ each: (EvaluatedImage) throws -> Void) throws
        -> ConfusionCounts
    {
        let ratios = augmentation.ratios
        let loading = options.loading(shared: ratios.count)
        let loaders = try ratios.map { try DataLoader(dataset, ratio($0), loading) }
        var counts = ConfusionCounts(classCount: scoredNames.count + (classMap == nil ? 0 : 1))
        for index in shard.indices {
            let batches = try loaders.compactMap { try $0.next() }
            guard let first = batches.first, batches.count == loaders.count else { break }
            let found = try naming(first) { try predict(batches) }
            guard let labels = first.originalLabels.first ?? nil else { throw TargetError.noLabels }
            let prediction = classMap?.predicted(found) ?? found
            try counts.add(prediction: prediction, label: classMap?.labelled(labels) ?? labels)
            let drawn = classMap?.drawn(prediction) ?? prediction
            try each(
                EvaluatedImage(
                    index: index, name: first.names[0], prediction: LabelPrediction(drawn)))
        }
        return counts
    }

    private func ratio(_ ratio: Double) -> any Transform {
        ratio == 1 ? pipeline : pipeline.scaled(by: ratio)
    }

    /// The class of every pixel of an image, from the same image at one scale or several.
    private func predict(_ batches: [Batch]) throws -> LabelMap {
        let original = batches[0].items[0].originalSize
        let labels = try withAutocast(options.precision, on: options.device) {
            let views = try batches.flatMap { batch in try self.views(batch) }
            return try inference.labels(views, size: Size2D(original.height, original.width))
        }
        return try LabelMap(labels)
    }

    /// An image as it is and, where wanted, mirrored.
    private func views(_ batch: Batch) throws -> [SegmentationView] {
        let image = try batch.images(on: options.device)
        let size = Size2D(batch.geometries[0].size.height, batch.geometries[0].size.width)
        let plain = try inference.view(image, imageSize: size)
        return augmentation.flip
            ? [plain, try inference.mirroredView(image, imageSize: size)] : [plain]
    }
}
