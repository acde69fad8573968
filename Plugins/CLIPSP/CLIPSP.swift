import DenseKitCLIP
import DenseKitCore
import DenseKitLanguageGuidance

/// Scene parsing with adaptive prompts: a multi-label decoder predicts which classes an image
/// shows; the text embeddings of the k most probable ones, with their probabilities, are scene
/// tokens that refine the backbone's last stage. (Li et al., "CLIP-SP: Vision-language Model with
/// Adaptive Prompting for Scene Parsing", Figure 2; docs/clip-sp.md lists our additions.)
///
/// Pyramid, global `[n, c]` and local `[n, c, g, g]` embeddings → the pyramid with c channels in
/// place of the last stage's.
///
/// The text encoder is frozen: the text is a codebook `[K, c]`, computed once.
public final class CLIPSP: Module, Prompter {
    let visual: VisualTokens
    let codebook: Codebook
    let multilabelDecoder: any MultilabelDecoder
    let sceneRefinement: SceneRefinement
    let asymmetricLoss: any Loss
    let batchDrop: BatchDrop?
    let k: Int
    let weights: (multilabel: Double, scene: Double)  // λ₁, λ₂
    /// The backbone's pyramid, whose last level has c channels, the width of the text, in place of
    /// its own.
    public let outputs: [FeatureSpec]

    override public var keys: [String: String] { ["visual": "", "codebook": ""] }

    /// Built for the pyramid and the class names in `context`; without a text encoder where
    /// `context.textIsCached`.
    ///
    /// - Throws: `SettingError` for settings out of range and backbones without features,
    ///   `TokenizerError` for a vocabulary that is not found, `ConfigurationError` and `BuildError`
    ///   for a multi-label decoder or a loss that does not fit.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        try configuration.validate()
        guard let last = context.features.last else {
            throw SettingError("needs a backbone with at least one level of features")
        }
        visual = try VisualTokens(configuration.visualProj, context)
        codebook = try Codebook(configuration, width: visual.width, context)
        k = min(configuration.k, context.classCount)
        var language = context
        language.language = LanguageSpec(width: visual.width, stride: last.stride)
        multilabelDecoder = try context.registry.multilabelDecoders.make(
            configuration.multilabelDecoder, language)
        sceneRefinement = try SceneRefinement(
            configuration.sceneRefinement, last.channels, text: visual.width, labels: k,
            output: visual.width)
        asymmetricLoss = try context.loss(configuration.asymmetricLoss, for: .imageLabels)
        batchDrop = configuration.batchDrop.schedule
        weights = (configuration.lambda1, configuration.lambda2)
        outputs =
            context.features.dropLast() + [FeatureSpec(channels: visual.width, stride: last.stride)]
        super.init()
        try codebook.freeze()
    }

    /// Selects k labels for each image and refines the last stage by their scene tokens.
    ///
    /// In training, the labels of masked images are the true ones (`batch_drop`).
    ///
    /// - Returns: the pyramid with the refined last stage, the codebook as text embeddings
    ///   `[n, K, c]`, the logits of the attention as score map `[n, k, h, w]`, its labels `[n, k]`,
    ///   most probable first, and the multi-label logits `[n, K]`
    /// - Throws: `SettingError` where the backbone declares language outputs that it does not
    ///   return.
    public func callAsFunction(_ features: Features, _ step: ForwardPass) throws -> PrompterOutput {
        let v = try visual(features)  // V: [n, 1 + g², c]
        let s = try codebook()  // S: [K, c]
        let logits = try multilabelDecoder(v, s, step)  // S_l: [n, K]
        let probabilities = try logits.to(.float32).sigmoid()
        let labels = try selectedLabels(probabilities, step)  // I: [n, k]
        let tokens = try sceneTokens(s, probabilities, labels)  // T: [n, k, c + 1]
        let x4 = features.maps[features.maps.count - 1]
        let refined = try sceneRefinement(x4, tokens, step)
        try step.record(["codebook": s, "visual": v, "ml_logits": logits])
        return PrompterOutput(
            maps: features.maps.dropLast() + [refined.map],
            textEmbeddings: try s.unsqueezed(0).expanded([v.size(0)] + s.shape),
            scoreMaps: [refined.attention], scoreLabels: labels, classLogits: logits)
    }

    /// λ₁ times the asymmetric loss of the labels, and λ₂ times the cross-entropy of the attention.
    /// (equations 5 to 8)
    ///
    /// - Throws: `TargetError` without labels, `SettingError` for the output of another prompter.
    public func losses(_ prompted: PrompterOutput, _ targets: Targets, _ step: ForwardPass) throws
        -> Losses
    {
        guard let labels = targets.labels else { throw TargetError.noLabels }
        guard let logits = prompted.classLogits, let selected = prompted.scoreLabels,
            let attention = prompted.scoreMaps.first
        else {
            throw SettingError(
                "CLIPSP's losses need what CLIPSP made of the images: logits of labels, and its attention"
            )
        }
        let present = try LabelSets.indicators(
            labels, classes: logits.size(1), ignoreIndex: targets.ignoreIndex)
        let multilabel = try asymmetricLoss(
            logits.to(.float32), present,
            LossOptions(ignoreIndex: targets.ignoreIndex))
        let scene = try SceneLoss.value(
            attention, SceneLoss.cellLabels(labels, attention), selected, targets.ignoreIndex)
        var losses = Losses()
        losses.add(
            term: "aux_multilabel.\(asymmetricLoss.name)", try multilabel * weights.multilabel)
        losses.add(term: "aux_scene.loss_ce", try scene * weights.scene)
        return losses
    }

    /// The labels whose text becomes scene tokens, most probable first: `[n, k]` int64.
    private func selectedLabels(_ probabilities: Tensor, _ step: ForwardPass) throws -> Tensor {
        guard probabilities.device != .meta else {
            return try Tensor.zeros([probabilities.size(0), k], dtype: .int64)
        }
        let probabilities = try withoutGrad { try ImageProbabilities(probabilities) }
        let likely = probabilities.images.map { Array($0.ranking.prefix(k)) }
        var labels = likely
        if isTraining, let batchDrop, let targets = step.targets, let map = targets.labels {
            let present = try LabelSets(
                map, classes: probabilities.classes, ignoreIndex: targets.ignoreIndex)
            labels = try batchDrop(probabilities, present, k: k, step)
        }
        try step.record([
            "top_k": Tensor.labels(likely), "top_k_probabilities": probabilities.values(of: likely),
            "selected": Tensor.labels(labels),
        ])
        return try Tensor.labels(labels).to(probabilities.device)
    }
}

/// T: the text of the selected labels, and the probability of each behind it. (section 3.2)
///
/// Codebook `[K, c]`, probabilities `[n, K]` and labels `[n, k]` → `[n, k, c + 1]`.
func sceneTokens(_ codebook: Tensor, _ probabilities: Tensor, _ labels: Tensor) throws -> Tensor {
    let text = try codebook.indexed(0, labels.flattened()).reshaped([
        labels.size(0), labels.size(1), codebook.size(1),
    ])
    return try Tensor.cat([text, probabilities.gathered(1, labels).unsqueezed(2)], dim: 2)
}
