import DenseKitComponents
import DenseKitData
import DenseKitEvaluation

extension Experiment {
    /// How images are given to `model` at test time.
    ///
    /// - Throws: `ConfigurationError` for windows that are smaller than its backbone accepts,
    ///   `SettingError` for sizes out of range.
    private func mode(for model: DenseModel) throws -> InferenceMode {
        let mode = try configuration.test.inferenceMode
        guard case .slide(let crop, _) = mode,
            min(crop.height, crop.width) < model.backbone.minimumSide
        else { return mode }
        throw ConfigurationError(
            at: node.location(of: ["test", "crop"]) ?? .file(file),
            "test.crop: windows of \(crop.height)×\(crop.width) pixels are smaller than the backbone accepts",
            hint: "it needs \(model.backbone.minimumSide) pixels a side")
    }

    /// The evaluator of `model` on `dataset`, made by the task of the model's head.
    ///
    /// - Parameters:
    ///   - model: in inference mode
    ///   - dataset: with annotations for the model's head
    ///   - augmented: whether to use test-time augmentation, as `test.ratios` and `test.flip` set
    /// - Throws: `ExperimentError` where the data set lacks the annotations that the head needs,
    ///   `InferenceError` for a detector with test-time augmentation, `ConfigurationError` for
    ///   windows smaller than the backbone's smallest side.
    public func evaluator(_ model: DenseModel, _ dataset: any Dataset, augmented: Bool = false)
        throws -> any Evaluator
    {
        try check(dataset, "val", fits: model)
        return try model.task.evaluator(
            of: model, on: dataset, evaluationOptions(model, augmented: augmented))
    }

    /// How `model` is measured.
    func evaluationOptions(_ model: DenseModel, augmented: Bool) throws -> EvaluationOptions {
        try checkPrecision(of: .test)
        var options = EvaluationOptions(pipeline: try testPipeline())
        if try model.task.oneViewReason == nil { options.mode = try mode(for: model) }
        if augmented {
            options.augmentation = .init(
                ratios: configuration.test.ratios, flip: configuration.test.flip)
        }
        options.workers = configuration.data.workers
        options.device = device
        options.precision = configuration.test.precision.dtype
        return options
    }

    /// The predictor of single images with `model`.
    ///
    /// - Parameters:
    ///   - model: in inference mode
    ///   - classNames: class names in place of the model's; nil for the model's
    /// - Throws: `InferenceError` for class names given to a detector, `LanguageError` where the
    ///   model takes none, `ConfigurationError` for windows smaller than the backbone's smallest
    ///   side.
    public func predictor(_ model: DenseModel, classNames: [String]? = nil) throws
        -> any ImagePredictor
    {
        try model.task.predictor(of: model, mode: mode(for: model), classNames: classNames)
    }
}
