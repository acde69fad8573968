import DenseKitCore

/// A Transformer decoder with the image's embeddings as memory. Its queries are
/// text embeddings (post-model prompting) or learned (pre-model prompting). (DenseCLIP section 3.3;
/// 3 layers as in the released code)
///
/// Queries `[b, k, q]`, visual embeddings `[b, 1 + hw, c]` → what the image adds to each query,
/// `[b, k, q]`.
public final class ContextDecoder: Module, ModelPart {
    /// Settings of a context decoder that runs alone; within a model they come from
    /// `ContextDecoderSettings`.
    public struct Configuration: YAMLConfiguration {
        /// Channels inside the decoder, a multiple of `heads`, 1…65536.
        public var width = 256
        /// Attention heads of every layer; `width` is divided among them.
        public var heads = 4
        /// Decoder layers, 1…1000: self-attention, cross-attention and MLP each.
        public var layers = 3
        /// Probability, 0…1, to zero an element of what attention and MLP add, in training.
        public var dropout = 0.1
        /// c: width of the visual embeddings, and of the text. Within a model it comes from the
        /// backbone.
        public var channels = 1024
        /// q: width of the queries and of the result; nil: `channels`.
        public var queryChannels: Int?

        public init() {}
    }

    let memoryProj: Sequential
    let textProj: Sequential
    let decoder: [Layer]
    let outProj: Sequential

    /// Weights start from a truncated normal distribution of std 0.02, biases at 0.
    ///
    /// - Throws: `SettingError` for settings out of range, and a width that the heads do not
    ///   divide.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        let channels = configuration.channels
        let width = configuration.width
        let queryChannels = configuration.queryChannels ?? channels
        try SettingError.check("the context decoder's width", width, in: 1...65536, key: "width")
        guard configuration.heads > 0, width.isMultiple(of: configuration.heads) else {
            throw SettingError(
                key: "heads",
                "the context decoder's width \(width) cannot be shared by \(configuration.heads) heads"
            )
        }
        try SettingError.check(
            "the context decoder's layers", configuration.layers, in: 1...1000, key: "layers")
        try SettingError.check(
            "the context decoder's dropout", configuration.dropout, in: 0...1, key: "dropout")
        try SettingError.check("channels", channels, in: 1...65536)
        try SettingError.check("query_channels", queryChannels, in: 1...65536)
        memoryProj = try Sequential([
            LayerNorm(channels), Linear(channels, width), LayerNorm(width),
        ])
        textProj = try Sequential([LayerNorm(queryChannels), Linear(queryChannels, width)])
        decoder = try (0..<configuration.layers).map { _ in
            try Layer(width, heads: configuration.heads, dropout: configuration.dropout)
        }
        outProj = try Sequential([LayerNorm(width), Linear(width, queryChannels)])
        super.init()
        for (_, module) in try namedModules() {
            guard let linear = module as? Linear else { continue }
            try linear.weight.truncatedNormalInPlace(std: 0.02)
            try withoutGrad { _ = try linear.bias?.fillInPlace(0) }
        }
    }

    /// What the image adds to each query.
    ///
    /// - Parameters:
    ///   - queries: `[b, k, q]`
    ///   - visual: the image's embeddings, the global one first: `[b, 1 + hw, c]`
    /// - Returns: `[b, k, q]`
    public func callAsFunction(_ queries: Tensor, _ visual: Tensor) throws -> Tensor {
        let memory = try memoryProj(visual)
        var x = try textProj(queries)
        for layer in decoder { x = try layer(x, memory) }
        return try outProj(x)
    }

    /// Inputs `text [b, k, q]` and `visual [b, 1 + hw, c]`; output `text_diff [b, k, q]`.
    public func run(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        let text = try inputs.input("text")
        let visual = try inputs.input("visual")
        return ["text_diff": try self(text, visual)]
    }

    /// Self-attention, cross-attention and MLP, each on a normalised copy and added. The memory is
    /// not normalised again.
    final class Layer: Module {
        let selfAttn: CrossAttention
        let crossAttn: CrossAttention
        let drop: Dropout
        let norm1: LayerNorm
        let norm2: LayerNorm
        let norm3: LayerNorm
        let mlp: Sequential

        init(_ width: Int, heads: Int, dropout: Double) throws {
            selfAttn = try CrossAttention(width, heads: heads)
            crossAttn = try CrossAttention(width, heads: heads)
            drop = Dropout(dropout)
            norm1 = try LayerNorm(width)
            norm2 = try LayerNorm(width)
            norm3 = try LayerNorm(width)
            mlp = try Sequential([
                Linear(width, 4 * width), Activation(.gelu), Dropout(dropout),
                Linear(4 * width, width), Dropout(dropout),
            ])
        }

        func callAsFunction(_ x: Tensor, _ memory: Tensor) throws -> Tensor {
            let query = try norm1(x)
            var x = try x + drop(selfAttn(query, query))
            x = try x + drop(crossAttn(norm2(x), memory))
            return try x + (mlp(norm3(x)))
        }
    }
}
