import DenseKitCore

/// A convolution over one dimension with a kernel of 1 and no bias: a matrix, stored `[out, in, 1]`.
final class PointwiseConv1d: Module {
    @Parameter var weight: Tensor

    /// Starts as PyTorch's Conv1d does: uniform within ±1/√in.
    init(_ inChannels: Int, _ outChannels: Int) throws {
        weight = try Tensor.empty([outChannels, inChannels, 1]).defaultUniformInPlace()
    }

    /// With channels last: `[n, p, in] → [n, p, out]`
    func acrossChannels(_ x: Tensor) throws -> Tensor {
        try OperationCounter.scope(of: weight) { try x.linear(weight.squeezed(2), nil) }
    }

    /// With the nodes of a graph for channels: `[n, in, c] → [n, out, c]`
    func acrossNodes(_ x: Tensor) throws -> Tensor {
        try OperationCounter.scope(of: weight) { try weight.squeezed(2).matmul(x) }
    }
}

/// A layer of a graph, whose edges are learned: H' = GELU(LayerNorm(A H)). `[n, nodes, c] → [n, nodes, c]` (equation 2)
final class GraphConvolution: Module {
    let conv: PointwiseConv1d
    let norm: LayerNorm

    init(_ nodes: Int, width: Int) throws {
        conv = try PointwiseConv1d(nodes, nodes)
        norm = try LayerNorm(width)
    }

    func callAsFunction(_ x: Tensor) throws -> Tensor { try norm(conv.acrossNodes(x)).gelu() }
}

/// Attention of one way's nodes to the other's, narrower inside; only the output has a bias.
///
/// Query `[n, q, c]` and memory `[n, m, c]` → `[n, q, c]`; either may be one for all images.
final class CrossAttention: Module {
    let qProj: Linear
    let kProj: Linear
    let vProj: Linear
    let proj: Linear
    private let heads: Int

    init(_ c: Int, width: Int, heads: Int) throws {
        qProj = try Linear(c, width, bias: false)
        kProj = try Linear(c, width, bias: false)
        vProj = try Linear(c, width, bias: false)
        proj = try Linear(width, c)
        self.heads = heads
        super.init()
        for linear in [qProj, kProj, vProj, proj] { try linear.startAsProjection() }
    }

    func callAsFunction(_ query: Tensor, _ memory: Tensor) throws -> Tensor {
        let n = max(query.size(0), memory.size(0))
        let attended = try Tensor.attention(split(qProj(query), n), split(kProj(memory), n), split(vProj(memory), n))
        return try proj(attended.transposed(1, 2).reshaped([n, query.size(1), -1]))
    }

    /// `[n or 1, t, width] → [n, heads, t, width / heads]`
    private func split(_ x: Tensor, _ n: Int) throws -> Tensor {
        let (t, head) = (x.size(1), x.size(2) / heads)
        return try x.reshaped([x.size(0), t, heads, head]).transposed(1, 2).expanded([n, heads, t, head])
    }
}
