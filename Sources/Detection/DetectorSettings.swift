// What the heads of several detectors have in their configurations.

/// Which anchors or proposals are positive, by their IoU with the ground truth: the settings of a
/// `MaxIoUAssigner`.
public struct AssignerSettings: YAMLConfiguration {
    /// IoU from which a box is assigned to the instance that it overlaps most, 0…1.
    public var positive = 0.5
    /// A box whose best IoU is below this is background, 0…1; one between `negative` and `positive`
    /// is ignored.
    public var negative = 0.5
    /// IoU from which an instance also gets the boxes that overlap it most, even if it is below
    /// `positive`, 0…1. Used with `matchesLowQuality`.
    public var minPositive = 0.5
    /// Whether each instance also gets the boxes that overlap it most, if their IoU is
    /// `minPositive` or more.
    public var matchesLowQuality = true

    /// Every setting at its default.
    public init() {}

    /// The three IoU thresholds; `matchesLowQuality` stays true.
    public init(positive: Double, negative: Double, minPositive: Double) {
        self.positive = positive
        self.negative = negative
        self.minPositive = minPositive
    }

    /// The assigner with these settings.
    ///
    /// - Throws: `SettingError` with the key for an IoU outside 0…1.
    public func make() throws -> MaxIoUAssigner {
        try SettingError.check("positive", positive, in: 0...1)
        try SettingError.check("negative", negative, in: 0...1)
        try SettingError.check("min_positive", minPositive, in: 0...1)
        return try MaxIoUAssigner(
            positive: positive, negative: negative, minPositive: minPositive,
            matchesLowQuality: matchesLowQuality)
    }
}

/// How many anchors or proposals of an image enter the loss: the settings of a `RandomSampler`.
public struct SamplerSettings: YAMLConfiguration {
    /// Boxes sampled in each image, 1…1000000.
    public var count = 512
    /// The largest share of them that are positive, 0…1; negatives take the rest.
    public var positiveFraction = 0.25

    /// Every setting at its default.
    public init() {}

    /// The number of boxes, and the largest share of positives.
    public init(count: Int, positiveFraction: Double) {
        self.count = count
        self.positiveFraction = positiveFraction
    }

    /// The sampler with these settings.
    ///
    /// - Parameter addsGroundTruth: whether the ground-truth boxes are added to the candidates
    /// - Throws: `SettingError` with the key for a number out of range.
    public func make(addsGroundTruth: Bool) throws -> RandomSampler {
        try SettingError.check("count", count, in: 1...1_000_000)
        try SettingError.check("positive_fraction", positiveFraction, in: 0...1)
        return try RandomSampler(
            count: count, positiveFraction: positiveFraction, addsGroundTruth: addsGroundTruth)
    }
}

/// Which of a detector's boxes become its detections: thresholds of score and overlap, and the most
/// of an image. All detectors check these settings here.
public struct DetectionFilter: Sendable {
    /// The score that detections must exceed.
    public let scoreThreshold: Double
    /// The IoU above which the detection with the lower score of two of one class is removed.
    public let nmsThreshold: Double
    /// The most detections of an image.
    public let maxPerImage: Int

    /// - Throws: `SettingError` with the key for a `score_threshold` or `nms_threshold` outside 0…1
    ///   and a `max_per_image` outside 1…1,000,000.
    public init(scoreThreshold: Double, nmsThreshold: Double, maxPerImage: Int) throws {
        try SettingError.check("score_threshold", scoreThreshold, in: 0...1)
        try SettingError.check("nms_threshold", nmsThreshold, in: 0...1)
        try SettingError.check("max_per_image", maxPerImage, in: 1...1_000_000)
        self.scoreThreshold = scoreThreshold
        self.nmsThreshold = nmsThreshold
        self.maxPerImage = maxPerImage
    }

    /// The detections of an image, by `multiclassNMS`.
    ///
    /// - Parameters:
    ///   - boxes: corners in pixels, `[n, 4]`, or `[n, 4k]` with a box for each class
    ///   - scores: `[n, k + 1]`; the last column is the background and is not read
    public func callAsFunction(boxes: Tensor, scores: Tensor) throws -> Detections {
        try multiclassNMS(
            boxes: boxes, scores: scores, scoreThreshold: scoreThreshold,
            nmsThreshold: nmsThreshold, max: maxPerImage
        ).detections
    }
}

/// How the weights of a detector's heads are initialised.
public enum DetectorInitialization: String, Codable, Sendable, CaseIterable {
    /// As in the paper and mmdetection: small weights, and, where the paper requires it, a small
    /// initial probability for every class.
    case prior
    /// The default initialisation of each layer, as in released code that never called its own. A
    /// focal loss then starts at even odds, above 10,000: training needs gradient clipping.
    case reference
}
