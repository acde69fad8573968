import DenseKitCore

/// A convolution over one dimension with a kernel of 1 and no bias: a matrix, stored
/// `[out, in, 1]`.
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

/// A layer of a graph, whose edges are learned: H' = GELU(LayerNorm(A H)).
/// `[n, nodes, c] → [n, nodes, c]` (equation 2)
final class GraphConvolution: Module {
    let conv: PointwiseConv1d
    let norm: LayerNorm

    init(_ nodes: Int, width: Int) throws {
        conv = try PointwiseConv1d(nodes, nodes)
        norm = try LayerNorm(width)
    }

    func callAsFunction(_ x: Tensor) throws -> Tensor { try norm(conv.acrossNodes(x)).gelu() }
}

extension CrossAttention {
    /// Attention of one way's nodes to the other's, narrower inside, with the method's starting
    /// weights.
    ///
    /// Query `[n, q, c]` and memory `[n, m, c]` → `[n, q, c]`; either may be one for all images.
    static func betweenNodes(_ c: Int, width: Int, heads: Int) throws -> CrossAttention {
        let attention = try CrossAttention(c, width: width, heads: heads)
        for linear in [attention.qProj, attention.kProj, attention.vProj, attention.proj] {
            try linear.startAsProjection()
        }
        return attention
    }
}
