import DenseKitCore
import DenseKitLanguageGuidance

/// Language-guided dense prediction by context-aware prompting: text embeddings of the classes,
/// refined by the image, are compared with every position; the score map is appended to the
/// features. (Rao et al. 2022, sections 3.2–3.4)
///
/// In detection the appended map is divided by τ, and its auxiliary loss has boxes as targets
/// (`scaled_score_map`, `score_target`; section 4.2).
///
/// Pyramid, global `[n, d]` and local `[n, d, h, w]` embeddings → the pyramid with k more channels
/// at the language map's level.
///
/// A backbone without a language-compatible map gets an attention pool on its last stage (section
/// 3.4, "any backbone").
public final class DenseCLIP: Module, Prompter {
    let prompting: any Prompting
    let visual: VisualEmbeddings
    let loss: any Loss
    let names: [[Int]]  // token ids of the classes; empty where the text is cached
    let tokenize: (([String]) throws -> [[Int]])?  // for other class names
    let temperature: Double
    let scaledScoreMap: Bool
    let scoreTarget: ScoreTarget
    let finestStride: Int
    /// The backbone's pyramid with k more channels, one for each class, at the language map's
    /// level.
    public let outputs: [FeatureSpec]

    override public var keys: [String: String] { ["prompting": "", "visual": ""] }

    /// Built for the pyramid and the class names in `context`; without a text encoder where
    /// `context.textIsCached`.
    ///
    /// - Throws: `SettingError` for settings out of range and backbones that do not fit,
    ///   `TokenizerError` for a vocabulary that is not found and class names that are too long,
    ///   `ConfigurationError` for a loss that does not fit `score_target`.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        guard let first = context.features.first else {
            throw SettingError("needs a backbone with at least one level of features")
        }
        let settings = configuration.prompting
        let common = configuration.common
        let form = try settings.form
        try SettingError.check("temperature", common.temperature, in: 1e-6...1e6)
        let tokens =
            context.textIsCached
            ? nil
            : try PromptTokens(
                context, form, common.tokenizer, vocabulary: common.vocabulary?.resolved)
        visual = try VisualEmbeddings(common.attentionPool, context)
        prompting = try settings.make(
            PromptParts(
                context: context, tokens: tokens, textEncoder: common.textEncoder,
                width: visual.width))
        // Boxes make several classes of a position.
        loss = try context.loss(
            common.loss, for: common.scoreTarget == .boxes ? .yesOrNo : .pixelClasses)
        names = tokens?.rows ?? []
        tokenize = tokens?.tokenize
        temperature = common.temperature
        scaledScoreMap = common.scaledScoreMap
        scoreTarget = common.scoreTarget
        finestStride = first.stride
        var outputs = context.features
        let joined = outputs[visual.level]
        outputs[visual.level] = FeatureSpec(
            channels: joined.channels + context.classCount, stride: joined.stride)
        self.outputs = outputs
    }

    /// With `score_target: boxes`, what the auxiliary loss averages over in each pass by itself:
    /// the positions in boxes. Nil with `labels`.
    public var countedByPass: String? { scoreTarget == .boxes ? "the positions in boxes" : nil }

    /// Compares every position of the language map with the text of every class and appends the
    /// score map to the pyramid.
    ///
    /// - Returns: the pyramid with k more channels at the language map's level, text embeddings
    ///   `[n, k, d]`, and one score map `[n, k, h, w]`: cosines, over τ with `scaled_score_map`
    /// - Throws: `SettingError` where the backbone declares language outputs that it does not
    ///   return.
    public func callAsFunction(_ features: Features, _ step: ForwardPass) throws -> PrompterOutput {
        let (text, scoreMap) = try compare(features, with: names, step)
        if scoreTarget == .boxes {
            // only when they are observed
            try step.record("enlarged_score_map", upsampled(scoreMap, features.maps[0]))
        }
        var maps = features.maps
        maps[visual.level] = try Tensor.cat([maps[visual.level], scoreMap], dim: 1)
        return PrompterOutput(maps: maps, textEmbeddings: text, scoreMaps: [scoreMap])
    }

    /// The auxiliary loss of the score map over τ. (equation 7)
    ///
    /// With `score_target: labels` the loss of the pixels' classes, after bilinear resizing to the
    /// labels. With `boxes` the loss of each class by itself on the finest level's grid, averaged
    /// over the classes and the positions in boxes; 0 where the batch has none.
    ///
    /// - Throws: `TargetError` without labels or boxes, `SettingError` for a box of an unknown
    ///   class.
    public func losses(_ prompted: PrompterOutput, _ targets: Targets, _ step: ForwardPass) throws
        -> Losses
    {
        let scores = prompted.scoreMaps[0]
        let divisor = scaledScoreMap ? 1 : temperature
        guard scoreTarget == .boxes else {
            return try scoreMapLosses(scores, temperature: divisor, loss: loss, targets, step)
        }
        var losses = Losses()
        losses.add(
            term: loss.name,
            try boxLoss(upsampled(scores / divisor, prompted.maps[0]), targets, step))
        return losses
    }

    /// - Parameter logits: on the grid of the finest level, `[n, k, h, w]`
    private func boxLoss(_ logits: Tensor, _ targets: Targets, _ step: ForwardPass) throws -> Tensor
    {
        guard let instances = targets.instances else { throw TargetError.noInstances }
        let boxes = try BoxMaps(
            instances, classes: logits.size(1), size: Size2D(logits.size(2), logits.size(3)),
            stride: finestStride,
            device: logits.device)
        try step.record(["score_target": boxes.target, "score_mask": boxes.mask])
        // Without any box the sum is 0, and so is the loss.
        return try loss(
            logits, boxes.target,
            LossOptions(elementWeights: boxes.mask, averageFactor: Double(max(boxes.counted, 1))))
    }

    private func upsampled(_ scoreMap: Tensor, _ finest: Tensor) throws -> Tensor {
        try scoreMap.to(.float32).interpolated(
            to: Size2D(finest.size(2), finest.size(3)), .bilinear())
    }

    /// Text embeddings of `names`, `[n, k, d]`, and their cosine similarity with every position,
    /// over τ where so set: `[n, k, h, w]`.
    func compare(_ features: Features, with names: [[Int]], _ step: ForwardPass) throws -> (
        text: Tensor, scoreMap: Tensor
    ) {
        let seen = try visual(features, step)
        let text = try prompting(names, seen)
        let cosines = try scoreMap(seen.local, text)
        let scores = scaledScoreMap ? try cosines / temperature : cosines
        if let plain = prompting.text { try step.record("class_text", plain(names)) }
        try step.record(["text_embeddings": text, "score_map": scores])
        return (text, scores)
    }
}
