import DenseKitCore

// The block on prompts with a shared prefix: a prefix position attends to the prefix before it, a
// name's token to the prefix and its own name.
extension ResidualAttentionBlock {
    /// The prefix and the row of all names' tokens `[b, t, d]` through the block.
    func callAsFunction(prefix: Prefix, rows: Tensor, _ prompts: Prompts) throws -> (
        prefix: Prefix, rows: Tensor
    ) {
        let (newPrefix, kPrefix, vPrefix) = try through(prefix)
        let (q, k, v) = try attn.projected(ln1(rows))  // [b, heads, t, d / heads]
        let attended = try prompts.groups.map { group in
            try attention(
                group, q: part(q, group), kPrefix: kPrefix, k: part(k, group), vPrefix: vPrefix,
                v: part(v, group),
                mask: causalMask(prefix: prefix.count, group.length, like: q))
        }
        let joined = try Tensor.cat(attended, dim: 2)
        return (newPrefix, try feedForward(rows + (attn.output(joined))))
    }

    /// The prefix through the block, with the keys and values that names attend to:
    /// `[b, heads, p, d / heads]`.
    private func through(_ prefix: Prefix) throws -> (prefix: Prefix, k: Tensor, v: Tensor) {
        var next = prefix
        let (q, k, v) = try attn.projected(ln1(prefix.shared))
        next.shared = try feedForward(
            prefix.shared + (attn.output(Tensor.attention(q, k, v, causal: true))))
        guard let own = prefix.own else { return (next, k, v) }
        let (qOwn, kOwn, vOwn) = try attn.projected(ln1(own))
        let keys = try joined(k, kOwn)
        let values = try joined(v, vOwn)
        // A single token attends to all tokens before it.
        let mask =
            own.size(1) > 1
            ? try causalMask(prefix: prefix.shared.size(1), own.size(1), like: qOwn) : nil
        next.own = try feedForward(
            own + (attn.output(Tensor.attention(qOwn, keys, values, mask: mask))))
        return (next, keys, values)
    }

    /// What all images share in front of what each has: `[1, heads, s, e]` and
    /// `[b, heads, o, e] → [b, heads, s + o, e]`.
    private func joined(_ shared: Tensor, _ own: Tensor) throws -> Tensor {
        try Tensor.cat(
            [shared.expanded([own.size(0), shared.size(1), shared.size(2), shared.size(3)]), own],
            dim: 2)
    }

    /// The last block, at the end tokens only: `[b, k, d]` in the order of the classes.
    func ends(
        prefix: Prefix, rows: Tensor, _ prompts: Prompts, _ indices: Prompts.Indices
    ) throws -> Tensor {
        let width = rows.size(2)
        let ends = try rows.indexed(1, indices.ends)  // [b, k, d]
        let weightKV = try attn.inProjWeight.narrowed(0, width, 2 * width)
        let biasKV = try attn.inProjBias.narrowed(0, width, 2 * width)
        var (kPrefix, vPrefix) = try keysAndValues(ln1(prefix.shared).linear(weightKV, biasKV))
        if let own = prefix.own {
            let (kOwn, vOwn) = try keysAndValues(ln1(own).linear(weightKV, biasKV))
            kPrefix = try joined(kPrefix, kOwn)
            vPrefix = try joined(vPrefix, vOwn)
        }
        let normed = try ln1(rows)
        let (k, v) = try keysAndValues(normed.linear(weightKV, biasKV))
        let weightQ = try attn.inProjWeight.narrowed(0, 0, width)
        let q = try normed.linear(weightQ, attn.inProjBias.narrowed(0, 0, width))
            .splitHeads(attn.heads)
        let attended = try prompts.groups.map { group in
            try attention(
                group, q: lastOf(part(q, group)), kPrefix: kPrefix, k: part(k, group),
                vPrefix: vPrefix, v: part(v, group),
                mask: nil)
        }
        let joined = try Tensor.cat(attended, dim: 2).indexed(2, indices.order)
        return try feedForward(ends + (attn.output(joined)))
    }

    /// A group's tokens, name by name: `[b, heads, t, e] → [b, heads, names, length, e]`.
    private func part(_ x: Tensor, _ group: Prompts.Group) throws -> Tensor {
        try x.narrowed(2, group.start, group.count * group.length)
            .reshaped([x.size(0), x.size(1), group.count, group.length, x.size(3)])
    }

    private func lastOf(_ x: Tensor) throws -> Tensor { try x.narrowed(3, x.size(3) - 1, 1) }

    /// Attention of a group's queries `[b, heads, names, s, e]` to the prefix and their own name:
    /// `[b, heads, names · s, e]`.
    private func attention(
        _ group: Prompts.Group, q: Tensor, kPrefix: Tensor, k: Tensor, vPrefix: Tensor, v: Tensor,
        mask: Tensor?
    ) throws -> Tensor {
        let b = q.size(0)
        let h = q.size(1)
        let names = q.size(2)
        let s = q.size(3)
        let e = q.size(4)
        let p = kPrefix.size(2)
        let shared = [b, h, names, p, e]
        let keys = try Tensor.cat([kPrefix.unsqueezed(2).expanded(shared), k], dim: 3)
        let values = try Tensor.cat([vPrefix.unsqueezed(2).expanded(shared), v], dim: 3)
        let flat = [b * h, names, p + group.length, e]
        let attended = try Tensor.attention(
            q.reshaped([b * h, names, s, e]), keys.reshaped(flat), values.reshaped(flat), mask: mask
        )
        return try attended.reshaped([b, h, names * s, e])
    }

    /// Packed keys and values `[b, t, 2d]`, each `[b, heads, t, d / heads]`.
    private func keysAndValues(_ packed: Tensor) throws -> (Tensor, Tensor) {
        let b = packed.size(0)
        let t = packed.size(1)
        let d = packed.size(2) / 2
        let split = try packed.reshaped([b, t, 2, attn.heads, d / attn.heads]).permuted(
            2, 0, 3, 1, 4)
        return try (split.selected(0, 0), split.selected(0, 1))
    }

    /// Added to scores `[length, prefix + length]`: -∞ where a token would attend to a later one of
    /// its name.
    private func causalMask(prefix: Int, _ length: Int, like x: Tensor) throws -> Tensor {
        let all = try Tensor.full(
            [length, prefix + length], -.infinity, dtype: x.dtype, device: x.device)
        return try all.upperTriangle(diagonal: prefix + 1)
    }
}
