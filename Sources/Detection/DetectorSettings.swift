// What the heads of several detectors have in their configurations.

/// Which boxes or anchors are instances, by their IoU with the ground truth: the settings of a `MaxIoUAssigner`.
public struct AssignerSettings: YAMLConfiguration {
    /// From here on a box belongs to the instance that it overlaps most.
    public var positive = 0.5
    /// Below, it is background; between the two it does not count.
    public var negative = 0.5
    /// The best boxes of an instance belong to it from here on, whatever the thresholds above.
    public var minPositive = 0.5
    /// Whether they do.
    public var matchesLowQuality = true

    public init() {}

    public init(positive: Double, negative: Double, minPositive: Double) {
        (self.positive, self.negative, self.minPositive) = (positive, negative, minPositive)
    }

    /// The assigner.
    ///
    /// - Throws: `SettingError` with the key for an IoU outside 0…1.
    public func make() throws -> MaxIoUAssigner {
        try SettingError.check("positive", positive, in: 0...1)
        try SettingError.check("negative", negative, in: 0...1)
        try SettingError.check("min_positive", minPositive, in: 0...1)
        return try MaxIoUAssigner(
            positive: positive, negative: negative, minPositive: minPositive, matchesLowQuality: matchesLowQuality)
    }
}

/// How many boxes of an image a head is trained on: the settings of a `RandomSampler`.
public struct SamplerSettings: YAMLConfiguration {
    public var count = 512
    /// At most this share of them are instances.
    public var positiveFraction = 0.25

    public init() {}

    public init(count: Int, positiveFraction: Double) {
        (self.count, self.positiveFraction) = (count, positiveFraction)
    }

    /// The sampler.
    ///
    /// - Parameter addsTruth: whether the boxes of the ground truth join the candidates
    /// - Throws: `SettingError` with the key for a number out of range.
    public func make(addsTruth: Bool) throws -> RandomSampler {
        try SettingError.check("count", count, in: 1...1_000_000)
        try SettingError.check("positive_fraction", positiveFraction, in: 0...1)
        return try RandomSampler(count: count, positiveFraction: positiveFraction, addsTruth: addsTruth)
    }
}

/// How the weights of a detector's heads start.
public enum DetectorInitialization: String, Codable, Sendable, CaseIterable {
    /// As the paper and mmdetection have it: small weights, and where a paper asks for it a small probability for every class.
    case prior
    /// What layers are built with, as in released code that never called the other. Where a focal loss meets even odds it starts above
    /// 10,000: training then needs its gradients clipped.
    case reference
}
