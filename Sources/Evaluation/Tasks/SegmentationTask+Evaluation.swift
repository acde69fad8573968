import DenseKitComponents
import DenseKitData

extension SegmentationTask: VisionTask {
    /// Nil: windows, scales and flipped views have an effect.
    public var oneViewReason: String? { nil }
    /// True: a model can be measured on the classes that it shares with another data set.
    public var takesClassMaps: Bool { true }

    /// A mismatch where the data set annotates instances.
    public func mismatch(with dataset: any Dataset, training: Bool) -> DatasetMismatch? {
        guard dataset is any InstanceDataset else { return nil }
        return DatasetMismatch(
            head: "finds a class for every pixel", data: "annotates separate instances",
            remedy:
                "take a head that detects, such as MaskRCNN or RetinaNet, or a data set with label maps, such as ADE20K"
        )
    }

    /// A `SegmentationEvaluator`; a class map that excludes unmapped predictions limits inference
    /// to the mapped classes.
    public func evaluator(
        of model: DenseModel, on dataset: any Dataset, _ options: EvaluationOptions
    ) throws -> any Evaluator {
        let inference =
            options.classMap?.unmapped == .excluded
            ? SegmentationInference(
                model, classes: options.classMap?.mappedClasses ?? [], mode: options.mode)
            : SegmentationInference(model, mode: options.mode)
        return SegmentationEvaluator(inference, dataset, options)
    }

    /// A `SegmentationInference` over the model's classes, or over `classNames` in place of them.
    /// - Throws: `LanguageError` where `classNames` is not nil and the model has no score map.
    public func predictor(of model: DenseModel, mode: InferenceMode, classNames: [String]?) throws
        -> any ImagePredictor
    {
        guard let classNames else { return SegmentationInference(model, mode: mode) }
        return try SegmentationInference(model, classNames: classNames, mode: mode)
    }
}
