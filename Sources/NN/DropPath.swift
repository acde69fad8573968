/// Stochastic depth: in training, zeroes whole samples of a residual branch at random and scales
/// the rest by 1 / (1 − p); the identity at inference. `[n, …] → [n, …]`
///
/// (Huang et al. 2016; scaled, and drawn for each sample, as in timm and mmcv)
public final class DropPath: Module, UnaryLayer {
    /// Probability that a sample is zeroed, 0…1. May be changed: golden cases run with 0.
    public var probability: Double

    /// Drops each sample with this probability, 0…1.
    public init(_ probability: Double) { self.probability = probability }

    /// `x` with whole samples zeroed and the rest scaled in training; `x` itself at inference or
    /// with probability 0. `[n, …] → [n, …]`
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        guard isTraining, probability > 0 else { return x }
        let shape = [x.size(0)] + [Int](repeating: 1, count: max(0, x.rank - 1))
        return try x * Tensor.ones(shape, dtype: x.dtype, device: x.device).dropout(probability)
    }

    /// Probabilities for `blocks` blocks in a row, from 0 to `last` in even steps; 0 for a single
    /// block.
    public static func rates(upTo last: Double, blocks: Int) -> [Double] {
        (0..<blocks).map { blocks > 1 ? last * Double($0) / Double(blocks - 1) : 0 }
    }
}
