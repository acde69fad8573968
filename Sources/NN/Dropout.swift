/// In training, zeroes elements at random and scales the rest by 1 / (1 − p); the identity at
/// inference. (Srivastava et al. 2014)
public final class Dropout: Module {
    /// Probability that an element is zeroed, 0…1. May be changed: golden cases run with 0.
    public var probability: Double
    /// Whether whole channels of `[n, c, h, w]` are zeroed together (PyTorch's `Dropout2d`).
    public let channels: Bool

    /// Drops elements, or whole channels, with this probability, 0…1.
    public init(_ probability: Double, channels: Bool = false) {
        self.probability = probability
        self.channels = channels
    }

    /// `x` with elements zeroed and the rest scaled in training; `x` itself at inference or with
    /// probability 0. `[…] → […]`
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        isTraining && probability > 0 ? try x.dropout(probability, channels: channels) : x
    }
}
