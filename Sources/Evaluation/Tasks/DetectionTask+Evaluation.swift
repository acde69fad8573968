import DenseKitComponents
import DenseKitData

extension DetectionTask: VisionTask {
    /// Reports that a detector takes the whole image at one scale.
    public var oneViewReason: String? { "a detector takes the whole image at one scale" }
    /// True: reports write COCO results files.
    public var writesResults: Bool { true }
    /// Whether the head predicts masks.
    public var wantsMasks: Bool { masks }

    /// A mismatch where the data set has no instances, or where a head with masks is to be trained
    /// on boxes alone.
    public func mismatch(with dataset: any Dataset, training: Bool) -> DatasetMismatch? {
        guard let dataset = dataset as? any InstanceDataset else {
            return DatasetMismatch(
                head: "finds separate instances", data: "has a class for every pixel",
                remedy:
                    "take a data set with boxes, such as COCODetection, or a head that segments, such as SemanticFPN"
            )
        }
        // Without them boxes can still be measured, but masks not be trained.
        guard training, masks, !dataset.hasMasks else { return nil }
        return DatasetMismatch(
            head: "is trained on masks", data: "gives boxes alone",
            remedy:
                "let it read masks (`masks: true`), or take the head's masks away (`mask: null`)")
    }

    /// A `DetectionEvaluator`.
    /// - Throws: `InferenceError` for several views of an image, and for a data set without
    ///   instances.
    public func evaluator(
        of model: DenseModel, on dataset: any Dataset, _ options: EvaluationOptions
    ) throws -> any Evaluator {
        guard options.augmentation == nil else { throw InferenceError.viewsForDetection }
        guard let dataset = dataset as? any InstanceDataset else {
            throw InferenceError.notDetection
        }
        return DetectionEvaluator(DetectionInference(model), dataset, options)
    }

    /// A `DetectionInference`; `mode` has no effect.
    /// - Throws: `InferenceError.classNamesForDetection` where `classNames` is not nil.
    public func predictor(of model: DenseModel, mode: InferenceMode, classNames: [String]?) throws
        -> any ImagePredictor
    {
        guard classNames == nil else { throw InferenceError.classNamesForDetection }
        return DetectionInference(model)
    }
}
