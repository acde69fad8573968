/// Multi-head self-attention with packed projections; checkpoint keys as PyTorch's
/// `nn.MultiheadAttention`. `[n, t, d] → [n, t, d]` (Vaswani et al. 2017)
public final class MultiheadAttention: Module {
    /// Weight of the projections of query, key and value, in this order: `[3d, d]`.
    @Parameter public var inProjWeight: Tensor  // [3d, d]: query, key, value
    /// Bias of the projections of query, key and value, in this order: `[3d]`.
    @Parameter public var inProjBias: Tensor  // [3d]
    /// Projection of the joined heads, `[n, t, d] → [n, t, d]`.
    public let outProj: Linear
    /// Number of heads; it divides d.
    public let heads: Int

    /// Attention over `features` channels. The packed weight starts by Glorot's uniform rule, all
    /// biases at 0.
    public init(_ features: Int, heads: Int) throws {
        inProjWeight = try Tensor.empty([3 * features, features]).xavierUniformInPlace()
        inProjBias = try Tensor.zeros([3 * features])
        outProj = try Linear(features, features)
        self.heads = heads
        super.init()
        try withoutGrad { _ = try outProj.bias?.fillInPlace(0) }
    }

    /// Self-attention of the tokens of `x`. `[n, t, d] → [n, t, d]`
    ///
    /// - Parameters:
    ///   - x: `[n, t, d]`
    ///   - causal: whether a token attends only to itself and those before it
    public func callAsFunction(_ x: Tensor, causal: Bool = false) throws -> Tensor {
        let (q, k, v) = try projected(x)
        return try output(Tensor.attention(q, k, v, causal: causal))
    }

    /// Query, key and value of every token: `[n, t, d] → [n, heads, t, d / heads]` each.
    public func projected(_ x: Tensor) throws -> (q: Tensor, k: Tensor, v: Tensor) {
        let n = x.size(0)
        let t = x.size(1)
        let d = x.size(2)
        let packed = try x.linear(inProjWeight, inProjBias).reshaped([n, t, 3, heads, d / heads])
            .permuted(2, 0, 3, 1, 4)
        return try (packed.selected(0, 0), packed.selected(0, 1), packed.selected(0, 2))
    }

    /// The joined heads after the output projection. `[n, heads, t, d / heads] → [n, t, d]`
    public func output(_ heads: Tensor) throws -> Tensor { try outProj(heads.joinedHeads()) }
}
