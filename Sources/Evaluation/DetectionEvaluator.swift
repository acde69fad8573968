import DenseKitComponents
import DenseKitData
import DenseKitVision

/// Measures a detector on a data set as COCO does: average precision of boxes and, where the head
/// has them, of masks.
public struct DetectionEvaluator: Evaluator {
    /// The detector under evaluation.
    public let inference: DetectionInference
    /// The data set with the ground truth.
    public let dataset: any Dataset
    /// The transforms before the network: the given pipeline in its test form, with padding to the
    /// backbone's smallest side.
    public let pipeline: Pipeline
    private let groundTruth: any InstanceDataset
    private let options: EvaluationOptions

    /// An evaluator of one view of every image.
    ///
    /// - Parameters:
    ///   - inference: the model, as it predicts
    ///   - dataset: to predict, with its annotations
    ///   - options: the transforms, the threads that read, the device, the precision and the
    ///     processes
    public init(
        _ inference: DetectionInference, _ dataset: any InstanceDataset,
        _ options: EvaluationOptions
    ) {
        self.inference = inference
        self.dataset = dataset
        groundTruth = dataset
        self.options = options
        pipeline = options.pipeline(for: inference.model)
    }

    /// Six average precisions of boxes and, where the head predicts masks, of masks: `bbox_mAP`,
    /// `bbox_mAP_50`, …, `segm_mAP_l`.
    public var metricNames: [String]? {
        DetectionReport.metricNames(hasMasks ? [.boxes, .masks] : [.boxes])
    }

    private var hasMasks: Bool { (inference.model.head.task as? DetectionTask)?.masks ?? false }

    /// Detects in every image and computes COCO's metrics: of boxes and, where the head predicts
    /// masks and the data set has them, of masks. Several processes detect in their images; all
    /// detections are gathered on each of them.
    ///
    /// - Parameter each: is called after each image of this process, in the data set's order
    /// - Throws: `PredictionError` for an image that cannot be predicted, what reading the data
    ///   throws, and `OtherProcessError` where another process failed.
    public func evaluate(each: (EvaluatedImage) throws -> Void) throws -> any EvaluationReport {
        let shard = EvaluationShard(of: dataset, over: options.processes)
        let own = try shard.evaluate { try inference.model.inInference { try detect(shard, each) } }
        let seen = try shard.gathered(own)
        return try shard.processes.onAll {
            try DetectionReport(seen, groundTruth, masks: hasMasks)
        }
    }

    /// The detections in the images of `shard`.
    private func detect(_ shard: EvaluationShard, _ each: (EvaluatedImage) throws -> Void) throws
        -> [ImageDetections]
    {
        // Masks of the batch's size are not needed.
        let loader = try DataLoader(dataset, pipeline, options.loading())
        defer { loader.stop() }
        var seen: [ImageDetections] = []
        for index in shard.indices {
            guard let batch = try loader.next() else { break }
            let instances = try naming(batch) {
                try withAutocast(options.precision, on: options.device) {
                    let images = try batch.images(on: options.device)
                    return try inference.instances(images, batch.geometries[0])
                }
            }
            try each(
                EvaluatedImage(
                    index: index, name: batch.names[0],
                    prediction: InstancePrediction(instances)))
            seen.append(
                ImageDetections(
                    name: batch.names[0], size: batch.geometries[0].originalSize,
                    instances: instances))
        }
        return seen
    }
}
