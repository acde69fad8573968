import DenseKit

/// CLIP's text encoder over prompts that begin with learned contexts: `[start][contexts][name][end]`, read at the end token.
/// (Radford et al. 2021, section 2.4; contexts: Zhou et al. 2022, DenseCLIP section 3.1)
///
/// Contexts `[b, n, width]` and token ids of k names → text embeddings `[b, k, output]`.
///
/// Computed in its shared-prefix form, which is exact: under the causal mask the start token and the contexts are the same for every
/// class, so they are computed once; what follows the end token is never computed; the last block is computed at the end token only.
public final class CLIPTextContextEncoder: Module {
    public struct Configuration: DenseKit.Configuration {
        public var vocabularySize = 49408
        public var width = 512
        public var heads = 8
        public var layers = 12
        /// Positions of the whole prompt: start, contexts, name, end.
        public var contextLength = 13
        /// Width of the text embeddings.
        public var outputDim = 1024

        public init() {}
    }

    @Parameter var positionalEmbedding: Tensor  // [contextLength, width]
    @Parameter var textProjection: Tensor  // [width, output]
    let transformer: Transformer
    let tokenEmbedding: Embedding
    let lnFinal: LayerNorm
    public let width: Int

    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        let width = configuration.width
        guard configuration.heads > 0, width > 0, width.isMultiple(of: configuration.heads) else {
            throw SettingError("the text encoder's width \(width) cannot be shared by \(configuration.heads) heads")
        }
        try SettingError.check("the text encoder's width", width, in: 1...65536)
        try SettingError.check("the text encoder's layers", configuration.layers, in: 1...1000)
        try SettingError.check("context_length", configuration.contextLength, in: 2...65536)
        try SettingError.check("vocabulary_size", configuration.vocabularySize, in: 1...(1 << 24))
        try SettingError.check("output_dim", configuration.outputDim, in: 1...65536)
        positionalEmbedding = try Tensor.empty([configuration.contextLength, width]).normalInPlace(std: 0.01)
        textProjection = try Tensor.empty([width, configuration.outputDim]).normalInPlace(std: 1 / Double(width).squareRoot())
        transformer = try Transformer(width, heads: configuration.heads, layers: configuration.layers)
        tokenEmbedding = try Embedding(configuration.vocabularySize, width, std: 0.02)
        lnFinal = try LayerNorm(width)
        self.width = width
    }

    /// - Parameters:
    ///   - tokens: a row for each name: start, name, end, padding; the end token has the largest id of the row
    ///   - contexts: `[b, n, width]`, put between the start token and the name
    /// - Returns: `[b, k, output]`
    public func callAsFunction(_ tokens: [[Int]], contexts: Tensor) throws -> Tensor {
        let prompts = try Prompts(tokens, contexts: contexts.size(1), positions: positionalEmbedding.size(0))
        let batch = contexts.size(0)
        let device = positionalEmbedding.device
        let start = try tokenEmbedding(try Tensor.from([Int64(prompts.start)]).to(device)).unsqueezed(0)  // [1, 1, d]
        var prefix = try Tensor.cat([try start.expanded([batch, 1, width]), contexts], dim: 1)
        prefix = try prefix + positionalEmbedding.narrowed(0, 0, prefix.size(1))
        let names = try tokenEmbedding(try Tensor.from(prompts.tokens).to(device))  // [t, d], all names in a row
        let places = try positionalEmbedding.indexed(0, try Tensor.from(prompts.positions).to(device))
        var rows = try (names + places).unsqueezed(0).expanded([batch, prompts.tokens.count, width])
        for block in transformer.resblocks.dropLast() { (prefix, rows) = try block(prefix: prefix, rows: rows, prompts) }
        if let last = transformer.resblocks.last { rows = try last.ends(prefix: prefix, rows: rows, prompts) }
        return try lnFinal(rows).matmul(textProjection)
    }

    final class Transformer: Module {
        let resblocks: [ResidualAttentionBlock]

        init(_ width: Int, heads: Int, layers: Int) throws {
            resblocks = try (0..<layers).map { _ in try ResidualAttentionBlock(width, heads: heads, layers: layers) }
        }
    }
}

extension CLIPTextContextEncoder: Part {
    /// Inputs `texts [k, length]` and `contexts [b, n, width]`; output `text_embeddings [b, k, output]`.
    public func run(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        guard let texts = inputs["texts"] else { throw PartError(missing: "texts", among: inputs) }
        guard let contexts = inputs["contexts"] else { throw PartError(missing: "contexts", among: inputs) }
        let ids = try texts.integers().map(Int.init)
        let length = texts.size(1)
        let tokens = (0..<texts.size(0)).map { Array(ids[($0 * length)..<(($0 + 1) * length)]) }
        return ["text_embeddings": try self(tokens, contexts: contexts)]
    }
}
