import DenseKitCore

/// Cross-entropy of independent yes–no questions. mmdetection's `CrossEntropyLoss` with `use_sigmoid`.
///
/// Logits of any shape and targets of 0…1 in the same shape; or logits `[n, k]` and class indices `[n]`, of which k is the background and
/// rows of the ignored index count for nothing. → scalar
public final class BinaryCrossEntropy: Module, Loss {
    public struct Configuration: YAMLConfiguration {
        /// Factor of this loss in the sum.
        public var weight = 1.0
        public var name = "loss_bce"

        public init() {}
    }

    private let weight: Double
    public let name: String

    public let purposes: Set<LossPurpose>? = [.yesOrNo, .independentClasses, .imageLabels]

    /// Throws `SettingError` for a weight out of range.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        try SettingError.check(weight: configuration.weight)
        (weight, name) = (configuration.weight, configuration.name)
    }

    public func callAsFunction(_ prediction: Tensor, _ target: Tensor, _ options: LossOptions) throws -> Tensor {
        let logits = try prediction.to(.float32)
        guard target.rank < logits.rank else {
            let each = try logits.binaryCrossEntropyWithLogits(target.to(.float32), reduction: .none)
            return try options.reduced(each, weight)
        }
        let each = try logits.binaryCrossEntropyWithLogits(target.oneHot(logits.size(-1)), reduction: .none)
        let ignored = try target.equals(Double(options.ignoreIndex)).unsqueezed(-1)
        return try options.reduced(each.masked(ignored, with: 0), weight)
    }
}
