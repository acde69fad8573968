import DenseKitComponents
import DenseKitData
import DenseKitEvaluation

extension Experiment {
    /// How `model` sees images at test time.
    ///
    /// - Throws: `ConfigurationError` for windows that are smaller than its backbone can see, `SettingError` for sizes out of range.
    private func mode(for model: DenseModel) throws -> InferenceMode {
        let mode = try configuration.test.inferenceMode
        guard case .slide(let crop, _) = mode, min(crop.height, crop.width) < model.backbone.minimumSide else { return mode }
        throw ConfigurationError(
            at: node.location(of: ["test", "crop"]) ?? .file(file),
            "test.crop: windows of \(crop.height)×\(crop.width) pixels are smaller than the backbone can see",
            hint: "it needs \(model.backbone.minimumSide) pixels a side")
    }

    /// What measures `model` on `dataset`: the head decides.
    ///
    /// - Parameter augmented: whether every image is seen at several scales, as `test.ratios` and `test.flip` say
    /// - Throws: `ExperimentError` where the data set has not what the head predicts, `InferenceError` for a detector at several scales.
    public func evaluator(_ model: DenseModel, _ dataset: any Dataset, augmented: Bool = false) throws -> any Evaluator {
        try check(dataset, "val", fits: model)
        switch model.head.task {
        case .segmentation:
            let inference = SegmentationInference(model, mode: try mode(for: model))
            var evaluator = SegmentationEvaluator(inference, dataset, try testPipeline())
            if augmented { evaluator.augmentation = .init(ratios: configuration.test.ratios, flip: configuration.test.flip) }
            evaluator.workers = configuration.data.workers
            evaluator.device = device
            evaluator.precision = configuration.test.precision.dtype
            return evaluator
        case .detection:
            guard !augmented else { throw InferenceError.viewsForDetection }
            guard let things = dataset as? any InstanceDataset else { throw InferenceError.notDetection }
            var evaluator = DetectionEvaluator(DetectionInference(model), things, try testPipeline())
            evaluator.workers = configuration.data.workers
            evaluator.device = device
            evaluator.precision = configuration.test.precision.dtype
            return evaluator
        }
    }

    /// What predicts single images with `model`.
    ///
    /// - Parameter words: other words than the model's classes
    /// - Throws: `InferenceError` for words for a detector, `LanguageError` for a model that knows no words.
    public func predictor(_ model: DenseModel, words: [String]? = nil) throws -> any ImagePredictor {
        let mode = try mode(for: model)
        switch (model.head.task, words) {
        case (.segmentation, nil): return SegmentationInference(model, mode: mode)
        case (.segmentation, .some(let words)): return try SegmentationInference(model, words: words, mode: mode)
        case (.detection, nil): return DetectionInference(model)
        case (.detection, .some): throw InferenceError.wordsForDetection
        }
    }
}
