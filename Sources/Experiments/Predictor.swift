import DenseKitCheckpoints
import DenseKitComponents
import DenseKitConfiguration
import DenseKitData
import DenseKitEvaluation
import DenseKitVision

/// Predicts images with a trained model: reads an image, runs the test pipeline and the network,
/// and brings the result to the image's size.
///
///     let predictor = try Predictor("work_dirs/street/best_mIoU_iter_8000")
///     let result = try predictor("street.jpg")
///     try result.drawing().write(to: "street.png")
public struct Predictor {
    /// The experiment that the model belongs to: its configuration, registry and device.
    public let experiment: Experiment
    /// The model, in inference mode.
    public let model: DenseModel
    /// The classes that are predicted: those that the model was trained on, or the class names
    /// given in their place.
    public let classes: ClassList

    private let predictor: any ImagePredictor
    private let pipeline: Pipeline
    private let policy: ImagePolicy

    /// A predictor of the model of `experiment` with the weights at `weights`: a checkpoint
    /// directory, a safetensors file, or a PyTorch file.
    ///
    /// - Parameters:
    ///   - experiment: the configuration of the model and of its test pipeline
    ///   - weights: the path of the weights
    ///   - classNames: class names in place of the model's, for a model with language guidance,
    ///     predicted from its score map; nil for the model's
    /// - Throws: `LoadError` for weights of another model, `CheckpointError` where their classes
    ///   are unknown, `InferenceError` and `LanguageError` where the model takes no other class
    ///   names, and what building the model throws.
    public init(_ experiment: Experiment, weights: String, classNames: [String]? = nil) throws {
        try self.init(
            experiment, WeightsFile.load(weights), at: weights, classNames: classNames)
    }

    /// A predictor of a checkpoint that training wrote: model, classes and test settings are those
    /// of the configuration in it, and the device is the one that it was trained on.
    ///
    /// - Parameters:
    ///   - checkpoint: the folder of a checkpoint, or its `model.safetensors`
    ///   - registry: the components that the configuration may name
    ///   - device: the device that the model computes on; if nil, the checkpoint's, or the CPU
    ///     where the checkpoint does not name one
    ///   - classNames: class names in place of the model's, for a model with language guidance; nil
    ///     for the model's
    /// - Throws: `CheckpointError` for a file without configuration and where this machine does not
    ///   have the checkpoint's device, and what `init(_:weights:classNames:)` throws.
    public init(
        _ checkpoint: String, registry: Registry, device: Device? = nil, classNames: [String]? = nil
    ) throws {
        let content = try WeightsFile.load(checkpoint)
        guard let text = content.metadata[Checkpoint.configurationKey] else {
            throw CheckpointError(
                path: checkpoint, problem: "holds no configuration",
                remedy: "read the configuration file, and give these as the experiment's weights")
        }
        let device = try device ?? Self.device(of: content, at: checkpoint)
        let node = try YAMLNode.parse(text, file: "\(checkpoint) (its configuration)")
        let experiment = try Experiment(
            checkpoint, node: node, name: checkpoint, registry: registry, device: device)
        try self.init(experiment, content, at: checkpoint, classNames: classNames)
    }

    /// The device that the checkpoint was trained on; the CPU where it does not name one.
    private static func device(of content: WeightsFile.Content, at path: String) throws -> Device {
        guard let device = try Checkpoint.device(in: content.metadata, at: path) else {
            return .cpu
        }
        if let (problem, _) = Engine.cuda.problem(with: device) {
            throw CheckpointError(
                path: path, problem: "was trained on \(device), and \(problem)",
                remedy: "name another with `device:`, such as `device: .cpu`")
        }
        guard device != .privateUse1 || (try? Tensor.empty([0], device: device)) != nil else {
            throw CheckpointError(
                path: path,
                problem: "was trained on \(device), a backend that this program does not load",
                remedy: "name another with `device:`, such as `device: .cpu`")
        }
        return device
    }

    private init(
        _ experiment: Experiment, _ content: WeightsFile.Content, at path: String,
        classNames: [String]?
    ) throws {
        try Engine.setUp()
        try experiment.checkPrecision(of: .test)
        self.experiment = experiment
        let trained: ClassList
        (model, trained) = try experiment.trainedModel(content, at: path)
        classes = classNames.map { ClassList(names: $0) } ?? trained
        predictor = try experiment.predictor(model, classNames: classNames)
        pipeline = try experiment.testPipeline()
        policy = try experiment.imagePolicy()
    }

    /// Reads the image at `path` as the configuration's data set does, and predicts it.
    ///
    /// - Throws: `DataError` for an image that cannot be read, `PredictionError` for one that
    ///   cannot be predicted.
    public func callAsFunction(_ path: String) throws -> ImageResult {
        try self(read(path), name: path)
    }

    /// The image at `path`, as the configuration's data set reads its images.
    func read(_ path: String) throws -> RGBImage { try ImageFile.read(path, policy: policy) }

    /// Predicts an image in memory.
    ///
    /// - Parameters:
    ///   - image: of any size
    ///   - name: of the image in error messages
    /// - Throws: `PredictionError` for an image that cannot be predicted.
    public func callAsFunction(_ image: RGBImage, name: String = "image") throws -> ImageResult {
        let sample = try prepared(image, name)
        let prediction = try autocast {
            try predictor.prediction(of: sample, on: experiment.device)
        }
        return ImageResult(name: name, image: image, prediction: prediction, classes: classes)
    }

    /// `image` behind the test pipeline.
    func prepared(_ image: RGBImage, _ name: String) throws -> DataSample {
        var sample = DataSample(name: name, image: image)
        var random = SampleRandom(seed: 0, epoch: 0, index: 0)
        try pipeline(&sample, &random)
        return sample
    }

    /// Runs `body` in the precision that `test.precision` defines.
    func autocast<Value>(_ body: () throws -> Value) throws -> Value {
        try withAutocast(experiment.configuration.test.precision.dtype, on: experiment.device, body)
    }
}

/// The prediction of a model for one image.
public struct ImageResult: Sendable {
    /// The path of the image, or the name given to it.
    public let name: String
    /// The image that was predicted.
    public let image: RGBImage
    /// A class for every pixel (`LabelPrediction`), instances (`InstancePrediction`), or what
    /// another task predicts; in the image's own pixels.
    public let prediction: any ImagePrediction
    /// The classes of the prediction.
    public let classes: ClassList

    /// A class for every pixel, as large as the image; nil for a model of another task.
    public var labels: LabelMap? { (prediction as? LabelPrediction)?.labels }

    /// The instances that were found, with boxes, scores and where the model has them masks; nil
    /// for a model of another task.
    public var instances: [DetectedInstance]? { (prediction as? InstancePrediction)?.instances }

    /// The prediction drawn on its image: label maps with a legend, instances with names and
    /// scores.
    ///
    /// - Parameters:
    ///   - opacity: of the colours, 0…1
    ///   - scoreThreshold: instances with a lower score are left out
    public func drawing(opacity: Double = 0.5, scoreThreshold: Double = 0.3) -> RGBImage {
        prediction.filtered(scoreThreshold: scoreThreshold).drawing(
            on: image, classes: classes, opacity: opacity)
    }
}
