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
    /// Threads that read and transform images; 2 by default.
    public var workers = 2
    /// The device that the model computes on.
    public var device = Device.cpu
    /// The data type of autocast layers; nil computes in float32.
    public var precision: DType?
    private let groundTruth: any InstanceDataset

    /// An evaluator on the CPU; set `device`, `workers` and `precision` to change it.
    ///
    /// - Parameters:
    ///   - inference: the model, as it predicts
    ///   - dataset: to predict, with its annotations
    ///   - pipeline: transforms images before the network sees them
    public init(
        _ inference: DetectionInference, _ dataset: any InstanceDataset, _ pipeline: Pipeline
    ) {
        self.inference = inference
        self.dataset = dataset
        groundTruth = dataset
        self.pipeline = pipeline.forTest.padding(toAtLeast: inference.model.backbone.minimumSide)
    }

    /// Detects in every image and computes COCO's metrics: of boxes and, where the head predicts
    /// masks and the data set has them, of masks.
    ///
    /// - Parameter each: is called after each image, in the data set's order
    /// - Throws: `PredictionError` for an image that cannot be predicted, and what reading the data
    ///   throws.
    public func evaluate(each: (EvaluatedImage) throws -> Void) throws -> any EvaluationReport {
        let seen = try inference.model.inInference { try detect(each) }
        return try DetectionReport(
            seen, groundTruth, masks: (inference.model.head.task as? DetectionTask)?.masks ?? false)
    }

    /// What is seen in every image of the data set.
    private func detect(_ each: (EvaluatedImage) throws -> Void) throws -> [DetectionReport
        .ImageDetections]
    {
        var options = DataLoader.Options()
        options.shuffles = false
        options.epochs = 1
        options.workers = workers
        options.keepsOriginalLabels = true  // masks of the batch's size are not needed
        let loader = try DataLoader(dataset, pipeline, options)
        defer { loader.stop() }
        var seen: [DetectionReport.ImageDetections] = []
        while let batch = try loader.next() {
            let instances = try naming(batch) {
                try withAutocast(precision, on: device) {
                    try inference.instances(batch.images(on: device), batch.geometries[0])
                }
            }
            try each(
                EvaluatedImage(
                    index: seen.count, name: batch.names[0],
                    prediction: InstancePrediction(instances)))
            seen.append(
                DetectionReport.ImageDetections(
                    name: batch.names[0], size: batch.geometries[0].originalSize,
                    instances: instances))
        }
        return seen
    }
}
