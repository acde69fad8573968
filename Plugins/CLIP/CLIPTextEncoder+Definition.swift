import DenseKitCore

extension CLIPTextEncoder {
    /// The embeddings of `embeddings(_:shared:own:)` by definition: every prompt by itself at its
    /// full length, padding included. What published complexities count.
    ///
    /// - Parameters:
    ///   - tokens: a row for each name: start, name, end, padding
    ///   - contexts: `[b, n, width]`, put behind the start token
    /// - Returns: `[b, k, output]`; b is 1 where there are no contexts
    func byDefinition(_ tokens: [[Int]], contexts: Tensor?) throws -> Tensor {
        let n = contexts?.size(1) ?? 0
        let positions = positionalEmbedding.size(0)
        // throws what the shared form would
        _ = try Prompts(tokens, contexts: n, positions: positions)
        let b = contexts?.size(0) ?? 1
        let k = tokens.count
        let longest = min(tokens.map(\.count).max() ?? 0, positions - n)
        let padded = tokens.flatMap { row in
            row.prefix(longest).map(Int64.init)
                + [Int64](repeating: 0, count: max(0, longest - row.count))
        }
        let device = positionalEmbedding.device
        let ids = try Tensor.from(padded, shape: [1, k, longest]).to(device)
        var prompts = try tokenEmbedding(ids).expanded([b, k, longest, width])
        if let contexts {
            let learned = try contexts.unsqueezed(1).expanded([b, k, n, width])
            prompts = try Tensor.cat(
                [prompts.narrowed(2, 0, 1), learned, prompts.narrowed(2, 1, longest - 1)], dim: 2)
        }
        let length = n + longest
        var x = try (prompts + positionalEmbedding.narrowed(0, 0, length)).reshaped([
            b * k, length, width,
        ])
        for block in transformer.resblocks {
            x = try x + block.attn(block.ln1(x), causal: true)
            x = try x + block.mlp(block.ln2(x))
        }
        let ends = tokens.map { row in n + (row.firstIndex(of: row.max() ?? 0) ?? 0) }
        let places = (0..<b * k).map { Int64($0 * length + ends[$0 % k]) }
        let rows = try lnFinal(x).reshaped([b * k * length, width]).indexed(
            0, Tensor.from(places).to(device))
        return try rows.matmul(textProjection).reshaped([b, k, textProjection.size(1)])
    }
}
