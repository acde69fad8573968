import DenseKitComponents
import DenseKitData
import DenseKitVision

/// Predicts one image at a time. The model must be in inference mode.
public protocol ImagePredictor {
    /// - Parameter sample: behind the test pipeline. One that is smaller than the model can see is padded.
    /// - Throws: `TestPipelineError` for one that was cropped or mirrored, and `PredictionError` for what the model throws.
    func prediction(of sample: DataSample, on device: Device) throws -> any ImagePrediction
}

extension SegmentationInference: ImagePredictor {
    public func prediction(of sample: DataSample, on device: Device) throws -> any ImagePrediction {
        let sample = try sample.ready(for: model)
        return try naming(sample) {
            let view = try self.view(
                try sample.tensor(on: device), imageSize: Size2D(sample.geometry.size.height, sample.geometry.size.width))
            let size = Size2D(sample.originalSize.height, sample.originalSize.width)
            return LabelPrediction(try LabelMap(try labels([view], size: size)))
        }
    }
}

extension DetectionInference: ImagePredictor {
    public func prediction(of sample: DataSample, on device: Device) throws -> any ImagePrediction {
        let sample = try sample.ready(for: model)
        return try naming(sample) {
            InstancePrediction(try instances(try sample.tensor(on: device), sample.geometry))
        }
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
public func naming<Value>(_ sample: DataSample, _ body: () throws -> Value) throws -> Value {
    do {
        return try withoutGrad(body)
    } catch {
        throw PredictionError(image: sample.name, size: sample.size, underlying: error)
    }
}

/// Runs `body`; what it throws becomes a `PredictionError` of the batch's image.
public func naming<Value>(_ batch: Batch, _ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch {
        throw PredictionError(
            image: batch.names[0], size: Size2D(height: batch.height, width: batch.width), underlying: error)
    }
}
