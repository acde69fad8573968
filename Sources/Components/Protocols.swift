/// Extracts features: images `[n, 3, h, w]` → a pyramid of feature maps.
public protocol Backbone: Module {
    /// The pyramid that it returns, finest first.
    var outputs: [FeatureSpec] { get }

    /// Width and stride of its embeddings in the space of text; nil for a backbone without them.
    var language: LanguageSpec? { get }

    /// The shortest side, in pixels, of an image that it can process. Smaller images are padded to
    /// it before they are predicted.
    var minimumSide: Int { get }

    /// Runs the backbone on a batch.
    ///
    /// - Parameter images: normalised, `[n, 3, h, w]`
    /// - Returns: the pyramid as `outputs` declares it, and the embeddings where `language` is not
    ///   nil
    func callAsFunction(_ images: Tensor) throws -> Features
}

extension Backbone {
    /// Nil by default: a backbone without language.
    public var language: LanguageSpec? { nil }
    /// 1 pixel by default.
    public var minimumSide: Int { 1 }
}

/// Mixes the levels of a pyramid.
public protocol Neck: Module {
    /// The pyramid that it returns, finest first.
    var outputs: [FeatureSpec] { get }

    /// Mixes the levels.
    ///
    /// - Parameter maps: the pyramid of the backbone or the prompter, `[n, c, h, w]` each
    /// - Returns: the new pyramid as `outputs` declares it
    func callAsFunction(_ maps: [Tensor]) throws -> [Tensor]
}

/// Adds language: makes text embeddings and score maps from features and class names, and returns a
/// changed pyramid.
public protocol Prompter: Module {
    /// The pyramid that it returns, finest first.
    var outputs: [FeatureSpec] { get }

    /// Runs the prompter on the features of a batch.
    func callAsFunction(_ features: Features, _ step: ForwardPass) throws -> PrompterOutput

    /// The prompter's own auxiliary losses; empty where it has none.
    func losses(_ prompted: PrompterOutput, _ targets: Targets, _ step: ForwardPass) throws
        -> Losses

    /// The quantity, as text for messages, that its losses average over separately in each pass of
    /// a global batch; nil where the mean over the passes equals the loss of the whole batch.
    var countedByPass: String? { get }
}

extension Prompter {
    /// Nil by default: the mean over the passes is the loss of the whole batch.
    public var countedByPass: String? { nil }
}

/// What a prompter returns for a batch.
public struct PrompterOutput {
    /// The changed pyramid: `[n, c, h, w]` each.
    public var maps: [Tensor]
    /// The text embedding of every class, `[n, k, d]`.
    public var textEmbeddings: Tensor
    /// Scores of positions for classes, such as their cosine similarity, `[n, k, h, w]`; more than
    /// one where it works at several scales.
    public var scoreMaps: [Tensor]
    /// The classes of the score maps' channels, where each image has its own selection, `[n, k]`
    /// int64; nil: channel i is class i.
    public var scoreLabels: Tensor?
    /// Logits of whole images for every class, `[n, k]`, where the prompter predicts which classes
    /// are present; nil elsewhere.
    public var classLogits: Tensor?
    /// Predictions that replace the head's; nil: the head predicts.
    public var predictions: (any Predictions)?

    /// - Parameters:
    ///   - maps: the changed pyramid, `[n, c, h, w]` each
    ///   - textEmbeddings: of every class, `[n, k, d]`
    ///   - scoreMaps: `[n, k, h, w]` each
    ///   - scoreLabels: the classes of the score maps' channels, `[n, k]` int64; nil for all in
    ///     order
    ///   - classLogits: scores of whole images, `[n, k]`; nil for none
    public init(
        maps: [Tensor], textEmbeddings: Tensor, scoreMaps: [Tensor], scoreLabels: Tensor? = nil,
        classLogits: Tensor? = nil
    ) {
        self.maps = maps
        self.textEmbeddings = textEmbeddings
        self.scoreMaps = scoreMaps
        self.scoreLabels = scoreLabels
        self.classLogits = classLogits
    }
}

/// Solves the task: losses from features and targets, predictions from features.
///
/// A head that reads more than the pyramid takes the prompter's results (text embeddings
/// `[n, k, d]`, score maps `[n, k, h, w]`) from `step.prompted`.
public protocol Head: Module {
    /// The prefix of its weights in a checkpoint: `decode_head`, `bbox_head`, …; empty for a head
    /// whose parts have such keys themselves.
    var checkpointKey: String { get }

    /// Its task, as a value of the task's type: `SegmentationTask()`. A task that a plugin adds
    /// conforms to `VisionTask`.
    var task: any HeadTask { get }

    /// The prefix of its losses in the log, as in mmsegmentation's `decode.loss_ce`; nil for none,
    /// as in mmdetection's `loss_cls`.
    var logPrefix: String? { get }

    /// The quantity, as text for messages, that its losses average over separately in each pass of
    /// a global batch; nil where the mean over the passes equals the loss of the whole batch.
    var countedByPass: String? { get }

    /// The losses of a batch, under their own names.
    ///
    /// - Parameters:
    ///   - maps: the pyramid that comes in, `[n, c, h, w]` each
    ///   - targets: of the batch
    ///   - step: the state of the pass
    func losses(_ maps: [Tensor], _ targets: Targets, _ step: ForwardPass) throws -> Losses

    /// The predictions for a batch, of the type that belongs to `task`.
    ///
    /// - Parameters:
    ///   - maps: the pyramid that comes in, `[n, c, h, w]` each
    ///   - step: the state of the pass
    func predictions(_ maps: [Tensor], _ step: ForwardPass) throws -> any Predictions
}

extension Head {
    /// Nil by default: losses are logged under their own names.
    public var logPrefix: String? { nil }
    /// Nil by default: the mean over the passes is the loss of the whole batch.
    public var countedByPass: String? { nil }
}

/// A head that selects by values (the best boxes, for example) and can also run its layers without
/// selecting, so that its operations are counted from shapes alone.
public protocol CountableHead: Head {
    /// Runs every layer as often as published complexities count it, without anchors, decoding and
    /// suppression: mmdetection's `forward_dummy`.
    ///
    /// - Parameters:
    ///   - maps: the pyramid of a batch of one image, on any device
    ///   - step: the state of the pass
    func forwardShapes(_ maps: [Tensor], _ step: ForwardPass) throws
}

/// Measures how wrong a prediction is.
public protocol Loss: Module {
    /// Its name in the log, such as `loss_ce`.
    var name: String { get }

    /// What it can be used for; nil: it declares nothing and is accepted anywhere.
    var purposes: Set<LossPurpose>? { get }

    /// Whether it divides by the number of labelled pixels (`LossOptions.labelledPixels`) instead
    /// of all.
    var averagesLabelled: Bool { get }

    /// The loss of `prediction` compared with `target`, whose shapes are those of one of its
    /// `purposes`.
    ///
    /// - Returns: a scalar `[]`, multiplied by the loss's weight
    func callAsFunction(_ prediction: Tensor, _ target: Tensor, _ options: LossOptions) throws
        -> Tensor
}

extension Loss {
    /// Nil by default: the loss is accepted anywhere.
    public var purposes: Set<LossPurpose>? { nil }
    /// False by default: the loss divides by the number of all elements.
    public var averagesLabelled: Bool { false }
}

/// A loss that can compare logits with labels of another resolution: the result is that of logits
/// resized bilinearly, but they are never held at the labels' size.
public protocol ResizingLoss: Loss {
    /// - Parameters:
    ///   - logits: `[n, k, h, w]`
    ///   - target: `[n, height, width]`
    ///   - options: how pixels are counted
    func resizing(_ logits: Tensor, to target: Tensor, _ options: LossOptions) throws -> Tensor
}

/// What a loss needs to know beyond prediction and target.
public struct LossOptions {
    /// The target value of elements that do not count.
    public var ignoreIndex: Int
    /// A weight for every element, or for every row of elements; nil: all count the same.
    public var elementWeights: Tensor?
    /// What the sum of all elements is divided by, such as the number of positives in the batch;
    /// nil for their count.
    public var averageFactor: Double?
    /// What a loss that averages over labelled pixels divides by: `Targets.labelledPixels`. Nil:
    /// what it counts itself.
    public var labelledPixels: Double?

    /// - Parameters:
    ///   - ignoreIndex: the target value of elements that do not count
    ///   - elementWeights: one per element or per row; nil: all count the same
    ///   - averageFactor: what the sum is divided by; nil for the number of elements
    ///   - labelledPixels: what a loss that averages over labelled pixels divides by; nil: it
    ///     counts them itself
    public init(
        ignoreIndex: Int = Targets.defaultIgnoreIndex, elementWeights: Tensor? = nil,
        averageFactor: Double? = nil,
        labelledPixels: Double? = nil
    ) {
        self.labelledPixels = labelledPixels
        self.ignoreIndex = ignoreIndex
        self.elementWeights = elementWeights
        self.averageFactor = averageFactor
    }
}
