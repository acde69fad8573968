import DenseKitComponents
import DenseKitData
import DenseKitVision

/// What a model finds in one image, or a person annotated, in the image's own pixels.
public enum ImagePrediction: Sendable {
    /// A class for every pixel.
    case labels(LabelMap)
    case instances([DetectedInstance])

    /// The same without things that the model is less certain of.
    public func filtered(scoreThreshold: Double) -> ImagePrediction {
        guard case .instances(let instances) = self else { return self }
        return .instances(instances.filter { ($0.score ?? 1) >= Float(scoreThreshold) })
    }
}

/// Predicts one image at a time. The model must be in inference mode.
public protocol ImagePredictor {
    /// - Parameter sample: behind the test pipeline. One that is smaller than the model can see is padded.
    /// - Throws: `TestPipelineError` for one that was cropped or mirrored, and `PredictionError` for what the model throws.
    func prediction(of sample: DataSample, on device: Device) throws -> ImagePrediction
}

extension SegmentationInference: ImagePredictor {
    public func prediction(of sample: DataSample, on device: Device) throws -> ImagePrediction {
        let sample = try sample.ready(for: model)
        return try naming(sample) {
            let view = try self.view(
                try sample.tensor(on: device), imageSize: Size2D(sample.geometry.size.height, sample.geometry.size.width))
            let size = Size2D(sample.originalSize.height, sample.originalSize.width)
            return .labels(try LabelMap(try labels([view], size: size)))
        }
    }
}

extension DetectionInference: ImagePredictor {
    public func prediction(of sample: DataSample, on device: Device) throws -> ImagePrediction {
        let sample = try sample.ready(for: model)
        return try naming(sample) { .instances(try instances(try sample.tensor(on: device), sample.geometry)) }
    }
}

extension DataSample {
    /// A sample behind the test pipeline as `model` can see it: padded where it is too small.
    ///
    /// - Throws: `TestPipelineError` for one that was cropped or mirrored.
    public func ready(for model: DenseModel) throws -> DataSample {
        guard isReversible else { throw TestPipelineError(name) }
        var sample = self
        sample.pad(to: Size2D(height: model.backbone.minimumSide, width: model.backbone.minimumSide))
        return sample
    }
}

/// A prediction that failed, with the image that it was of.
public struct PredictionError: DenseKitError {
    /// The image's name.
    public let image: String
    /// Its size as the network saw it.
    public let size: Size2D
    public let underlying: any Error

    public var place: String? { "\(image) (\(size) behind the test pipeline)" }
    public var problem: String { "\(underlying)" }
    public var origin: ErrorOrigin { ErrorOrigin(of: underlying) }
}

/// Runs `body` without gradients; what it throws becomes a `PredictionError` of the image.
private func naming<Value>(_ sample: DataSample, _ body: () throws -> Value) throws -> Value {
    do {
        return try withoutGrad(body)
    } catch {
        throw PredictionError(image: sample.name, size: sample.size, underlying: error)
    }
}

/// Runs `body`; what it throws becomes a `PredictionError` of the batch's image.
func naming<Value>(_ batch: Batch, _ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch {
        throw PredictionError(
            image: batch.names[0], size: Size2D(height: batch.height, width: batch.width), underlying: error)
    }
}
