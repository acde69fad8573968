import CLIP
import DenseKit

/// Language-guided dense prediction by context-aware prompting: text embeddings of the classes, refined by what the image shows, are
/// compared with every position; the score map joins the features. (Rao et al. 2022, sections 3.2–3.4)
///
/// Pyramid, global `[n, d]` and local `[n, d, h, w]` embeddings → the pyramid with k more channels at the language map's level.
///
/// A backbone without a language-compatible map gets an attention pool on its last stage (section 3.4, "any backbone").
public final class DenseCLIP: Module, Prompter {
    public struct Configuration: DenseKit.Configuration {
        /// Learned context vectors before every class name.
        public var numContexts = 8
        /// Tokens of a class name, start and end included (byte-pair encoding only; bytes take the longest name's).
        public var contextLength = 5
        public var tokenizer = TokenizerKind.bpe
        /// The vocabulary file of the byte-pair encoding, where it is not in the usual places.
        public var vocabulary: Located<String>?
        public var textEncoder = TextEncoder()
        public var contextDecoder = ContextDecoderSettings()
        /// Only for backbones without a language-compatible map.
        public var attentionPool = AttentionPool()
        /// τ: the score map is divided by it in the auxiliary loss.
        public var temperature = 0.07
        /// γ at the start: how much of the context decoder's answer is added to the text.
        public var gamma = 1e-4
        /// The auxiliary loss on the score map.
        public var loss = ComponentNode("CrossEntropy", AuxiliaryLoss())

        public init() {}
    }

    public struct TextEncoder: DenseKit.Configuration {
        public var width = 512
        public var heads = 8
        public var layers = 12
        /// Rows of the token table, where they are not the tokenizer's.
        public var vocabularySize: Int?

        public init() {}
    }

    public struct ContextDecoderSettings: DenseKit.Configuration {
        public var width = 256
        public var heads = 4
        /// The paper says 6, every released configuration 3.
        public var layers = 3
        public var dropout = 0.1

        public init() {}
    }

    public struct AttentionPool: DenseKit.Configuration {
        /// Width of the embeddings.
        public var outputDim = 512
        /// Image size that the grid of positions belongs to.
        public var inputResolution = 512

        public init() {}
    }

    struct AuxiliaryLoss: DenseKit.Configuration {
        var weight = 0.4
    }

    let textEncoder: CLIPTextContextEncoder
    let contextDecoder: ContextDecoder
    @Parameter var contexts: Tensor  // [1, contexts, width]
    @Parameter var gamma: Tensor  // [d]
    let attnpool: AttentionPool2d?
    let loss: any Loss
    let tokens: [[Int]]
    let temperature: Double
    let level: Int  // of the pyramid, where the score map joins
    public let outputs: [FeatureSpec]
    @Cached var text: Tensor?  // [1, k, d]: at inference it does not depend on the image

    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        guard let last = context.features.last else { throw SettingError("needs a backbone with at least one level of features") }
        try SettingError.check("num_contexts", configuration.numContexts, in: 1...4096)
        try SettingError.check("context_length", configuration.contextLength, in: 2...4096)
        guard configuration.temperature > 0 else {
            throw SettingError("temperature must be above 0, found \(configuration.temperature)")
        }
        let prompts = try PromptTokens(context, configuration)
        let width: Int
        if let language = context.language {
            width = language.width
            attnpool = nil
            level = context.features.lastIndex { $0.stride == language.stride } ?? context.features.count - 1
        } else {
            let pool = configuration.attentionPool
            width = pool.outputDim
            attnpool = try AttentionPool2d(
                last.channels, inputResolution: pool.inputResolution, heads: max(1, last.channels / 64), output: width)
            level = context.features.count - 1
        }
        textEncoder = try CLIPTextContextEncoder(
            prompts.encoder(configuration.textEncoder, contexts: configuration.numContexts, outputDim: width), context)
        contextDecoder = try ContextDecoder(ContextDecoder.Configuration(configuration.contextDecoder, channels: width), context)
        contexts = try Tensor.empty([1, configuration.numContexts, textEncoder.width]).truncatedNormalInPlace()
        gamma = try Tensor.full([width], configuration.gamma)
        loss = try context.registry.losses.make(configuration.loss, context)
        tokens = prompts.rows
        temperature = configuration.temperature
        var outputs = context.features
        outputs[level] = FeatureSpec(channels: outputs[level].channels + tokens.count, stride: outputs[level].stride)
        self.outputs = outputs
    }

    public func callAsFunction(_ features: Features, _ step: Step) throws -> Prompted {
        let (global, local) = try embeddings(features)
        try step.record("global_embedding", global)
        try step.record("visual_embedding", local)
        let (n, d, h, w) = (local.size(0), local.size(1), local.size(2), local.size(3))
        let pixels = try local.permuted(0, 2, 3, 1).reshaped([n, h * w, d])
        let visual = try Tensor.cat([try global.unsqueezed(1), pixels], dim: 1)  // [n, 1 + hw, d]
        let plain = try textEmbeddings().expanded([n, tokens.count, d])
        let text = try plain + gamma * contextDecoder(plain, visual)
        let scores = try pixels.normalized(2).matmul(try text.normalized(2).transposed(1, 2))  // [n, hw, k]
        let scoreMap = try scores.reshaped([n, h, w, tokens.count]).permuted(0, 3, 1, 2)
        try step.record("text_embeddings", text)
        try step.record("score_map", scoreMap)
        var maps = features.maps
        maps[level] = try Tensor.cat([maps[level], scoreMap], dim: 1)
        return Prompted(maps: maps, textEmbeddings: text, scoreMaps: [scoreMap])
    }

    /// Cross-entropy of the score map over τ (equation 8).
    public func losses(_ prompted: Prompted, _ targets: Targets, _ step: Step) throws -> Losses {
        var losses = Losses()
        let logits = try prompted.scoreMaps[0] / temperature
        losses.add(try segmentationLosses(logits, loss: loss, targets, step), prefix: "aux_identity")
        return losses
    }

    override public func stateDidChange() { text = nil }

    private func embeddings(_ features: Features) throws -> (global: Tensor, local: Tensor) {
        if let attnpool { return try attnpool(features.maps[level]) }
        guard let global = features.globalEmbedding, let local = features.languageMap else {
            throw SettingError(
                "the backbone declares language outputs and returned none: set globalEmbedding and languageMap in its Features")
        }
        return (global, local)
    }

    private func textEmbeddings() throws -> Tensor {
        if isTraining { return try textEncoder(tokens, contexts: contexts) }
        if let text { return text }
        // Kept in the weights' type: what mixed precision made may be read outside of it.
        let made = try textEncoder(tokens, contexts: contexts).to(contexts.dtype)
        if !made.requiresGrad { text = made }
        return made
    }
}
