import Components
import Data
import Vision

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
    /// - Parameter sample: behind the test pipeline
    func prediction(of sample: Sample, on device: Device) throws -> ImagePrediction
}

extension SegmentationInference: ImagePredictor {
    public func prediction(of sample: Sample, on device: Device) throws -> ImagePrediction {
        let view = try withoutGrad { try self.view(try sample.tensor(on: device)) }
        let size = Pair(sample.originalSize.height, sample.originalSize.width)
        return .labels(try LabelMap(try withoutGrad { try labels([view], size: size) }))
    }
}

extension DetectionInference: ImagePredictor {
    public func prediction(of sample: Sample, on device: Device) throws -> ImagePrediction {
        .instances(try withoutGrad { try instances(try sample.tensor(on: device), sample.geometry) })
    }
}
