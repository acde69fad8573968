import DenseKitConfiguration
import DenseKitErrors
import DenseKitVision

/// One step of a data pipeline.
///
/// A transform has no state: its result depends only on the sample and on the numbers that it draws
/// from `random`, which depend on (seed, epoch, index) of the sample. Results therefore do not
/// depend on worker threads or machines.
public protocol Transform: Sendable {
    /// Changes `sample`, with random numbers from `random` alone.
    ///
    /// - Throws: `DataError` or `SettingError`; a `Pipeline` wraps other errors in
    ///   `TransformError`.
    func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) throws

    /// This step with its target size multiplied by `ratio`, for multi-scale testing; unchanged by
    /// default.
    func scaled(by ratio: Double) -> any Transform

    /// Whether it can be used in a test pipeline, and how its effect is undone there; `.undeclared`
    /// by default.
    var testTimeUse: TestTimeUse { get }

    /// The normalisation that it applies; nil (the default) for a transform that does not
    /// normalise.
    var normalization: Normalization? { get }
}

extension Transform {
    /// The transform unchanged: it has no size to scale.
    public func scaled(by ratio: Double) -> any Transform { self }
    /// `.undeclared` by default.
    public var testTimeUse: TestTimeUse { .undeclared }
    /// Nil by default: it does not normalise.
    public var normalization: Normalization? { nil }
}

/// Whether a transform can be used in a test pipeline, where predictions are mapped back to the
/// original image.
public enum TestTimeUse: Sendable, Equatable {
    /// It moves no pixel and draws no random numbers: there is nothing to undo.
    case keepsGeometry
    /// It scales the whole image: predictions are resized to the original size.
    case scales
    /// It adds rows below and columns to the right: their predictions are cut off before the rest
    /// is resized.
    case pads
    /// It cannot be used there, because it is random or cannot be undone.
    ///
    /// - Parameters:
    ///   - key: the setting that is the cause; nil where there is none
    ///   - reason: why it cannot be used
    ///   - remedy: what the user can do
    case refused(key: String?, reason: String, remedy: String)
    /// Not known. A test pipeline then checks the transform's effect on each sample, and throws
    /// `TestPipelineError` where it draws random numbers, or mirrors, crops or resizes in a way
    /// that cannot be undone.
    case undeclared
}

/// Transforms in the order in which they are applied.
public struct Pipeline: Transform {
    /// The steps, in the order in which they are applied.
    public let transforms: [any Transform]
    /// Whether predictions are mapped back to the original image: transforms of the use
    /// `.undeclared` are then checked.
    public let isForTest: Bool

    /// - Parameters:
    ///   - transforms: the steps, in the order in which they are applied
    ///   - isForTest: whether predictions are mapped back to the original image
    public init(_ transforms: [any Transform], isForTest: Bool = false) {
        self.transforms = transforms
        self.isForTest = isForTest
    }

    /// Applies the transforms in order.
    ///
    /// - Throws: `DataError` and `SettingError` of a transform, `TransformError` for its other
    ///   errors; in a test pipeline `TestPipelineError` as `TestTimeUse.undeclared` describes.
    public func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) throws {
        for transform in transforms {
            do {
                try transform(&sample, &random)
            } catch let error
                where !(error is DataError || error is SettingError || error is TransformError)
            {
                throw TransformError(
                    transform: "\(type(of: transform))", sample: sample.name, underlying: error)
            }
            guard isForTest, transform.testTimeUse == .undeclared else { continue }
            if random.isUsed { throw TestPipelineError(transform, "draws random numbers") }
            if !sample.isReversible {
                throw TestPipelineError(
                    transform, "changes the image's geometry in a way that is not undone")
            }
        }
    }

    /// The pipeline with each step's target size multiplied by `ratio`.
    public func scaled(by ratio: Double) -> any Transform {
        Pipeline(transforms.map { $0.scaled(by: ratio) }, isForTest: isForTest)
    }

    /// The normalisation of the first step that normalises; nil where none does.
    public var normalization: Normalization? { transforms.lazy.compactMap(\.normalization).first }

    /// This pipeline with `isForTest` set.
    public var forTest: Pipeline { Pipeline(transforms, isForTest: true) }

    /// This pipeline with a last step that pads images with a side under `side` pixels, for models
    /// that need a minimum size.
    public func padding(toAtLeast side: Int) -> Pipeline {
        side > 1 ? Pipeline(transforms + [PadToLeast(side: side)], isForTest: isForTest) : self
    }
}

/// Pads an image until both sides are `side` pixels at least.
private struct PadToLeast: Transform {
    let side: Int

    func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) {
        if sample.size.shortSide < side { sample.pad(to: Size2D(height: side, width: side)) }
    }

    var testTimeUse: TestTimeUse { .pads }
}

/// An error of a transform that does not name its sample, together with transform and
/// sample.
public struct TransformError: DenseKitError {
    /// The transform's type.
    public let transform: String
    /// The sample's name.
    public let sample: String
    /// The error that the transform threw.
    public let underlying: any Error

    public var place: String? { sample }
    public var problem: String { "the transform \(transform) failed: \(underlying)" }
    public var origin: ErrorOrigin { ErrorOrigin(of: underlying) }
}

/// Thrown where a prediction could not be mapped back to the original image after a transform of a
/// test pipeline.
public struct TestPipelineError: DenseKitError {
    public let problem: String
    public let remedy: String?
    public var origin: ErrorOrigin { .program }

    /// The error for a sample, by name, that was cropped, mirrored, or resized with its padding.
    public init(_ sample: String) {
        problem =
            "\(sample) was cropped, mirrored or resized with its padding, so its prediction cannot be brought back to the image"
        remedy = "leave that out of the test pipeline"
    }

    init(_ transform: any Transform, _ problem: String) {
        self.problem =
            "the transform \(type(of: transform)) \(problem), so it cannot be used in data.test_pipeline"
        remedy = "take it out, or let it declare its testTimeUse"
    }
}
