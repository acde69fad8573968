import DenseKitComponents
import DenseKitData
import DenseKitVision

extension DataSample {
    /// The image as network input, `[1, 3, h, w]` float32 in channels-last memory: normalised where
    /// the pipeline normalised it, else 0…255.
    public func tensor(on device: Device = .cpu) throws -> Tensor {
        var copy = self
        let floats = copy.normalized ?? FloatImage(copy.image)
        return try floats.pixels.withUnsafeBytes {
            try Tensor.from(
                bytes: $0, shape: [1, 3, floats.height, floats.width], dtype: .float32,
                channelsLast: true)
        }.to(device)
    }
}
