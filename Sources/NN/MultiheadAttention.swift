/// Self-attention with packed projections, keys as PyTorch's `nn.MultiheadAttention`. `[n, t, d] → [n, t, d]` (Vaswani et al. 2017)
public final class MultiheadAttention: Module {
    @Parameter public var inProjWeight: Tensor  // [3d, d]: query, key, value
    @Parameter public var inProjBias: Tensor  // [3d]
    public let outProj: Linear
    public let heads: Int

    public init(_ features: Int, heads: Int) throws {
        inProjWeight = try Tensor.empty([3 * features, features]).xavierUniformInPlace()
        inProjBias = try Tensor.zeros([3 * features])
        outProj = try Linear(features, features)
        self.heads = heads
        super.init()
        try withoutGrad { _ = try outProj.bias?.fillInPlace(0) }
    }

    /// - Parameter causal: a position sees itself and those before it.
    public func callAsFunction(_ x: Tensor, causal: Bool = false) throws -> Tensor {
        let (q, k, v) = try projected(x)
        return try output(try Tensor.attention(q, k, v, causal: causal))
    }

    /// Query, key and value of every position, each `[n, heads, t, d / heads]`.
    public func projected(_ x: Tensor) throws -> (q: Tensor, k: Tensor, v: Tensor) {
        let (n, t, d) = (x.size(0), x.size(1), x.size(2))
        let packed = try x.linear(inProjWeight, inProjBias).reshaped([n, t, 3, heads, d / heads]).permuted(2, 0, 3, 1, 4)
        return (try packed.selected(0, 0), try packed.selected(0, 1), try packed.selected(0, 2))
    }

    /// Heads `[n, heads, t, d / heads]` joined and projected. `[n, t, d]`
    public func output(_ heads: Tensor) throws -> Tensor { try outProj(heads.joinedHeads()) }
}
