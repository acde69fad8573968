import DenseKitCore
import DenseKitLanguageGuidance

/// Language-guided segmentation with instance-conditioned prompts: prompts with a context made from
/// the image give the text embeddings of the classes; their cosines with the image at several
/// scales are appended to the pyramid; points of the coarsest score map are pulled together by
/// class. (Yu et al., "ICPC: Instance-Conditioned Prompting with Contrastive Learning for Semantic
/// Segmentation"; docs/icpc.md lists our additions.)
///
/// Pyramid, global `[n, d]` and local `[n, d, h, w]` embeddings → the pyramid with k more channels
/// at every level that has a score map.
///
/// Context decoder, auxiliary loss and the attention pool for any backbone are DenseCLIP's.
public final class ICPC: Module, Prompter {
    let visual: VisualEmbeddings
    let prompting: any Prompting
    let contextDecoder: ContextDecoder
    @Parameter var gamma: Tensor  // [d], the paper's λ
    let alignment: MultiScaleAlignment?  // without it the language map's own scale alone
    let contrast: AlignGuidedContrast?
    let loss: any Loss
    let names: [[Int]]  // the classes as token ids
    let tokenize: (([String]) throws -> [[Int]])?  // for other class names
    let temperature: Double
    let predictFrom: PredictFrom
    let levels: [Int?]  // of the pyramid, where each score map joins
    /// The backbone's pyramid with k more channels, one for each class, at every level that has a
    /// score map.
    public let outputs: [FeatureSpec]

    override public var keys: [String: String] { ["prompting": "", "visual": ""] }

    /// Built for the pyramid and the class names in `context`.
    ///
    /// - Throws: `SettingError` for settings out of range, backbones that do not fit and
    ///   `context.textIsCached`: the text depends on the image. `TokenizerError` for a vocabulary
    ///   that is not found and class names that are too long, `ConfigurationError` for a loss that
    ///   does not fit.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        try configuration.validate()
        guard !context.textIsCached else { throw SettingError(Self.notCached) }
        let tokens = try PromptTokens(
            context, configuration.form, configuration.tokenizer,
            vocabulary: configuration.vocabulary?.resolved)
        visual = try VisualEmbeddings(configuration.attentionPool, context)
        prompting = try configuration.prompting(tokens, width: visual.width, context)
        let width = visual.width
        contextDecoder = try SettingError.within("context_decoder", namesKey: false) {
            try ContextDecoder(configuration.contextDecoder.configuration(channels: width), context)
        }
        gamma = try Tensor.full([visual.width], configuration.gamma)
        let stride = context.features[visual.level].stride
        alignment =
            configuration.multiScale
            ? try MultiScaleAlignment(visual.width, classes: context.classCount, stride: stride)
            : nil
        contrast = configuration.contrastive.map {
            AlignGuidedContrast($0, weight: configuration.contrastWeight)
        }
        loss = try context.loss(configuration.loss, for: .pixelClasses)
        names = tokens.rows
        tokenize = tokens.tokenize
        temperature = configuration.temperature
        predictFrom = configuration.predictFrom
        let finer = (alignment?.strides ?? []).dropFirst().map { stride in
            context.features.firstIndex { $0.stride == stride }
        }
        levels = [visual.level] + finer
        var outputs = context.features
        for level in levels.compactMap({ $0 }) {
            outputs[level] = FeatureSpec(
                channels: outputs[level].channels + context.classCount,
                stride: outputs[level].stride)
        }
        self.outputs = outputs
    }

    /// Compares the image with the text of every class at all scales and appends the score maps to
    /// the pyramid.
    ///
    /// - Returns: the pyramid with k more channels at the levels of the score maps, text embeddings
    ///   `[n, k, d]`, and the score maps `[n, k, hᵢ, wᵢ]`, coarse to fine. With
    ///   `predict_from: alignment` also predictions.
    /// - Throws: `SettingError` where the backbone declares language outputs that it does not
    ///   return.
    public func callAsFunction(_ features: Features, _ step: ForwardPass) throws -> PrompterOutput {
        let seen = try visual(features, step)
        let text = try text(of: names, seen)
        try step.record("text_embeddings", text)
        let scores = try align(seen.local, text, features.maps, step)  // A, coarse to fine
        var maps = features.maps
        for case (let level?, let scores) in zip(levels, scores) {
            maps[level] = try Tensor.cat([maps[level], scores], dim: 1)
        }
        var prompted = PrompterOutput(maps: maps, textEmbeddings: text, scoreMaps: scores)
        if predictFrom == .alignment {
            prompted.predictions = SegmentationPredictions(embedding: try scores[0] / temperature) {
                $0
            }
        }
        return prompted
    }

    /// What the contrastive loss averages over in each pass by itself: the points of the classes.
    /// Nil without this loss.
    public var countedByPass: String? { contrast == nil ? nil : "the points of the classes" }

    /// The auxiliary loss of the coarsest score map over τ, after bilinear resizing to the labels,
    /// and the contrastive loss of its points as `loss_contrast`. (Eq. 9)
    ///
    /// - Throws: `TargetError` without labels.
    public func losses(_ prompted: PrompterOutput, _ targets: Targets, _ step: ForwardPass) throws
        -> Losses
    {
        let scores = prompted.scoreMaps[0]
        var losses = try scoreMapLosses(scores, temperature: temperature, loss: loss, targets, step)
        if let contrast { losses.add(term: "loss_contrast", try contrast(scores, targets, step)) }
        return losses
    }

    /// Text embeddings of `names`, refined by the image: T + γ · TransDecoder(T, [g, z]),
    /// `[n, k, d]`. (Eq. 2–4)
    func text(of names: [[Int]], _ seen: ImageEmbeddings) throws -> Tensor {
        let text = try prompting(names, seen)
        return try text + gamma * contextDecoder(text, seen.memory())
    }

    /// The score maps, coarse to fine. (Eq. 5 and 8)
    private func align(_ local: Tensor, _ text: Tensor, _ maps: [Tensor], _ step: ForwardPass)
        throws -> [Tensor]
    {
        let sizes = levels.map { level in level.map { Size2D(maps[$0].size(2), maps[$0].size(3)) } }
        let scores = try alignment?(local, text, sizes: sizes) ?? [scoreMap(local, text)]
        try step.record("score_map", scores[0])
        for (stride, map) in zip(alignment?.strides ?? [], scores).dropFirst() {
            try step.record("score_map_\(stride)", map)
        }
        return scores
    }

    static let notCached =
        "ICPC makes the text for every image, so it cannot be cached in place of the text encoder; test and infer with the checkpoint itself"
}

extension ICPC: LanguageClassifier {
    /// Prepares score maps of other class names, in the prompt form of the training, at the
    /// coarsest scale: layers of the finer ones have weights for the trained classes.
    ///
    /// - Parameter classNames: class names, one for each channel of the result
    /// - Returns: a function from the backbone's features to cosines `[n, k, h, w]` on the
    ///   language map's grid
    /// - Throws: `SettingError` for a model that was built from token ids, and for a name whose
    ///   prompt is too long; `TokenizerError` for text that cannot be tokenized.
    public func scoring(_ classNames: [String]) throws -> (Features, ForwardPass) throws -> Tensor {
        guard let tokenize else {
            throw SettingError(
                "new class names need a tokenizer, and this model was built from token ids")
        }
        let names = try tokenize(classNames)
        return { features, step in
            let seen = try self.visual(features, step)
            return try scoreMap(seen.local, self.text(of: names, seen))
        }
    }
}
