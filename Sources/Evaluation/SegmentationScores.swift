/// The metrics of semantic segmentation, per class and averaged, as MMSegmentation computes them.
///
/// With `I` correct, `P` predicted and `L` labelled pixels of a class: `IoU = I / (P + L - I)`,
/// `Acc = Recall = I / L`, `Precision = I / P`, `Dice = 2 I / (P + L)`,
/// `Fscore = 2 · Precision · Recall / (Precision + Recall)`. Division by zero gives NaN: the class
/// is absent, and averages leave it out.
public struct SegmentationScores: Sendable, Equatable {
    /// A metric of one class.
    public enum Metric: String, CaseIterable, Sendable {
        /// Intersection over union, `I / (P + L - I)`.
        case iou = "IoU"
        /// Accuracy of the class, `I / L`: equal to recall.
        case accuracy = "Acc"
        /// The Dice coefficient, `2 I / (P + L)`.
        case dice = "Dice"
        /// The harmonic mean of precision and recall.
        case fscore = "Fscore"
        /// The share of the predicted pixels that is correct, `I / P`.
        case precision = "Precision"
        /// The share of the labelled pixels that is correct, `I / L`.
        case recall = "Recall"
    }

    private let counts: ConfusionCounts

    /// The metrics of the pixels in `counts`.
    public init(_ counts: ConfusionCounts) { self.counts = counts }

    /// The number of classes.
    public var classCount: Int { counts.classCount }

    /// `aAcc`, the share of labelled pixels that are predicted correctly, 0…1; NaN where there are
    /// none.
    public var pixelAccuracy: Double {
        Double(counts.intersect.reduce(0, +)) / Double(counts.labelled.reduce(0, +))
    }

    /// The metric of each class, 0…1; NaN where the class is absent.
    public func perClass(_ metric: Metric) -> [Double] {
        (0..<counts.classCount).map { index in
            let intersect = Double(counts.intersect[index])
            let predicted = Double(counts.predicted[index])
            let labelled = Double(counts.labelled[index])
            switch metric {
            case .iou: return intersect / (predicted + labelled - intersect)
            case .dice: return 2 * intersect / (predicted + labelled)
            case .accuracy, .recall: return intersect / labelled
            case .precision: return intersect / predicted
            case .fscore:
                let precision = intersect / predicted
                let recall = intersect / labelled
                return 2 * precision * recall / (precision + recall)
            }
        }
    }

    /// The mean of the metric over the classes that are present, 0…1: `mIoU`, `mAcc`, …; NaN where
    /// no class is.
    public func mean(_ metric: Metric) -> Double {
        let present = perClass(metric).filter { !$0.isNaN }
        return present.reduce(0, +) / Double(present.count)
    }

    /// `aAcc` and the class means of `metrics` in percent, rounded to two decimals, in
    /// MMSegmentation's order and under its names.
    public func summary(_ metrics: [Metric] = [.iou, .accuracy]) -> [(
        name: String, percent: Double
    )] {
        let values = [pixelAccuracy] + metrics.map(mean)
        return zip(Self.summaryNames(metrics), values).map { (name: $0, percent: Self.percent($1)) }
    }

    /// The names in the summary of `metrics`: `aAcc`, then `m` and the name of each.
    static func summaryNames(_ metrics: [Metric] = [.iou, .accuracy]) -> [String] {
        ["aAcc"] + metrics.map { "m" + $0.rawValue }
    }

    /// A fraction in percent with two decimals, halves to even.
    static func percent(_ fraction: Double) -> Double {
        (fraction * 100 * 100).rounded(.toNearestOrEven) / 100
    }
}
