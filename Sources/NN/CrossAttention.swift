/// Multi-head attention of queries to a memory, each with a projection of its own. (Vaswani et al. 2017, section 3.2.2)
///
/// Query `[n, t, c]` and memory `[n, s, m]` → `[n, t, output]`. Either may be one for all images, `[1, …]`.
public final class CrossAttention: Module {
    public let qProj: Linear
    public let kProj: Linear
    public let vProj: Linear
    public let proj: Linear
    public let heads: Int
    private let outputKey: String

    override public var keys: [String: String] { ["proj": outputKey] }

    /// - Parameters:
    ///   - channels: c, of the queries
    ///   - memory: m; as many as the queries have if left out
    ///   - width: of what is compared, all heads together; as the queries if left out
    ///   - output: channels of the result; as the queries if left out
    ///   - bias: whether query, key and value have one; the output's projection has one in any case
    ///   - outputKey: the checkpoint key of the output's projection
    public init(
        _ channels: Int, memory: Int? = nil, width: Int? = nil, output: Int? = nil, heads: Int, bias: Bool = false,
        outputKey: String = "proj"
    ) throws {
        let width = width ?? channels
        qProj = try Linear(channels, width, bias: bias)
        kProj = try Linear(memory ?? channels, width, bias: bias)
        vProj = try Linear(memory ?? channels, width, bias: bias)
        proj = try Linear(width, output ?? channels)
        (self.heads, self.outputKey) = (heads, outputKey)
    }

    public func callAsFunction(_ query: Tensor, _ memory: Tensor) throws -> Tensor {
        let n = max(query.size(0), memory.size(0))
        func split(_ x: Tensor) throws -> Tensor {
            let parts = try x.splitHeads(heads)
            return x.size(0) == n ? parts : try parts.expanded([n] + parts.shape.dropFirst())
        }
        let attended = try Tensor.attention(split(qProj(query)), split(kProj(memory)), split(vProj(memory)))
        return try proj(attended.joinedHeads())
    }
}

extension Tensor {
    /// Channels as heads side by side. `[n, t, d] → [n, heads, t, d / heads]`
    public func splitHeads(_ heads: Int) throws -> Tensor {
        try reshaped([size(0), size(1), heads, size(2) / heads]).transposed(1, 2)
    }

    /// What `splitHeads` took apart, as before. `[n, heads, t, e] → [n, t, heads · e]`
    public func joinedHeads() throws -> Tensor {
        try transposed(1, 2).reshaped([size(0), size(2), size(1) * size(3)])
    }
}
