import DenseKitConfiguration
import DenseKitErrors
import DenseKitVision

/// One step of a sample's way to the network.
///
/// A transform is a value without memory: what it does depends on the sample and on the numbers it draws from `random`, which belong
/// to (seed, epoch, index) of the sample. So results do not depend on worker threads or machines.
public protocol Transform: Sendable {
    func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) throws

    /// The same step for a view of the image at another scale: what multi-scale testing makes of a `Resize`.
    func scaled(by ratio: Double) -> any Transform

    /// Whether it may stand in a test pipeline, and how what it does is undone there. `.undeclared` where a transform does not say it.
    var testTimeUse: TestTimeUse { get }

    /// How it normalises images, where it does: training and test pipeline are compared by it.
    var normalization: Normalization? { get }
}

extension Transform {
    public func scaled(by ratio: Double) -> any Transform { self }
    public var testTimeUse: TestTimeUse { .undeclared }
    public var normalization: Normalization? { nil }
}

/// Whether a transform may stand in a test pipeline, where a prediction is brought back to the image's own pixels.
public enum TestTimeUse: Sendable, Equatable {
    /// Leaves every pixel in its place, and draws nothing: nothing is to be undone.
    case keepsGeometry
    /// Scales the whole image: predictions are resized to the image's own size.
    case scales
    /// Adds rows below and columns on the right: predictions of them are cut off before the rest is resized.
    case pads
    /// Cannot stand there, being random or impossible to undo.
    ///
    /// - Parameters:
    ///   - key: the setting that makes it so, where one does
    ///   - reason: why not
    ///   - remedy: what to do
    case refused(key: String?, reason: String, remedy: String)
    /// Not known. A test pipeline then watches what the transform does to each sample, and throws `TestPipelineError` where it draws random
    /// numbers, or mirrors, crops or resizes in a way that is not undone.
    case undeclared
}

/// Transforms in the order in which they are applied.
public struct Pipeline: Transform {
    public let transforms: [any Transform]
    /// Whether predictions are to be brought back to the image, so that transforms that do not declare their use are watched.
    public let isForTest: Bool

    public init(_ transforms: [any Transform], isForTest: Bool = false) {
        self.transforms = transforms
        self.isForTest = isForTest
    }

    /// - Throws: what a transform throws; in a test pipeline `TestPipelineError` as `TestTimeUse.undeclared` says.
    public func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) throws {
        for transform in transforms {
            do {
                try transform(&sample, &random)
            } catch let error where !(error is DataError || error is SettingError || error is TransformError) {
                throw TransformError(transform: "\(type(of: transform))", sample: sample.name, underlying: error)
            }
            guard isForTest, transform.testTimeUse == .undeclared else { continue }
            if random.isUsed { throw TestPipelineError(transform, "draws random numbers") }
            if !sample.isReversible {
                throw TestPipelineError(transform, "changes the image's geometry in a way that is not undone")
            }
        }
    }

    public func scaled(by ratio: Double) -> any Transform {
        Pipeline(transforms.map { $0.scaled(by: ratio) }, isForTest: isForTest)
    }

    public var normalization: Normalization? { transforms.lazy.compactMap(\.normalization).first }

    /// The same as a test pipeline.
    public var forTest: Pipeline { Pipeline(transforms, isForTest: true) }

    /// The same for a model that sees no image with a side below `side` pixels: smaller ones are padded at the end.
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

/// What a transform threw that does not say which sample it is about.
public struct TransformError: DenseKitError {
    /// The transform's type.
    public let transform: String
    /// The sample's name.
    public let sample: String
    public let underlying: any Error

    public var place: String? { sample }
    public var problem: String { "the transform \(transform) failed: \(underlying)" }
    public var origin: ErrorOrigin { ErrorOrigin(of: underlying) }
}

/// A transform of a test pipeline after which a prediction could not be brought back to the image.
public struct TestPipelineError: DenseKitError {
    public let problem: String
    public let remedy: String?
    public var origin: ErrorOrigin { .program }

    /// For a sample that was cropped or mirrored.
    public init(_ sample: String) {
        problem =
            "\(sample) was cropped, mirrored or resized with its padding, so its prediction cannot be brought back to the image"
        remedy = "leave that out of the test pipeline"
    }

    init(_ transform: any Transform, _ problem: String) {
        self.problem = "the transform \(type(of: transform)) \(problem), so it cannot stand in data.test_pipeline"
        remedy = "take it out, or let it declare its testTimeUse"
    }
}
