import DenseKitCore

/// The settings of a loss that has a weight and nothing else.
public struct WeightedLossSettings: YAMLConfiguration {
    /// Factor of this loss in the sum.
    public var weight = 1.0

    public init() {}
}

/// The absolute difference of predictions and targets of one shape → scalar. mmdetection's `L1Loss`.
public final class L1: Module, Loss {
    public typealias Configuration = WeightedLossSettings

    private let weight: Double
    public var name: String { "loss_l1" }
    public let purposes: Set<LossPurpose>? = [.numbers]

    /// Throws `SettingError` for a weight out of range.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        try SettingError.check(weight: configuration.weight)
        weight = configuration.weight
    }

    public func callAsFunction(_ prediction: Tensor, _ target: Tensor, _ options: LossOptions) throws -> Tensor {
        try options.reduced(prediction.to(.float32).absoluteLoss(target), weight)
    }
}

/// The absolute difference, but near 0, where it is the square: predictions and targets of one shape → scalar. mmdetection's `SmoothL1Loss`.
public final class SmoothL1: Module, Loss {
    public struct Configuration: YAMLConfiguration {
        /// The difference up to which the loss is quadratic.
        public var beta = 1.0
        /// Factor of this loss in the sum.
        public var weight = 1.0

        public init() {}
    }

    private let settings: Configuration
    public var name: String { "loss_smooth_l1" }
    public let purposes: Set<LossPurpose>? = [.numbers]

    /// Throws `SettingError` for numbers out of range.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        guard configuration.beta > 0 else {
            throw SettingError(key: "beta", "beta must be above 0, found \(configuration.beta); use L1 for 0")
        }
        try SettingError.check("beta", configuration.beta, in: 0...1e6)
        try SettingError.check(weight: configuration.weight)
        settings = configuration
    }

    public func callAsFunction(_ prediction: Tensor, _ target: Tensor, _ options: LossOptions) throws -> Tensor {
        try options.reduced(prediction.to(.float32).smoothL1(target, beta: settings.beta), settings.weight)
    }
}

/// One less the generalised IoU of boxes and targets, corners `[n, 4]` both → scalar
/// (Rezatofighi et al., [arXiv:1902.09630](https://arxiv.org/abs/1902.09630)). mmdetection's `GIoULoss`.
///
/// Weights may be `[n]` or, as those of deltas, `[n, 4]`: then a box's is their mean.
public final class GIoU: Module, Loss {
    public typealias Configuration = WeightedLossSettings

    private let weight: Double
    public var name: String { "loss_giou" }
    public let purposes: Set<LossPurpose>? = [.corners]

    /// Throws `SettingError` for a weight out of range.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        try SettingError.check(weight: configuration.weight)
        weight = configuration.weight
    }

    public func callAsFunction(_ prediction: Tensor, _ target: Tensor, _ options: LossOptions) throws -> Tensor {
        var options = options
        if let weights = options.elementWeights, weights.rank == 2 { options.elementWeights = try weights.mean(1) }
        return try options.reduced((-Boxes.giou(prediction.to(.float32), target, .rows)) + 1, weight)
    }
}
