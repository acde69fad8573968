import DenseKitComponents
import DenseKitData
import DenseKitErrors
import DenseKitVision

/// A task with all that follows from it: which data sets fit, what measures a model and what predicts single images. What a prediction looks
/// like, its drawing and its file, say the types of the predictions (`Predictions` of a head, `ImagePrediction` of an image).
///
/// A plugin brings a task as a type that conforms to this; its heads name it in `Head.task`. Targets that are neither label maps nor
/// instances are a `SampleTarget` of its own.
public protocol VisionTask: HeadTask {
    /// Why `dataset` does not show what heads of this task are to find; nil where it does.
    ///
    /// - Parameter training: whether heads are to be trained on it, not only measured
    func mismatch(with dataset: any Dataset, training: Bool) -> DatasetMismatch?

    /// What measures `model` on `dataset`, for which there is no mismatch.
    ///
    /// - Throws: `InferenceError` for options that the task has no use for.
    func evaluator(
        of model: DenseModel, on dataset: any Dataset, _ options: EvaluationOptions
    ) throws -> any Evaluator

    /// What predicts single images with `model`.
    ///
    /// - Parameters:
    ///   - mode: how the model sees images
    ///   - words: other words than the model's classes
    /// - Throws: `InferenceError` for words that the task has no use for, `LanguageError` for a model that knows no words.
    func predictor(of model: DenseModel, mode: InferenceMode, words: [String]?) throws -> any ImagePredictor

    /// Why windows, several scales and mirrored views of images (`test.mode`, `test.ratios`, `test.flip`) have no effect; nil where they have.
    var oneViewReason: String? { get }

    /// Whether its evaluator takes a class map: measures a model on the classes that it shares with another data set.
    var takesClassMaps: Bool { get }

    /// Whether its reports write files of results (`EvaluationReport.writeResults`).
    var writesResults: Bool { get }

    /// Whether heads are trained on masks of instances, which a check of the data then draws.
    var wantsMasks: Bool { get }
}

extension VisionTask {
    public var oneViewReason: String? { "the head sees the whole image at one scale" }
    public var takesClassMaps: Bool { false }
    public var writesResults: Bool { false }
    public var wantsMasks: Bool { false }
}

/// Why a data set does not fit a head, in the parts of a sentence: "HEAD finds a class for every pixel, but DATA annotates things one by one:
/// take another data set".
public struct DatasetMismatch: Sendable, Equatable {
    /// What the head does or needs: `finds a class for every pixel`.
    public let head: String
    /// What the data set has instead: `annotates things one by one`.
    public let data: String
    /// What the user can do.
    public let remedy: String

    /// - Parameters:
    ///   - head: what the head does or needs: `finds a class for every pixel`
    ///   - data: what the data set has instead: `annotates things one by one`
    ///   - remedy: what the user can do
    public init(head: String, data: String, remedy: String) {
        (self.head, self.data, self.remedy) = (head, data, remedy)
    }
}

/// How a model is measured.
public struct EvaluationOptions {
    /// The views of an image where it is seen at several scales, or mirrored too: every ratio, each also mirrored where `flip` says so.
    public struct Augmentation: Sendable {
        /// What the sides of the image are multiplied by.
        public var ratios: [Double]
        /// Whether each view is seen mirrored, too.
        public var flip: Bool

        /// - Parameters:
        ///   - ratios: what the sides of the image are multiplied by
        ///   - flip: whether each view is seen mirrored, too
        public init(ratios: [Double], flip: Bool) {
            self.ratios = ratios
            self.flip = flip
        }

        /// One view as it is.
        public static let none = Augmentation(ratios: [1], flip: false)
    }

    /// What images go through before the model sees them.
    public var pipeline: Pipeline
    /// How the model sees an image.
    public var mode = InferenceMode.whole
    /// Several views of each image; nil for one view.
    public var augmentation: Augmentation?
    /// Where the model was trained on another data set: which classes are measured.
    public var classMap: ClassMap?
    /// Threads that read and transform.
    public var workers = 2
    /// Where the model computes.
    public var device = Device.cpu
    /// What layers compute in where it is not float32.
    public var precision: DType?

    /// - Parameter pipeline: what images go through before the model sees them
    public init(pipeline: Pipeline) { self.pipeline = pipeline }
}

extension DenseModel {
    /// The task of the model's head.
    ///
    /// - Throws: `TaskError` for a head whose task does not say how it is evaluated.
    public var task: any VisionTask {
        get throws {
            guard let task = head.task as? any VisionTask else {
                throw TaskError(head: "\(type(of: head))", task: "\(type(of: head.task))")
            }
            return task
        }
    }
}

/// A head whose task is nothing but a name.
public struct TaskError: DenseKitError {
    /// The type of the head.
    public let head: String
    /// The type of its task.
    public let task: String

    public var problem: String { "the task \(task) of the head \(head) does not say how it is evaluated and drawn" }
    public var remedy: String? { "let \(task) conform to VisionTask" }
    public var origin: ErrorOrigin { .program }
}
