import DenseKitCore

/// Softmax cross-entropy over classes. Logits `[n, k, h, w]`, class indices `[n, h, w]`; or vectors `[n, k]`, `[n]` → scalar.
public final class CrossEntropy: Module, ResizingLoss {
    public struct Configuration: YAMLConfiguration {
        /// Factor of this loss in the sum.
        public var weight = 1.0
        /// A factor for every class.
        public var classWeights: [Double]?
        /// Whether ignored pixels leave the denominator. mmsegmentation 0.x keeps them in, and so do the papers' numbers.
        public var averageNonIgnored = false
        public var name = "loss_ce"

        public init() {}
    }

    let weight: Double
    @Cached var classWeights: Tensor?
    let averageNonIgnored: Bool
    public let name: String
    public let purposes: Set<LossPurpose>? = [.pixelClasses, .boxClasses]
    public var averagesLabelled: Bool { averageNonIgnored }

    /// Throws `SettingError` for weights out of range, and other than one for each class.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        try SettingError.check(weight: configuration.weight)
        if let weights = configuration.classWeights, weights.count != context.classCount {
            throw SettingError(
                key: "class_weights", "class_weights has \(weights.count) numbers for \(context.classCount) classes")
        }
        for (index, weight) in (configuration.classWeights ?? []).enumerated() {
            try SettingError.check(weight: weight, "class_weights.\(index)")
        }
        weight = configuration.weight
        classWeights = try configuration.classWeights.map { try Tensor.from($0.map(Float.init)) }
        averageNonIgnored = configuration.averageNonIgnored
        name = configuration.name
    }

    public func callAsFunction(_ prediction: Tensor, _ target: Tensor, _ options: LossOptions) throws -> Tensor {
        let classWeights = try classWeights?.to(prediction.device)
        if let elementWeights = options.elementWeights {
            let each = try prediction.crossEntropy(
                target, weight: classWeights, reduction: .none, ignoreIndex: options.ignoreIndex)
            return try average(try (each * elementWeights).sum(), target, options)
        }
        let sum = try prediction.crossEntropy(target, weight: classWeights, reduction: .sum, ignoreIndex: options.ignoreIndex)
        return try average(sum, target, options)
    }

    public func resizing(_ logits: Tensor, to target: Tensor, _ options: LossOptions) throws -> Tensor {
        let sum = try logits.resizedCrossEntropy(target, weight: classWeights, ignoreIndex: options.ignoreIndex)
        return try average(sum, target, options)
    }

    private func average(_ sum: Tensor, _ target: Tensor, _ options: LossOptions) throws -> Tensor {
        guard averageNonIgnored, options.averageFactor == nil else {
            return try options.average(sum, weight, count: target.count)
        }
        if let labelled = options.labelledPixels { return try sum * (weight / labelled) }
        let counted = try target.differs(from: Double(options.ignoreIndex)).to(.float32).sum().clamped(1)
        return try sum * weight / counted
    }
}
