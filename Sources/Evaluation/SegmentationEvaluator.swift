import DenseKitComponents
import DenseKitData
import Foundation
import DenseKitVision

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
    /// The views of each image whose probabilities are averaged; one view by default.
    public var augmentation = Augmentation.none
    /// The classes to measure where the model was trained on another data set; nil where the
    /// classes are the same.
    public var classMap: ClassMap?
    /// Threads that read and transform images, shared among the scales of `augmentation`; 2 by
    /// default.
    public var workers = 2
    /// The device that the model computes on.
    public var device = Device.cpu
    /// The data type of autocast layers; nil computes in float32.
    public var precision: DType?

    /// An evaluator of one view on the CPU; set the other properties to change it.
    ///
    /// - Parameters:
    ///   - inference: the model, as it predicts
    ///   - dataset: to predict, with its label maps
    ///   - pipeline: transforms images before the network sees them
    public init(_ inference: SegmentationInference, _ dataset: any Dataset, _ pipeline: Pipeline) {
        self.inference = inference
        self.dataset = dataset
        self.pipeline = pipeline.forTest.padding(toAtLeast: inference.model.backbone.minimumSide)
    }

    /// Predicts every image and computes mIoU, mAcc and aAcc over the whole data set, at the
    /// original sizes of the images.
    ///
    /// - Parameter each: is called after each image, in the data set's order
    /// - Throws: `PredictionError` for an image that cannot be predicted, `ConfusionError` for
    ///   labels that do not fit the prediction, and what reading the data throws.
    public func evaluate(each: (EvaluatedImage) throws -> Void) throws -> any EvaluationReport {
        let scores = try inference.model.inInference { try count(each) }
        var report = SegmentationReport(scores, names: scoredNames)
        report.note = classMap?.summary
        return report
    }

    /// The names of the measured classes: those of the class map, else all of the data set.
    public var scoredNames: [String] { classMap?.names ?? dataset.classes.names }

    private func count(_ each: (EvaluatedImage) throws -> Void) throws -> SegmentationScores {
        let loaders = try augmentation.ratios.map { try DataLoader(dataset, ratio($0), options) }
        // Predictions of classes that are not shared are counted as one more, which is then left
        // out.
        var counts = ConfusionCounts(classCount: scoredNames.count + (classMap == nil ? 0 : 1))
        for index in 0..<dataset.count {
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
        return SegmentationScores(classMap == nil ? counts : counts.first(scoredNames.count))
    }

    private func ratio(_ ratio: Double) -> any Transform {
        ratio == 1 ? pipeline : pipeline.scaled(by: ratio)
    }

    private var options: DataLoader.Options {
        var options = DataLoader.Options()
        options.shuffles = false
        options.epochs = 1
        options.workers = max(1, workers / augmentation.ratios.count)
        options.keepsOriginalLabels = true
        return options
    }

    /// The class of every pixel of an image, from the same image at one scale or several.
    private func predict(_ batches: [Batch]) throws -> LabelMap {
        let original = batches[0].items[0].originalSize
        let labels = try withAutocast(precision, on: device) {
            let views = try batches.flatMap { batch in try self.views(batch) }
            return try inference.labels(views, size: Size2D(original.height, original.width))
        }
        return try LabelMap(labels)
    }

    /// An image as it is and, where wanted, mirrored.
    private func views(_ batch: Batch) throws -> [SegmentationView] {
        let image = try batch.images(on: device)
        let size = Size2D(batch.geometries[0].size.height, batch.geometries[0].size.width)
        let plain = try inference.view(image, imageSize: size)
        return augmentation.flip
            ? [plain, try inference.mirroredView(image, imageSize: size)] : [plain]
    }
}
