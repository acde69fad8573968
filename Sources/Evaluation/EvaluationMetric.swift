/// A metric of an evaluation: its name, its value, and which values of it are better.
public struct EvaluationMetric: Sendable, Equatable {
    /// The name in logs and files, such as `mIoU`.
    public let name: String
    /// The value, in percent where it is a share; NaN where there was nothing to measure.
    public let value: Double
    /// Whether a higher or a lower value is better.
    public let better: MetricDirection

    /// A metric with its value.
    ///
    /// - Parameters:
    ///   - name: in logs and files
    ///   - value: in percent where it is a share; NaN where there was nothing to measure
    ///   - better: `.higher` for scores such as IoU, `.lower` for errors
    public init(_ name: String, _ value: Double, better: MetricDirection) {
        self.name = name
        self.value = value
        self.better = better
    }
}

/// Which values of a metric are better. Best checkpoints, early stopping and tables follow it.
public enum MetricDirection: String, Codable, Sendable, CaseIterable {
    /// Higher values are better, as for IoU and average precision.
    case higher
    /// Lower values are better, as for errors.
    case lower

    /// Whether `value` is better than `other` by more than `minDelta`. A value that is not finite
    /// is never better; any finite value is better than nil.
    ///
    /// - Parameters:
    ///   - value: the new value
    ///   - other: the best value so far; nil where there is none
    ///   - minDelta: the smallest difference that counts, 0 or more
    public func isBetter(_ value: Double, than other: Double?, byMoreThan minDelta: Double = 0)
        -> Bool
    {
        guard value.isFinite else { return false }
        guard let other else { return true }
        return switch self {
        case .higher: value > other + minDelta
        case .lower: value < other - minDelta
        }
    }
}
