import DenseKitComponents
import DenseKitData

extension SegmentationTask: VisionTask {
    public var oneViewReason: String? { nil }
    public var takesClassMaps: Bool { true }

    public func mismatch(with dataset: any Dataset, training: Bool) -> DatasetMismatch? {
        guard dataset is any InstanceDataset else { return nil }
        return DatasetMismatch(
            head: "finds a class for every pixel", data: "annotates things one by one",
            remedy: "take a head that detects, such as MaskRCNN or RetinaNet, or a data set with label maps, such as ADE20K")
    }

    public func evaluator(
        of model: DenseModel, on dataset: any Dataset, _ options: EvaluationOptions
    ) throws -> any Evaluator {
        let inference =
            options.classMap?.unmapped == .excluded
            ? SegmentationInference(model, classes: options.classMap?.kept ?? [], mode: options.mode)
            : SegmentationInference(model, mode: options.mode)
        var evaluator = SegmentationEvaluator(inference, dataset, options.pipeline)
        evaluator.classMap = options.classMap
        evaluator.augmentation = options.augmentation ?? .none
        evaluator.workers = options.workers
        evaluator.device = options.device
        evaluator.precision = options.precision
        return evaluator
    }

    public func predictor(of model: DenseModel, mode: InferenceMode, words: [String]?) throws -> any ImagePredictor {
        guard let words else { return SegmentationInference(model, mode: mode) }
        return try SegmentationInference(model, words: words, mode: mode)
    }
}
