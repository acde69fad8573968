/// Multi-head attention of queries to a memory, each with its own projection. (Vaswani et al. 2017,
/// section 3.2.2)
///
/// Query `[n, t, c]`, memory `[n, s, m]` → `[n, t, output]`. Either may have a batch of 1, which is
/// used for all images.
public final class CrossAttention: Module {
    /// Projection of the queries, `[n, t, c] → [n, t, width]`.
    public let qProj: Linear
    /// Projection of the memory to keys, `[n, s, m] → [n, s, width]`.
    public let kProj: Linear
    /// Projection of the memory to values, `[n, s, m] → [n, s, width]`.
    public let vProj: Linear
    /// Projection of the joined heads, `[n, t, width] → [n, t, output]`; its checkpoint key is
    /// `outputKey`.
    public let proj: Linear
    /// Number of heads; it divides the width.
    public let heads: Int
    private let outputKey: String

    /// `proj` under the key that was given as `outputKey`.
    override public var keys: [String: String] { ["proj": outputKey] }

    /// Attention of queries with `channels` channels.
    ///
    /// - Parameters:
    ///   - channels: c, of the queries
    ///   - memory: m, channels of the memory; nil for `channels`
    ///   - width: channels of queries, keys and values after projection, all heads together; nil
    ///     for `channels`
    ///   - output: channels of the result; nil for `channels`
    ///   - heads: number of heads, which divides the width
    ///   - bias: whether the projections of query, key and value have a bias; the output projection
    ///     always has one
    ///   - outputKey: checkpoint key of the output projection
    public init(
        _ channels: Int, memory: Int? = nil, width: Int? = nil, output: Int? = nil, heads: Int,
        bias: Bool = false,
        outputKey: String = "proj"
    ) throws {
        let width = width ?? channels
        qProj = try Linear(channels, width, bias: bias)
        kProj = try Linear(memory ?? channels, width, bias: bias)
        vProj = try Linear(memory ?? channels, width, bias: bias)
        proj = try Linear(width, output ?? channels)
        self.heads = heads
        self.outputKey = outputKey
    }

    /// The result of attending from `query` `[n, t, c]` to `memory` `[n, s, m]`: `[n, t, output]`.
    public func callAsFunction(_ query: Tensor, _ memory: Tensor) throws -> Tensor {
        let n = max(query.size(0), memory.size(0))
        func split(_ x: Tensor) throws -> Tensor {
            let parts = try x.splitHeads(heads)
            return x.size(0) == n ? parts : try parts.expanded([n] + parts.shape.dropFirst())
        }
        let attended = try Tensor.attention(
            split(qProj(query)), split(kProj(memory)), split(vProj(memory)))
        return try proj(attended.joinedHeads())
    }
}

extension Tensor {
    /// Tokens split into heads along the channels. `[n, t, d] → [n, heads, t, d / heads]`
    public func splitHeads(_ heads: Int) throws -> Tensor {
        try reshaped([size(0), size(1), heads, size(2) / heads]).transposed(1, 2)
    }

    /// Heads joined along the channels, the inverse of `splitHeads`.
    /// `[n, heads, t, e] → [n, t, heads · e]`
    public func joinedHeads() throws -> Tensor {
        try transposed(1, 2).reshaped([size(0), size(2), size(1) * size(3)])
    }
}
