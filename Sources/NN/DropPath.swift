/// Stochastic depth: in training, zeroes whole samples of a residual branch at random and scales the rest by 1 / (1 − p).
/// (Huang et al. 2016; scaled and drawn for every sample as in timm and mmcv)
///
/// `[n, …] → [n, …]`
public final class DropPath: Module, UnaryLayer {
    /// The probability of a sample to be zeroed. May be set: golden cases run with 0.
    public var probability: Double

    public init(_ probability: Double) { self.probability = probability }

    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        guard isTraining, probability > 0 else { return x }
        let shape = [x.size(0)] + [Int](repeating: 1, count: max(0, x.rank - 1))
        return try x * Tensor.ones(shape, dtype: x.dtype, device: x.device).dropout(probability)
    }

    /// The probabilities of `blocks` blocks in a row: from 0 to `last` in even steps.
    public static func rates(upTo last: Double, blocks: Int) -> [Double] {
        (0..<blocks).map { blocks > 1 ? last * Double($0) / Double(blocks - 1) : 0 }
    }
}
