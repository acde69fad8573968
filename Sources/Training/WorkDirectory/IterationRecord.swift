import DenseKitData
import DenseKitEvaluation

/// The record of one iteration: losses, learning rates, times and images.
public struct IterationRecord: Codable, Sendable {
    /// A named number for the log: a loss or another metric.
    public struct LoggedValue: Codable, Sendable {
        /// The name in the log, such as `loss_ce`.
        public let name: String
        /// The value, averaged over the passes of the iteration.
        public internal(set) var value: Double
    }

    /// The learning rate of each parameter group.
    public var learningRates: [Double] = []
    /// Losses and metrics, in the order in which the model returned them, then `loss` and, with
    /// clipping, `grad_norm`.
    public internal(set) var values: [LoggedValue] = []
    /// The scale of the losses in float16; nil in other precisions.
    public internal(set) var lossScale: Double?
    /// Seconds of the whole iteration.
    public var time = 0.0
    /// Seconds of `time` that were spent waiting for data.
    public var dataTime = 0.0
    /// The names of the images in the batch.
    public var names: [String] = []
    /// Images that cannot be read and were replaced by others. Not stored in checkpoints.
    public internal(set) var skipped: [Batch.Skipped] = []

    enum CodingKeys: CodingKey {
        case learningRates, values, lossScale, time, dataTime, names
    }

    /// The sum of the losses that is minimised; nil before the first step.
    public var loss: Double? { values.last { $0.name == "loss" }?.value }
}

/// The best validation of a run so far.
public struct BestScore: Codable, Sendable, Equatable {
    /// The name of the primary metric, such as `mIoU`.
    public let metric: String
    /// The value of the metric, in percent where it is a share.
    public let value: Double
    /// The iteration at which it was validated.
    public let iteration: Int
    /// Whether higher or lower values of the metric are better.
    public let better: MetricDirection

    init(metric: String, value: Double, iteration: Int, better: MetricDirection = .higher) {
        self.metric = metric
        self.value = value
        self.iteration = iteration
        self.better = better
    }

    /// Reads a score from a checkpoint. Checkpoints of earlier versions do not say what is better:
    /// their metrics are taken as scores until the next validation says otherwise.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metric = try container.decode(String.self, forKey: .metric)
        value = try container.decode(Double.self, forKey: .value)
        iteration = try container.decode(Int.self, forKey: .iteration)
        better = try container.decodeIfPresent(MetricDirection.self, forKey: .better) ?? .higher
    }

    private enum CodingKeys: CodingKey {
        case metric, value, iteration, better
    }
}
