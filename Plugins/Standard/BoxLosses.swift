import DenseKitCore

/// The settings of a loss that has a weight and nothing else.
public struct WeightedLossSettings: YAMLConfiguration {
    /// Factor of this loss in the sum of losses, 0…1,000,000.
    public var weight = 1.0

    public init() {}
}

/// What losses share whose only setting is their weight.
public class WeightedLoss: Module {
    /// The settings: `weight`.
    public typealias Configuration = WeightedLossSettings

    fileprivate let weight: Double

    /// The loss with these settings.
    ///
    /// - Throws: `SettingError` for a weight out of range.
    public init(_ configuration: WeightedLossSettings, _ context: BuildContext) throws {
        try SettingError.check(weight: configuration.weight)
        weight = configuration.weight
    }
}

/// The absolute difference of predictions and targets of one shape → scalar. mmdetection's
/// `L1Loss`.
public final class L1Loss: WeightedLoss, Loss {
    /// The name in the log: `loss_l1`.
    public var name: String { "loss_l1" }
    /// Numbers such as the deltas of boxes.
    public let purposes: Set<LossPurpose>? = [.numbers]

    /// The weighted mean of |prediction − target|: `[…], […] → []`. The sum is divided by the
    /// options' `averageFactor`, or else by the number of elements.
    public func callAsFunction(_ prediction: Tensor, _ target: Tensor, _ options: LossOptions)
        throws -> Tensor
    {
        try options.reduced(prediction.to(.float32).absoluteLoss(target), weight)
    }
}

/// The absolute difference, but quadratic near 0 so that the gradient is continuous: predictions
/// and targets of one shape → scalar. mmdetection's `SmoothL1Loss`.
public final class SmoothL1Loss: Module, Loss {
    /// The settings of the smooth L1 loss in YAML.
    public struct Configuration: YAMLConfiguration {
        /// The absolute difference below which the loss is quadratic, above 0 and up to 1,000,000.
        public var beta = 1.0
        /// Factor of this loss in the sum of losses, 0…1,000,000.
        public var weight = 1.0

        public init() {}
    }

    private let settings: Configuration
    /// The name in the log: `loss_smooth_l1`.
    public var name: String { "loss_smooth_l1" }
    /// Numbers such as the deltas of boxes.
    public let purposes: Set<LossPurpose>? = [.numbers]

    /// The loss with these settings.
    ///
    /// - Throws: `SettingError` for a `beta` of 0 or below, and for numbers out of range.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        guard configuration.beta > 0 else {
            throw SettingError(
                key: "beta", "beta must be above 0, found \(configuration.beta); use L1 for 0")
        }
        try SettingError.check("beta", configuration.beta, in: 0...1e6)
        try SettingError.check(weight: configuration.weight)
        settings = configuration
    }

    /// The weighted mean of the smooth absolute difference of prediction and target:
    /// `[…], […] → []`. The sum is divided by the options' `averageFactor`, or else by the number
    /// of elements.
    public func callAsFunction(_ prediction: Tensor, _ target: Tensor, _ options: LossOptions)
        throws -> Tensor
    {
        try options.reduced(
            prediction.to(.float32).smoothL1(target, beta: settings.beta), settings.weight)
    }
}

/// 1 minus the generalised IoU of boxes and targets, both corners `[n, 4]`, → scalar (Rezatofighi
/// et al., [arXiv:1902.09630](https://arxiv.org/abs/1902.09630)). mmdetection's `GIoULoss`.
///
/// Element weights may be `[n]` or, as those of deltas, `[n, 4]`: then the weight of a box is their
/// mean.
public final class GIoULoss: WeightedLoss, Loss {
    /// The name in the log: `loss_giou`.
    public var name: String { "loss_giou" }
    /// Boxes by their corners.
    public let purposes: Set<LossPurpose>? = [.corners]

    /// The weighted mean of 1 − GIoU of the boxes `[n, 4]` and their targets `[n, 4]`, row by row,
    /// → scalar. The sum is divided by the options' `averageFactor`, or else by n.
    public func callAsFunction(_ prediction: Tensor, _ target: Tensor, _ options: LossOptions)
        throws -> Tensor
    {
        var options = options
        if let weights = options.elementWeights, weights.rank == 2 {
            options.elementWeights = try weights.mean(1)
        }
        return try options.reduced(
            (-Boxes.giou(prediction.to(.float32), target, .rows)) + 1, weight)
    }
}
