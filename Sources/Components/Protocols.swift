/// Sees: images to a pyramid of feature maps.
public protocol Backbone: Module {
    /// The pyramid that it returns, finest first.
    var outputs: [FeatureSpec] { get }

    /// What its language-compatible outputs are, where it has them.
    var language: LanguageSpec? { get }

    /// The shortest side, in pixels, of an image that it can see. Smaller images are padded to it before they are predicted.
    var minimumSide: Int { get }

    /// - Parameter images: normalised, `[n, 3, h, w]`
    func callAsFunction(_ images: Tensor) throws -> Features
}

extension Backbone {
    public var language: LanguageSpec? { nil }
    public var minimumSide: Int { 1 }
}

/// Mixes the levels of a pyramid.
public protocol Neck: Module {
    var outputs: [FeatureSpec] { get }

    /// - Parameter maps: the upstream pyramid, `[n, c, h, w]` each
    func callAsFunction(_ maps: [Tensor]) throws -> [Tensor]
}

/// Brings language in: makes text embeddings and score maps of features and class names, and hands on a changed pyramid.
public protocol Prompter: Module {
    /// The pyramid that it hands on.
    var outputs: [FeatureSpec] { get }

    func callAsFunction(_ features: Features, _ step: ForwardPass) throws -> PrompterOutput

    /// Its own auxiliary losses.
    func losses(_ prompted: PrompterOutput, _ targets: Targets, _ step: ForwardPass) throws -> Losses

    /// What its losses average over that is counted in each pass of a global batch by itself; nil where the mean of the passes is the loss of the
    /// whole batch.
    var countedByPass: String? { get }
}

extension Prompter {
    public var countedByPass: String? { nil }
}

/// What a prompter makes of a batch.
public struct PrompterOutput {
    /// The pyramid handed on: `[n, c, h, w]` each.
    public var maps: [Tensor]
    /// The text embedding of every class, `[n, k, d]`.
    public var textEmbeddings: Tensor
    /// Scores of positions for classes, such as their cosine similarity, `[n, k, h, w]`; several where it works at several scales.
    public var scoreMaps: [Tensor]
    /// The classes that the channels of the score maps belong to, where an image has a choice of its own: `[n, k]` int64.
    public var scoreLabels: Tensor?
    /// Scores of whole images for every class, where the method asks which classes are there: `[n, k]`.
    public var classLogits: Tensor?
    /// What it predicts by itself, where the head is not to be asked.
    public var predictions: (any Predictions)?

    public init(
        maps: [Tensor], textEmbeddings: Tensor, scoreMaps: [Tensor], scoreLabels: Tensor? = nil, classLogits: Tensor? = nil
    ) {
        self.maps = maps
        self.textEmbeddings = textEmbeddings
        self.scoreMaps = scoreMaps
        self.scoreLabels = scoreLabels
        self.classLogits = classLogits
    }
}

/// Decides the task: losses from features and targets, predictions from features.
///
/// A head that reads more than the pyramid finds what the prompter made (text embeddings `[n, k, d]`, score maps `[n, k, h, w]`) in the pass:
/// `step.prompted`.
public protocol Head: Module {
    /// Where its weights stand in a checkpoint: `decode_head`, `bbox_head`, …; empty for a head whose parts have such keys themselves.
    var checkpointKey: String { get }

    /// What it does, by a value of the task's type: `SegmentationTask()`. A task of a plugin's own conforms to `VisionTask`.
    var task: any HeadTask { get }

    /// What stands before the names of its losses in the log: mmsegmentation's `decode.loss_ce`, mmdetection's bare `loss_cls`.
    var logPrefix: String? { get }

    /// What its losses average over that is counted in each pass of a global batch by itself; nil where the mean of the passes is the loss of the
    /// whole batch.
    var countedByPass: String? { get }

    /// - Parameter maps: the pyramid that comes in, `[n, c, h, w]` each
    func losses(_ maps: [Tensor], _ targets: Targets, _ step: ForwardPass) throws -> Losses

    /// - Parameter maps: the pyramid that comes in, `[n, c, h, w]` each
    func predictions(_ maps: [Tensor], _ step: ForwardPass) throws -> any Predictions
}

extension Head {
    public var logPrefix: String? { nil }
    public var countedByPass: String? { nil }
}

/// A head that chooses by values (the best boxes, say), and can run its layers without choosing: so its work is counted from shapes alone.
public protocol CountableHead: Head {
    /// Runs every layer as often as published complexities count it, without anchors, decoding and suppression: mmdetection's
    /// `forward_dummy`.
    ///
    /// - Parameter maps: the pyramid of a batch of one image, on any device
    func forwardShapes(_ maps: [Tensor], _ step: ForwardPass) throws
}

/// Measures how wrong a prediction is.
public protocol Loss: Module {
    /// Its name in the log, such as `loss_ce`.
    var name: String { get }

    /// What it can compare; nil where it does not say, and is taken anywhere.
    var purposes: Set<LossPurpose>? { get }

    /// Whether it divides by the number of labelled pixels (`LossOptions.labelledPixels`) instead of all.
    var averagesLabelled: Bool { get }

    /// - Returns: a scalar, its weight included.
    func callAsFunction(_ prediction: Tensor, _ target: Tensor, _ options: LossOptions) throws -> Tensor
}

extension Loss {
    public var purposes: Set<LossPurpose>? { nil }
    public var averagesLabelled: Bool { false }
}

/// A loss that compares logits with labels of another resolution by itself, as if the logits had been resized bilinearly, but without
/// holding them at the labels' size.
public protocol ResizingLoss: Loss {
    /// - Parameters:
    ///   - logits: `[n, k, h, w]`
    ///   - target: `[n, height, width]`
    func resizing(_ logits: Tensor, to target: Tensor, _ options: LossOptions) throws -> Tensor
}

/// What a loss needs to know beyond prediction and target.
public struct LossOptions {
    /// Target value that counts for nothing.
    public var ignoreIndex: Int
    /// A weight for every element, or for every row of elements.
    public var elementWeights: Tensor?
    /// What the sum of all elements is divided by, such as the number of positives in the batch; nil for their count.
    public var averageFactor: Double?
    /// What a loss that averages over labelled pixels divides by: `Targets.labelledPixels`. Nil: what it counts itself.
    public var labelledPixels: Double?

    public init(
        ignoreIndex: Int = Targets.defaultIgnoreIndex, elementWeights: Tensor? = nil, averageFactor: Double? = nil,
        labelledPixels: Double? = nil
    ) {
        self.labelledPixels = labelledPixels
        self.ignoreIndex = ignoreIndex
        self.elementWeights = elementWeights
        self.averageFactor = averageFactor
    }
}
