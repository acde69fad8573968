import DenseKitCore

/// Exchanges left and right of picture and labels with chance `prob`. One draw.
public struct RandomFlip: Transform {
    public struct Configuration: YAMLConfiguration {
        public var prob = 0.5

        public init() {}
    }

    private let probability: Double

    /// - Throws: `SettingError` for a probability outside 0…1.
    public init(_ configuration: Configuration) throws {
        probability = configuration.prob
        guard (0...1).contains(probability) else {
            throw SettingError("RandomFlip", "prob", "expected a probability of 0…1, found \(probability)")
        }
    }

    public func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) {
        if random.chance(probability) { sample.flipHorizontally() }
    }

    public var testTimeUse: TestTimeUse {
        guard probability > 0 else { return .keepsGeometry }
        return .refused(
            key: nil, reason: "it mirrors images, and their predictions are not mirrored back",
            remedy: "take it out; \(Term.testTimeAugmentation) adds mirrored views")
    }
}
