import DenseKitComponents
import DenseKitData
import DenseKitVision

/// Predicts one image at a time. The model must be in inference mode.
public protocol ImagePredictor {
    /// Predicts one image.
    ///
    /// - Parameters:
    ///   - sample: the image after the test pipeline. It is padded where it is smaller than the
    ///     backbone's smallest side.
    ///   - device: the model's
    /// - Throws: `TestPipelineError` for a sample that was cropped or flipped, `PredictionError`
    ///   for what the model throws.
    func prediction(of sample: DataSample, on device: Device) throws -> any ImagePrediction
}

extension SegmentationInference: ImagePredictor {
    /// The class of every pixel of the original image, as a `LabelPrediction`.
    /// - Throws: `TestPipelineError` for a sample that was cropped or flipped, `PredictionError`
    ///   for what the model throws.
    public func prediction(of sample: DataSample, on device: Device) throws -> any ImagePrediction {
        let sample = try sample.ready(for: model)
        return try naming(sample) {
            let view = try self.view(
                sample.tensor(on: device),
                imageSize: Size2D(sample.geometry.size.height, sample.geometry.size.width))
            let size = Size2D(sample.originalSize.height, sample.originalSize.width)
            return LabelPrediction(try LabelMap(labels([view], size: size)))
        }
    }
}

extension DetectionInference: ImagePredictor {
    /// The instances of the original image, as an `InstancePrediction`.
    /// - Throws: `TestPipelineError` for a sample that was cropped or flipped, `PredictionError`
    ///   for what the model throws.
    public func prediction(of sample: DataSample, on device: Device) throws -> any ImagePrediction {
        let sample = try sample.ready(for: model)
        return try naming(sample) {
            InstancePrediction(try instances(sample.tensor(on: device), sample.geometry))
        }
    }
}

extension DataSample {
    /// The sample after the test pipeline as input of `model`: padded where it is smaller than the
    /// backbone's smallest side.
    ///
    /// - Throws: `TestPipelineError` for a sample that was cropped or flipped.
    public func ready(for model: DenseModel) throws -> DataSample {
        guard isReversible else { throw TestPipelineError(name) }
        var sample = self
        sample.pad(
            to: Size2D(height: model.backbone.minimumSide, width: model.backbone.minimumSide))
        return sample
    }
}

/// A prediction that failed, with its image.
public struct PredictionError: DenseKitError {
    /// The name of the image in its data set, or the path of its file.
    public let image: String
    /// The size of the image after the test pipeline, in pixels.
    public let size: Size2D
    /// What the model threw.
    public let underlying: any Error

    public var place: String? { "\(image) (\(size) behind the test pipeline)" }
    public var problem: String { "\(underlying)" }
    public var origin: ErrorOrigin { ErrorOrigin(of: underlying) }
}

/// Runs `body` without gradients; any error becomes a `PredictionError` that names the image of
/// `sample`.
public func naming<Value>(_ sample: DataSample, _ body: () throws -> Value) throws -> Value {
    do {
        return try withoutGrad(body)
    } catch {
        throw PredictionError(image: sample.name, size: sample.size, underlying: error)
    }
}

/// Runs `body`; any error becomes a `PredictionError` that names the first image of `batch`.
public func naming<Value>(_ batch: Batch, _ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch {
        throw PredictionError(
            image: batch.names[0], size: Size2D(height: batch.height, width: batch.width),
            underlying: error)
    }
}
