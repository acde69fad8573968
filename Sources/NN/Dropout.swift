/// In training, zeroes elements at random and scales the rest by 1 / (1 − p). (Srivastava et al. 2014)
public final class Dropout: Module {
    /// The probability of an element to be zeroed. May be set: golden cases run with 0.
    public var probability: Double
    /// Whether whole channel maps of `[n, c, h, w]` go at once (PyTorch's `Dropout2d`).
    public let channels: Bool

    public init(_ probability: Double, channels: Bool = false) {
        (self.probability, self.channels) = (probability, channels)
    }

    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        isTraining && probability > 0 ? try x.dropout(probability, channels: channels) : x
    }
}
