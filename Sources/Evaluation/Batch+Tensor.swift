import Components
import Data
import Vision

extension Batch {
    /// The images, `[n, 3, h, w]` in channels-last memory.
    public func images(on device: Device = .cpu) throws -> Tensor {
        try pixels.withUnsafeBytes {
            try Tensor.from(bytes: $0, shape: [count, 3, height, width], dtype: .float32, channelsLast: true)
        }.to(device)
    }

    /// The answers, where the data set has them.
    public func targets(on device: Device = .cpu) throws -> Targets {
        Targets(labels: try labels.map { try Tensor.from($0, shape: [count, height, width]).to(device) })
    }
}

extension LabelMap {
    /// The class indices of a tensor `[h, w]`.
    public init(_ labels: Tensor) throws {
        self.init(
            height: labels.size(0), width: labels.size(1),
            labels: try labels.to(.cpu).to(.int32).contiguous().withUnsafeBytes { bytes in
                bytes.bindMemory(to: Int32.self).map { UInt16(truncatingIfNeeded: $0) }
            })
    }
}
