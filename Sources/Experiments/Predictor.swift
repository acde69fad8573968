import DenseKitCheckpoints
import DenseKitComponents
import DenseKitConfiguration
import DenseKitData
import DenseKitEvaluation
import DenseKitVision

/// A trained model with everything that an image goes through on its way in and out: reading, the test pipeline, the network, sizes.
///
///     let predictor = try Predictor("work_dirs/street/best_mIoU_iter_8000")
///     let result = try predictor("street.jpg")
///     try result.drawing().write(to: "street.png")
public struct Predictor {
    /// The configuration of the model.
    public let experiment: Experiment
    /// The network, in inference mode.
    public let model: DenseModel
    /// What the model finds: the classes that it was trained for, or the other names that were given.
    public let classes: ClassList

    private let predictor: any ImagePredictor
    private let pipeline: Pipeline
    private let policy: ImagePolicy

    /// Predicts with the model of `experiment` and the weights at `weights`: a checkpoint directory, a safetensors file, or a file of
    /// PyTorch's.
    ///
    /// - Parameter classNames: other classes than the model was trained for, where it takes names: the score map alone decides then
    /// - Throws: `LoadError` for another model's weights, `CheckpointError` where nothing says which classes they were trained for,
    ///   `InferenceError` and `LanguageError` for names that the model cannot take, and what building the model throws.
    public init(_ experiment: Experiment, weights: String, classNames: [String]? = nil) throws {
        try self.init(experiment, try WeightsFile.load(weights), at: weights, classNames: classNames)
    }

    /// Predicts with a checkpoint that training wrote: model, classes and the way of testing are those of the configuration in it.
    ///
    /// - Parameters:
    ///   - registry: the components that the configuration may name
    ///   - device: where to compute
    /// - Throws: `CheckpointError` for a file that holds no configuration, and what `init(_:weights:classNames:)` throws.
    public init(_ checkpoint: String, registry: Registry, device: Device = .cpu, classNames: [String]? = nil) throws {
        let content = try WeightsFile.load(checkpoint)
        guard let text = content.metadata[Checkpoint.configurationKey] else {
            throw CheckpointError(
                path: checkpoint, problem: "holds no configuration",
                remedy: "read the configuration file, and give these as the experiment's weights")
        }
        let node = try YAMLNode.parse(text, file: "\(checkpoint) (its configuration)")
        let experiment = try Experiment(checkpoint, node: node, name: checkpoint, registry: registry, device: device)
        try self.init(experiment, content, at: checkpoint, classNames: classNames)
    }

    private init(_ experiment: Experiment, _ content: WeightsFile.Content, at path: String, classNames: [String]?) throws {
        try Engine.setUp()
        self.experiment = experiment
        let trained: ClassList
        (model, trained) = try experiment.trainedModel(content, at: path)
        classes = classNames.map { ClassList(names: $0) } ?? trained
        predictor = try experiment.predictor(model, words: classNames)
        pipeline = try experiment.testPipeline()
        policy = try experiment.imagePolicy()
    }

    /// Reads the image at `path` as the configuration's data set does, and predicts it.
    ///
    /// - Throws: `DataError` for an image that cannot be read, `PredictionError` for one that cannot be predicted.
    public func callAsFunction(_ path: String) throws -> ImageResult {
        try self(try read(path), name: path)
    }

    /// The image at `path`, as the configuration's data set reads its images.
    func read(_ path: String) throws -> RGBImage { try ImageFile.read(path, policy: policy) }

    /// Predicts an image that is in memory.
    ///
    /// - Parameter name: what messages call it
    /// - Throws: `PredictionError` for one that cannot be predicted.
    public func callAsFunction(_ image: RGBImage, name: String = "image") throws -> ImageResult {
        let sample = try prepared(image, name)
        let prediction = try autocast { try predictor.prediction(of: sample, on: experiment.device) }
        return ImageResult(name: name, image: image, prediction: prediction, classes: classes)
    }

    /// `image` behind the test pipeline.
    func prepared(_ image: RGBImage, _ name: String) throws -> DataSample {
        var sample = DataSample(name: name, image: image)
        var random = SampleRandom(seed: 0, epoch: 0, index: 0)
        try pipeline(&sample, &random)
        return sample
    }

    /// Runs `body` in the arithmetic that `test.precision` says.
    func autocast<Value>(_ body: () throws -> Value) throws -> Value {
        try withAutocast(experiment.configuration.test.precision.dtype, on: experiment.device, body)
    }
}

/// What a model predicted in one image.
public struct ImageResult: Sendable {
    /// The image's path, or what it was called.
    public let name: String
    public let image: RGBImage
    /// A class for every pixel (`LabelPrediction`), instances (`InstancePrediction`), or what another task predicts; in the image's own pixels.
    public let prediction: any ImagePrediction
    public let classes: ClassList

    /// A class for every pixel, as large as the image; nil for a model of another task.
    public var labels: LabelMap? { (prediction as? LabelPrediction)?.labels }

    /// The instances that were found, with boxes, scores and where the model has them masks; nil for a model of another task.
    public var instances: [DetectedInstance]? { (prediction as? InstancePrediction)?.instances }

    /// The prediction drawn on its image, with a legend or with names.
    ///
    /// - Parameters:
    ///   - opacity: how much of a class's colour covers the image, 0…1
    ///   - scoreThreshold: instances with a lower score are left out
    public func drawing(opacity: Double = 0.5, scoreThreshold: Double = 0.3) -> RGBImage {
        prediction.filtered(scoreThreshold: scoreThreshold).drawing(on: image, classes: classes, opacity: opacity)
    }
}
