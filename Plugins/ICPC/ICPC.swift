import DenseKitCore
import DenseKitLanguageGuidance

/// Language-guided segmentation whose prompts know the image: text embeddings of the classes from prompts with an image's own context,
/// aligned with the image at several scales; points of the coarsest alignment are pulled together by class. (Yu et al., "ICPC:
/// Instance-Conditioned Prompting with Contrastive Learning for Semantic Segmentation"; docs/icpc.md says what is ours.)
///
/// Pyramid, global `[n, d]` and local `[n, d, h, w]` embeddings → the pyramid with k more channels at every level that has a score map.
///
/// What the paper inherits from DenseCLIP is the same here: context decoder, auxiliary loss, an attention pool for any backbone.
public final class ICPC: Module, Prompter {
    let visual: VisualEmbeddings
    let prompting: any Prompting
    let contextDecoder: ContextDecoder
    @Parameter var gamma: Tensor  // [d], the paper's λ
    let alignment: MultiScaleAlignment?  // without it the language map's own scale alone
    let contrast: AlignGuidedContrast?
    let loss: any Loss
    let names: [[Int]]  // the classes as token ids
    let tokenize: (([String]) throws -> [[Int]])?  // other words
    let temperature: Double
    let predictFrom: PredictFrom
    let levels: [Int?]  // of the pyramid, where each score map joins
    public let outputs: [FeatureSpec]

    override public var keys: [String: String] { ["prompting": "", "visual": ""] }

    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        try configuration.validate()
        guard !context.textIsKept else { throw SettingError(Self.notKept) }
        let tokens = try PromptTokens(
            context, configuration.form, configuration.tokenizer, vocabulary: configuration.vocabulary?.resolved)
        visual = try VisualEmbeddings(configuration.attentionPool, context)
        prompting = try configuration.prompting(tokens, width: visual.width, context)
        let width = visual.width
        contextDecoder = try SettingError.within("context_decoder", isSaid: false) {
            try ContextDecoder(configuration.contextDecoder.configuration(channels: width), context)
        }
        gamma = try Tensor.full([visual.width], configuration.gamma)
        let stride = context.features[visual.level].stride
        alignment =
            configuration.multiScale
            ? try MultiScaleAlignment(visual.width, classes: context.classCount, stride: stride) : nil
        contrast = configuration.contrastive.map { AlignGuidedContrast($0, weight: configuration.contrastWeight) }
        loss = try context.loss(configuration.loss, for: .pixelClasses)
        (names, tokenize) = (tokens.rows, tokens.tokenize)
        (temperature, predictFrom) = (configuration.temperature, configuration.predictFrom)
        let finer = (alignment?.strides ?? []).dropFirst().map { stride in context.features.firstIndex { $0.stride == stride } }
        levels = [visual.level] + finer
        var outputs = context.features
        for level in levels.compactMap({ $0 }) {
            outputs[level] = FeatureSpec(channels: outputs[level].channels + context.classCount, stride: outputs[level].stride)
        }
        self.outputs = outputs
    }

    public func callAsFunction(_ features: Features, _ step: ForwardPass) throws -> PrompterOutput {
        let seen = try visual(features, step)
        let text = try text(of: names, seen)
        try step.record("text_embeddings", text)
        let scores = try align(seen.local, text, features.maps, step)  // A, coarse to fine
        var maps = features.maps
        for case (let level?, let scores) in zip(levels, scores) { maps[level] = try Tensor.cat([maps[level], scores], dim: 1) }
        var prompted = PrompterOutput(maps: maps, textEmbeddings: text, scoreMaps: scores)
        if predictFrom == .alignment {
            prompted.predictions = .segmentation(embedding: try scores[0] / temperature) { $0 }
        }
        return prompted
    }

    public var countedByPass: String? { contrast == nil ? nil : "the points of the classes" }

    /// Cross-entropy of the coarsest map over τ, and the contrastive loss of its points. (Eq. 9)
    public func losses(_ prompted: PrompterOutput, _ targets: Targets, _ step: ForwardPass) throws -> Losses {
        let scores = prompted.scoreMaps[0]
        var losses = try scoreMapLosses(scores, temperature: temperature, loss: loss, targets, step)
        if let contrast { losses.add(term: "loss_contrast", try contrast(scores, targets, step)) }
        return losses
    }

    /// Text embeddings of `names` that have asked the image: T + γ · TransDecoder(T, [g, z]), `[n, k, d]`. (Eq. 2–4)
    func text(of names: [[Int]], _ seen: SeenImages) throws -> Tensor {
        let plain = try prompting(names, seen.global)
        let text = try plain.expanded([seen.global.size(0), plain.size(1), plain.size(2)])
        return try text + gamma * contextDecoder(text, seen.memory())
    }

    /// The score maps, coarse to fine. (Eq. 5 and 8)
    private func align(_ local: Tensor, _ text: Tensor, _ maps: [Tensor], _ step: ForwardPass) throws -> [Tensor] {
        let sizes = levels.map { level in level.map { Size2D(maps[$0].size(2), maps[$0].size(3)) } }
        let scores = try alignment?(local, text, sizes: sizes) ?? [try scoreMap(local, text)]
        try step.record("score_map", scores[0])
        for (stride, map) in zip(alignment?.strides ?? [], scores).dropFirst() { try step.record("score_map_\(stride)", map) }
        return scores
    }

    static let notKept =
        "ICPC makes the text for every image, so it cannot be kept in place of the text encoder; test and infer with the checkpoint itself"
}

extension ICPC: LanguageClassifier {
    /// By the score map of the language map's own scale: the finer ones have a weight for every class.
    public func scoring(_ words: [String]) throws -> (Features, ForwardPass) throws -> Tensor {
        guard let tokenize else { throw SettingError("new words need a tokenizer, and this model was built from token ids") }
        let names = try tokenize(words)
        return { features, step in
            let seen = try self.visual(features, step)
            return try scoreMap(seen.local, self.text(of: names, seen))
        }
    }
}
