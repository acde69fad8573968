import DenseKitCore

/// CLIP's text encoder over whole prompts: `[start][text][end]`, read at the end token. (Radford et
/// al. 2021, section 2.4)
///
/// Token ids of k prompts → text embeddings `[k, output]`.
///
/// Computed in its shared-prefix form, which is exact: under the causal mask the tokens that all
/// prompts begin with, as in "a photo of a …", are equal for every class, so they are computed
/// once; what follows the end token is never computed; the last block is computed at the end token
/// only.
public class CLIPTextEncoder: Module, ModelPart {
    /// Settings of a text encoder; the defaults are CLIP's RN50.
    public struct Configuration: YAMLConfiguration {
        /// Rows of the token table, 1…16,777,216: 49,408 for CLIP's byte-pair encoding.
        public var vocabularySize = 49408
        /// Channels of a token, a multiple of `heads`, 1…65536.
        public var width = 512
        /// Attention heads of every block; `width` is divided among them.
        public var heads = 8
        /// Transformer blocks, 1…1000.
        public var layers = 12
        /// Positions of the whole prompt, contexts included, 2…65536; nil: CLIP's 77, or 13 for
        /// `CLIPTextContextEncoder`, as in DenseCLIP.
        public var contextLength: Int?
        /// Width of the text embeddings, 1…65536.
        public var outputDim = 1024
        /// QuickGELU, as in OpenAI's weights; `false`: exact GELU, as in most of open_clip's.
        public var quickGelu = true

        public init() {}
    }

    @Parameter var positionalEmbedding: Tensor  // [contextLength, width]
    @Parameter var textProjection: Tensor  // [width, output]
    let transformer: Transformer
    let tokenEmbedding: Embedding
    let lnFinal: LayerNorm
    /// Channels of a token, and so of a context vector.
    public let width: Int

    /// Positions where the configuration has none.
    class var usualLength: Int { 77 }

    /// Weights start from normal distributions, as CLIP's do.
    ///
    /// - Throws: `SettingError` for settings out of range, and a width that the heads do not
    ///   divide.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        let width = configuration.width
        try SettingError.check("the text encoder's width", width, in: 1...65536, key: "width")
        guard configuration.heads > 0, width.isMultiple(of: configuration.heads) else {
            throw SettingError(
                key: "heads",
                "the text encoder's width \(width) cannot be shared by \(configuration.heads) heads"
            )
        }
        let length = configuration.contextLength ?? Self.usualLength
        try SettingError.check(
            "the text encoder's layers", configuration.layers, in: 1...1000, key: "layers")
        try SettingError.check("context_length", length, in: 2...65536)
        try SettingError.check("vocabulary_size", configuration.vocabularySize, in: 1...(1 << 24))
        try SettingError.check("output_dim", configuration.outputDim, in: 1...65536)
        positionalEmbedding = try Tensor.empty([length, width]).normalInPlace(std: 0.01)
        textProjection = try Tensor.empty([width, configuration.outputDim]).normalInPlace(
            std: 1 / Double(width).squareRoot())
        transformer = try Transformer(
            width, heads: configuration.heads, layers: configuration.layers,
            quickGELU: configuration.quickGelu)
        tokenEmbedding = try Embedding(configuration.vocabularySize, width, std: 0.02)
        lnFinal = try LayerNorm(width)
        self.width = width
    }

    /// The text embeddings of whole prompts.
    ///
    /// - Parameter tokens: a row for each prompt: start, text, end, padding; the end token has the
    ///   largest id of the row
    /// - Returns: `[k, output]`
    /// - Throws: `SettingError` for rows without a common start token or without an end token, and
    ///   for a prompt longer than the encoder's positions.
    public func callAsFunction(_ tokens: [[Int]]) throws -> Tensor {
        try embeddings(tokens, shared: nil, own: nil).selected(0, 0)
    }

    /// Inputs `texts [k, length]`; output `text_embeddings [k, output]`.
    public func run(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        ["text_embeddings": try self(tokens(inputs))]
    }

    /// The rows of token ids in the input `texts [k, length]`.
    ///
    /// - Throws: `ModelPartError` where the input is missing.
    public final func tokens(_ inputs: [String: Tensor]) throws -> [[Int]] {
        let texts = try inputs.input("texts")
        let ids = try texts.integers().map(Int.init)
        let length = texts.size(1)
        return (0..<texts.size(0)).map { Array(ids[($0 * length)..<(($0 + 1) * length)]) }
    }

    /// - Parameters:
    ///   - shared: contexts of all images, put behind the start token: `[1, m, width]`
    ///   - own: contexts of each image, put behind those: `[b, n, width]`
    /// - Returns: `[b, k, output]`; b is 1 where no image has contexts of its own
    final func embeddings(_ tokens: [[Int]], shared: Tensor?, own: Tensor?) throws -> Tensor {
        let contexts = (shared?.size(1) ?? 0) + (own?.size(1) ?? 0)
        if OperationCounter.wantsDefinitions {
            return try byDefinition(tokens, contexts: joined(shared, own))
        }
        let prompts = try Prompts(
            tokens, contexts: contexts, positions: positionalEmbedding.size(0))
        let device = positionalEmbedding.device
        let indices = try prompts.indices(on: device)
        let front = try tokenEmbedding(indices.shared)  // [s, d]
        var prefix = try Prefix(
            tokens: front, shared: shared, own: own, positions: positionalEmbedding)
        // [t, d], all prompts in a row
        let words = try tokenEmbedding(indices.tokens)
        let places = try positionalEmbedding.indexed(0, indices.positions)
        var rows = try (words + places).unsqueezed(0).expanded([
            prefix.batch, prompts.tokens.count, width,
        ])
        for block in transformer.resblocks.dropLast() {
            (prefix, rows) = try block(prefix: prefix, rows: rows, prompts)
        }
        if let last = transformer.resblocks.last {
            rows = try last.ends(prefix: prefix, rows: rows, prompts, indices)
        }
        return try lnFinal(rows).matmul(textProjection)
    }

    /// All contexts of each image: `[b, m + n, width]`.
    private func joined(_ shared: Tensor?, _ own: Tensor?) throws -> Tensor? {
        guard let shared, let own else { return shared ?? own }
        return try Tensor.cat(
            [shared.expanded([own.size(0), shared.size(1), shared.size(2)]), own], dim: 1)
    }

    final class Transformer: Module {
        let resblocks: [ResidualAttentionBlock]

        init(_ width: Int, heads: Int, layers: Int, quickGELU: Bool) throws {
            resblocks = try (0..<layers).map { _ in
                try ResidualAttentionBlock(
                    width, heads: heads, layers: layers, quickGELU: quickGELU)
            }
        }
    }
}

/// CLIP's text encoder over prompts that begin with contexts, learned or made from an image:
/// `[start][contexts][name][end]`. (Zhou et al. 2022; DenseCLIP section 3.3)
///
/// Contexts `[b, n, width]` and token ids of k names → text embeddings `[b, k, output]`. Start
/// token and contexts are the prefix that all names share.
public final class CLIPTextContextEncoder: CLIPTextEncoder {
    override class var usualLength: Int { 13 }

    /// The text embeddings of names behind contexts; with b = 1 the contexts of all images, else
    /// those of each.
    ///
    /// - Parameters:
    ///   - tokens: a row for each name: start, name, end, padding; the end token has the largest id
    ///     of the row
    ///   - contexts: `[b, n, width]`, put between the start token and the name
    /// - Returns: `[b, k, output]`
    /// - Throws: `SettingError` for rows without a common start token or without an end token, and
    ///   where contexts and name do not fit into the encoder's positions.
    public func callAsFunction(_ tokens: [[Int]], contexts: Tensor) throws -> Tensor {
        contexts.size(0) == 1
            ? try embeddings(tokens, shared: contexts, own: nil)
            : try embeddings(tokens, shared: nil, own: contexts)
    }

    /// The text embeddings of names behind contexts that all images share and contexts of each
    /// image: `[start][shared][own][name][end]`.
    ///
    /// Start token and shared contexts are computed once for all images, which is exact under the
    /// causal mask.
    ///
    /// - Parameters:
    ///   - tokens: a row for each name: start, name, end, padding; the end token has the largest id
    ///     of the row
    ///   - shared: contexts of all images: `[1, m, width]`
    ///   - own: contexts of each image: `[b, n, width]`
    /// - Returns: `[b, k, output]`
    /// - Throws: `SettingError` for rows without a common start token or without an end token, and
    ///   where contexts and name do not fit into the encoder's positions.
    public func callAsFunction(_ tokens: [[Int]], shared: Tensor, own: Tensor) throws -> Tensor {
        try embeddings(tokens, shared: shared, own: own)
    }

    /// Inputs `texts [k, length]` and `contexts [b, n, width]`; output
    /// `text_embeddings [b, k, output]`.
    override public func run(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        let tokens = try tokens(inputs)
        let contexts = try inputs.input("contexts")
        return ["text_embeddings": try self(tokens, contexts: contexts)]
    }
}

extension CLIPTextEncoder: ExternalWeights, WeightAdapting {
    /// What CLIP's files hold beside the text encoder: the image encoder, the scale of its scores,
    /// its sizes, and the causal mask.
    private static let elsewhere = [
        "visual.", "logit_scale", "logit_bias", "input_resolution", "context_length", "vocab_size",
        "attn_mask",
    ]

    /// OpenAI CLIP's files, of which the image encoder's tensors are not used, and checkpoints of
    /// DenseCLIP, with keys behind `text_encoder.`.
    public static var weightFormats: [WeightFormat] {
        [
            WeightFormat("OpenAI CLIP", behind: [""], dropping: elsewhere),
            WeightFormat("a DenseCLIP model", behind: ["text_encoder."]),
        ]
    }

    /// The first rows of CLIP's 77 position embeddings, where prompts have fewer positions:
    /// `[77, d] → [p, d]`. Nil for other keys and where the file has too few.
    public func adapted(_ tensor: Tensor, _ key: String, to shape: [Int]) throws -> Tensor? {
        guard key == "positional_embedding", tensor.rank == 2, tensor.size(0) >= shape[0] else {
            return nil
        }
        return try tensor.narrowed(0, 0, shape[0])
    }
}
