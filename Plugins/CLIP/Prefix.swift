import DenseKitCore

/// What stands before the names, on its way through the blocks: what all images share, and what each image has of its own behind it.
struct Prefix {
    var shared: Tensor  // [1, s, d]
    var own: Tensor?  // [b, o, d]

    /// Of one token at least.
    var count: Int { shared.size(1) + (own?.size(1) ?? 0) }
    var batch: Int { own?.size(0) ?? 1 }

    /// - Parameters:
    ///   - tokens: of all images, in front: `[s', d]`
    ///   - shared: contexts of all images, behind them: `[1, m, d]`
    ///   - own: contexts of each image, behind those: `[b, o, d]`
    ///   - positions: the embedding of every position, `[p, d]`
    init(tokens: Tensor, shared: Tensor?, own: Tensor?, positions: Tensor) throws {
        let front = try tokens.unsqueezed(0)
        let all = try shared.map { try Tensor.cat([front, $0], dim: 1) } ?? front
        let count = all.size(1)
        self.shared = try all + positions.narrowed(0, 0, count)
        self.own = try own.map { try $0 + positions.narrowed(0, count, $0.size(1)) }
    }
}
