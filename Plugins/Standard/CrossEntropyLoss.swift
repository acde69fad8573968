import DenseKitCore

/// Softmax cross-entropy over classes. Logits `[n, k, h, w]`, class indices `[n, h, w]`; or vectors
/// `[n, k]`, `[n]` → scalar.
public final class CrossEntropyLoss: Module, ResizingLoss {
    /// The settings of the cross-entropy in YAML.
    public struct Configuration: YAMLConfiguration {
        /// Factor of this loss in the sum of losses, 0…1,000,000.
        public var weight = 1.0
        /// A factor for each class, 0…1,000,000; nil for 1. They do not change the denominator of
        /// the mean.
        public var classWeights: [Double]?
        /// Whether the mean is over labelled pixels alone. By default it is over all pixels,
        /// ignored ones included, as in mmsegmentation 0.x and in the published results that it
        /// produced.
        public var averageNonIgnored = false
        /// The name in the log.
        public var name = "loss_ce"

        public init() {}
    }

    let weight: Double
    @CachedValue var classWeights: Tensor?
    let averageNonIgnored: Bool
    /// The name in the log, the setting `name`.
    public let name: String
    /// One class of several for every pixel or every box.
    public let purposes: Set<LossPurpose>? = [.pixelClasses, .boxClasses]
    /// Whether the mean is over labelled pixels alone, the setting `averageNonIgnored`.
    public var averagesLabelled: Bool { averageNonIgnored }

    /// The loss with these settings, for the classes of `context`.
    ///
    /// - Throws: `SettingError` for weights out of range, and unless there is one class weight for
    ///   each class.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        try SettingError.check(weight: configuration.weight)
        if let weights = configuration.classWeights, weights.count != context.classCount {
            throw SettingError(
                key: "class_weights",
                "class_weights has \(weights.count) numbers for \(context.classCount) classes")
        }
        for (index, weight) in (configuration.classWeights ?? []).enumerated() {
            try SettingError.check(weight: weight, "class_weights.\(index)")
        }
        weight = configuration.weight
        classWeights = try configuration.classWeights.map { try Tensor.from($0.map(Float.init)) }
        averageNonIgnored = configuration.averageNonIgnored
        name = configuration.name
    }

    /// The cross-entropy of logits `[n, k, h, w]` and class indices `[n, h, w]`, or `[n, k]` and
    /// `[n]`, → scalar. Targets of the options' `ignoreIndex` have no loss. The sum is divided by
    /// the options' `averageFactor`, else by the labelled or by all targets, as `averageNonIgnored`
    /// defines.
    public func callAsFunction(_ prediction: Tensor, _ target: Tensor, _ options: LossOptions)
        throws -> Tensor
    {
        let classWeights = try classWeights?.to(prediction.device)
        if let elementWeights = options.elementWeights {
            let each = try prediction.crossEntropy(
                target, weight: classWeights, reduction: .none, ignoreIndex: options.ignoreIndex)
            return try average((each * elementWeights).sum(), target, options)
        }
        let sum = try prediction.crossEntropy(
            target, weight: classWeights, reduction: .sum, ignoreIndex: options.ignoreIndex)
        return try average(sum, target, options)
    }

    /// The cross-entropy of logits `[n, k, h, w]`, resized bilinearly, and class indices
    /// `[n, height, width]` → scalar, without the resized logits in memory. On the CPU only.
    public func resizing(_ logits: Tensor, to target: Tensor, _ options: LossOptions) throws
        -> Tensor
    {
        let sum = try logits.resizedCrossEntropy(
            target, weight: classWeights, ignoreIndex: options.ignoreIndex)
        return try average(sum, target, options)
    }

    private func average(_ sum: Tensor, _ target: Tensor, _ options: LossOptions) throws -> Tensor {
        guard averageNonIgnored, options.averageFactor == nil else {
            return try options.average(sum, weight, count: target.count)
        }
        if let labelled = options.labelledPixels { return try sum * (weight / labelled) }
        let counted = try target.differs(from: Double(options.ignoreIndex)).to(.float32).sum()
            .clamped(1)
        return try sum * weight / counted
    }
}
