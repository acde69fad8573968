import DenseKit

/// Cross-entropy with label smoothing: (1 − ε) of the weight on the labelled class, ε spread over
/// all classes. (Szegedy et al. 2016, section 7)
public final class SmoothedCrossEntropy: Module, Loss {
    public struct Configuration: YAMLConfiguration {
        /// Factor of this loss in the sum.
        public var weight = 1.0
        /// ε, 0…1.
        public var smoothing = 0.1

        public init() {}
    }

    let weight: Double
    let smoothing: Double
    public let name = "loss_ce"
    public let purposes: Set<LossPurpose>? = [.pixelClasses]

    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        try SettingError.check("smoothing", configuration.smoothing, in: 0...1)
        weight = configuration.weight
        smoothing = configuration.smoothing
    }

    /// Logits `[n, k, h, w]`, classes `[n, h, w]` → a scalar: the mean over all pixels, where
    /// ignored ones count 0.
    public func callAsFunction(_ logits: Tensor, _ classes: Tensor, _ options: LossOptions) throws
        -> Tensor
    {
        // [n, h, w]
        let hard = try logits.crossEntropy(
            classes, reduction: .none, ignoreIndex: options.ignoreIndex)
        let counted = try classes.equals(Double(options.ignoreIndex)).to(.float32) * -1 + 1
        let soft = try logits.logSoftmax(1).mean(1) * -1 * counted
        return try (hard * (1 - smoothing) + soft * smoothing).mean() * weight
    }
}
