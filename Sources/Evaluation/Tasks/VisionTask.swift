import DenseKitComponents
import DenseKitData
import DenseKitDistributed
import DenseKitErrors
import DenseKitVision

/// A task with what follows from it: which data sets fit, how a model is evaluated, and how single
/// images are predicted. How a prediction is drawn and written is defined by the prediction types
/// (`Predictions` of a head, `ImagePrediction` of an image).
///
/// A plugin adds a task as a type that conforms to this; its heads name it in `Head.task`. Targets
/// that are neither label maps nor instances are a `SampleTarget` of the plugin.
public protocol VisionTask: HeadTask {
    /// Why `dataset` lacks the annotations that heads of this task need; nil where it has them.
    ///
    /// - Parameters:
    ///   - dataset: of the configuration
    ///   - training: whether the head is trained on the data set, not only evaluated
    func mismatch(with dataset: any Dataset, training: Bool) -> DatasetMismatch?

    /// The evaluator of `model` on `dataset`, for which there is no mismatch.
    ///
    /// - Throws: `InferenceError` for options that the task does not support.
    func evaluator(
        of model: DenseModel, on dataset: any Dataset, _ options: EvaluationOptions
    ) throws -> any Evaluator

    /// The predictor of single images with `model`.
    ///
    /// - Parameters:
    ///   - model: whose head has this task
    ///   - mode: whole images or sliding windows
    ///   - classNames: class names in place of the model's; nil for the model's
    /// - Throws: `InferenceError` where the task takes no other class names, `LanguageError` where
    ///   the model takes none.
    func predictor(of model: DenseModel, mode: InferenceMode, classNames: [String]?) throws
        -> any ImagePredictor

    /// Why sliding windows, several scales and flipped views (`test.mode`, `test.ratios`,
    /// `test.flip`) have no effect; nil where they have an effect. If not implemented, they have
    /// none.
    var oneViewReason: String? { get }

    /// Whether the evaluator takes a class map, which measures a model on the classes that it
    /// shares with another data set; false if not implemented.
    var takesClassMaps: Bool { get }

    /// Whether reports write results files (`EvaluationReport.writeResults`); false if not
    /// implemented.
    var writesResults: Bool { get }

    /// Whether heads are trained on instance masks, so that a check of the data reads them; false
    /// if not implemented.
    var wantsMasks: Bool { get }
}

extension VisionTask {
    /// Reports that the head takes the whole image at one scale.
    public var oneViewReason: String? { "the head takes the whole image at one scale" }
    /// False: class maps have no effect.
    public var takesClassMaps: Bool { false }
    /// False: reports write no results files.
    public var writesResults: Bool { false }
    /// False: heads need no instance masks.
    public var wantsMasks: Bool { false }
}

/// Why a data set does not fit a head, as parts of the sentence "HEAD `head`, but DATA `data`:
/// `remedy`".
public struct DatasetMismatch: Sendable, Equatable {
    /// What the head does or needs: `finds a class for every pixel`.
    public let head: String
    /// What the data set has instead: `annotates separate instances`.
    public let data: String
    /// What the user can do: `take another data set`.
    public let remedy: String

    /// Why a data set does not fit a head; each part continues the sentence in the type's comment.
    ///
    /// - Parameters:
    ///   - head: what the head does or needs: `finds a class for every pixel`
    ///   - data: what the data set has instead: `annotates separate instances`
    ///   - remedy: what the user can do: `take another data set`
    public init(head: String, data: String, remedy: String) {
        self.head = head
        self.data = data
        self.remedy = remedy
    }
}

/// Options of an evaluation.
public struct EvaluationOptions {
    /// The views of test-time augmentation: one for every ratio, and with `flip` a flipped one for
    /// each.
    public struct Augmentation: Sendable {
        /// Factors of the image's sides, one for each view.
        public var ratios: [Double]
        /// Whether each view is also used flipped horizontally.
        public var flip: Bool

        /// The views of test-time augmentation.
        ///
        /// - Parameters:
        ///   - ratios: factors of the image's sides, one for each view
        ///   - flip: whether each view is also used flipped horizontally
        public init(ratios: [Double], flip: Bool) {
            self.ratios = ratios
            self.flip = flip
        }

        /// One view, unscaled and not flipped.
        public static let none = Augmentation(ratios: [1], flip: false)
    }

    /// The transforms before the network.
    public var pipeline: Pipeline
    /// Whole images or sliding windows; whole by default.
    public var mode = InferenceMode.whole
    /// The views of test-time augmentation; nil for one view.
    public var augmentation: Augmentation?
    /// The classes to measure where the model was trained on another data set; nil where the
    /// classes are the same.
    public var classMap: ClassMap?
    /// Threads that read and transform images; 2 by default.
    public var workers = 2
    /// The device that the model computes on.
    public var device = Device.cpu
    /// The data type of autocast layers; nil computes in float32.
    public var precision: DType?
    /// The processes that share the images (`EvaluationShard`); the report on each of them is that
    /// of all images. An evaluator that does not use them evaluates every image on every process.
    /// One process by default.
    public var processes = Processes.alone

    /// Options with their defaults.
    ///
    /// - Parameter pipeline: the transforms before the network
    public init(pipeline: Pipeline) { self.pipeline = pipeline }

    /// The pipeline in its test form, with padding to the smallest side that the backbone of
    /// `model` can process.
    func pipeline(for model: DenseModel) -> Pipeline {
        pipeline.forTest.padding(toAtLeast: model.backbone.minimumSide)
    }

    /// How every image of this process's shard is read once, in order, with its annotations at its
    /// own size.
    ///
    /// - Parameter loaders: the number of loaders that share the threads
    func loading(shared loaders: Int = 1) -> DataLoader.Options {
        var loading = DataLoader.Options()
        loading.shuffles = false
        loading.epochs = 1
        loading.rank = processes.rank
        loading.ranks = processes.count
        loading.workers = max(1, workers / loaders)
        loading.keepsOriginalLabels = true
        return loading
    }
}

extension DenseModel {
    /// The task of the model's head.
    ///
    /// - Throws: `TaskError` for a head whose task does not conform to `VisionTask`.
    public var task: any VisionTask {
        get throws {
            guard let task = head.task as? any VisionTask else {
                throw TaskError(head: "\(type(of: head))", task: "\(type(of: head.task))")
            }
            return task
        }
    }
}

/// A head whose task does not conform to `VisionTask`, so that it cannot be evaluated.
public struct TaskError: DenseKitError {
    /// The type of the head.
    public let head: String
    /// The type of the head's task.
    public let task: String

    public var problem: String {
        "the task \(task) of the head \(head) does not say how it is evaluated and drawn"
    }
    public var remedy: String? { "let \(task) conform to VisionTask" }
    public var origin: ErrorOrigin { .program }
}
