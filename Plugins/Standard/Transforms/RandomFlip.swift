import DenseKitCore

/// Mirrors image, labels and instances horizontally with probability `prob`. Takes one random
/// number.
public struct RandomFlip: Transform {
    /// The settings of `RandomFlip` in YAML.
    public struct Configuration: YAMLConfiguration {
        /// The probability of mirroring, 0…1.
        public var prob = 0.5

        public init() {}
    }

    private let probability: Double

    /// The transform with these settings.
    ///
    /// - Throws: `SettingError` for a probability outside 0…1.
    public init(_ configuration: Configuration) throws {
        probability = configuration.prob
        guard (0...1).contains(probability) else {
            throw SettingError(
                "RandomFlip", "prob", "expected a probability of 0…1, found \(probability)")
        }
    }

    /// Mirrors `sample` in place, or leaves it as it is.
    public func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) {
        if random.chance(probability) { sample.flipHorizontally() }
    }

    /// `refused`, since predictions are not mirrored back; `keepsGeometry` where the probability is
    /// 0.
    public var testTimeUse: TestTimeUse {
        guard probability > 0 else { return .keepsGeometry }
        return .refused(
            key: nil, reason: "it mirrors images, and their predictions are not mirrored back",
            remedy: "take it out; \(Term.testTimeAugmentation) adds mirrored views")
    }
}
