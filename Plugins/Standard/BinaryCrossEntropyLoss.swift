import DenseKitCore

/// Binary cross-entropy: a yes-or-no question for every element. mmdetection's `CrossEntropyLoss`
/// with `use_sigmoid`.
///
/// Logits of any shape and targets of 0…1 in the same shape; or logits `[n, k]` and class indices
/// `[n]`, of which k is the background, where rows of the ignored index have no loss. → scalar
public final class BinaryCrossEntropyLoss: Module, Loss {
    /// The settings of the binary cross-entropy in YAML.
    public struct Configuration: YAMLConfiguration {
        /// Factor of this loss in the sum of losses, 0…1,000,000.
        public var weight = 1.0
        /// The name in the log.
        public var name = "loss_bce"

        public init() {}
    }

    private let weight: Double
    /// The name in the log, the setting `name`.
    public let name: String

    /// Yes or no for every element, independent classes of boxes, and the labels of whole images.
    public let purposes: Set<LossPurpose>? = [.yesOrNo, .independentClasses, .imageLabels]

    /// The loss with these settings.
    ///
    /// - Throws: `SettingError` for a weight out of range.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        try SettingError.check(weight: configuration.weight)
        weight = configuration.weight
        name = configuration.name
    }

    /// The weighted mean → scalar: of logits against targets of 0…1 in their shape, or of logits
    /// `[n, k]` against class indices `[n]`. The sum is divided by the options' `averageFactor`, or
    /// else by the number of elements.
    public func callAsFunction(_ prediction: Tensor, _ target: Tensor, _ options: LossOptions)
        throws -> Tensor
    {
        let logits = try prediction.to(.float32)
        guard target.rank < logits.rank else {
            let each = try logits.binaryCrossEntropyWithLogits(
                target.to(.float32), reduction: .none)
            return try options.reduced(each, weight)
        }
        let each = try logits.binaryCrossEntropyWithLogits(
            target.oneHot(logits.size(-1)), reduction: .none)
        let ignored = try target.equals(Double(options.ignoreIndex)).unsqueezed(-1)
        return try options.reduced(each.masked(ignored, with: 0), weight)
    }
}
