import DenseKitCore

/// Focal loss of independent classes: well-classified examples count little (Lin et al.,
/// [arXiv:1708.02002](https://arxiv.org/abs/1708.02002)). mmdetection's `FocalLoss` with
/// `use_sigmoid`.
///
/// Logits `[n, k]` and class indices `[n]`, of which k (or any other outside `0 ..< k`) is the
/// background; or targets of 0…1 in the logits' shape. → scalar
public final class FocalLoss: Module, Loss {
    /// The settings of the focal loss in YAML.
    public struct Configuration: YAMLConfiguration {
        /// γ, 0…100: how strongly well-classified examples are weighted down; 0 not at all.
        public var gamma = 2.0
        /// The weight of positives, 0…1; that of negatives is 1 − alpha.
        public var alpha = 0.25
        /// Factor of this loss in the sum of losses, 0…1,000,000.
        public var weight = 1.0

        public init() {}
    }

    private let settings: Configuration
    /// The name in the log: `loss_focal`.
    public var name: String { "loss_focal" }
    /// Yes or no for every element, independent classes of boxes, and the labels of whole images.
    public let purposes: Set<LossPurpose>? = [.yesOrNo, .independentClasses, .imageLabels]

    /// The loss with these settings.
    ///
    /// - Throws: `SettingError` for numbers out of range.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        try SettingError.check("gamma", configuration.gamma, in: 0...100)
        try SettingError.check("alpha", configuration.alpha, in: 0...1)
        try SettingError.check(weight: configuration.weight)
        settings = configuration
    }

    /// The focal loss of logits `[n, k]` against class indices `[n]`, or against targets of 0…1 in
    /// the logits' shape, → scalar. The sum is divided by the options' `averageFactor`, or else by
    /// the number of elements.
    public func callAsFunction(_ prediction: Tensor, _ target: Tensor, _ options: LossOptions)
        throws -> Tensor
    {
        let logits = try prediction.to(.float32)
        let weights = options.elementWeights
        if logits.device == .cpu, logits.rank == 2, target.rank == 1, weights?.rank ?? 1 == 1 {
            let sum = try logits.focalLoss(
                target, weight: weights, gamma: settings.gamma, alpha: settings.alpha)
            return try options.average(sum, settings.weight, count: logits.count)
        }
        let targets =
            try target.rank < logits.rank ? target.oneHot(logits.size(-1)) : target.to(.float32)
        let each = try logits.sigmoidFocal(targets, gamma: settings.gamma, alpha: settings.alpha)
        return try options.reduced(each, settings.weight)
    }
}
