/// The measures of semantic segmentation, per class and averaged, as MMSegmentation computes them.
///
/// With `I` agreed, `P` predicted and `L` labelled pixels of a class: `IoU = I / (P + L - I)`, `Acc = Recall = I / L`, `Precision = I / P`,
/// `Dice = 2 I / (P + L)`, `Fscore = 2 · Precision · Recall / (Precision + Recall)`. A quotient by zero is not a number: the class is absent,
/// and averages leave it out.
public struct SegmentationScores: Sendable, Equatable {
    /// A measure of one class.
    public enum Metric: String, CaseIterable, Sendable {
        case iou = "IoU"
        case accuracy = "Acc"
        case dice = "Dice"
        case fscore = "Fscore"
        case precision = "Precision"
        case recall = "Recall"
    }

    private let counts: ConfusionCounts

    public init(_ counts: ConfusionCounts) { self.counts = counts }

    /// The number of classes.
    public var classCount: Int { counts.classCount }

    /// `aAcc`, the share of the labelled pixels that is right; not a number where there are none.
    public var pixelAccuracy: Double {
        Double(counts.intersect.reduce(0, +)) / Double(counts.labelled.reduce(0, +))
    }

    /// A fraction for each class, not a number where the class is absent.
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
                let (precision, recall) = (intersect / predicted, intersect / labelled)
                return 2 * precision * recall / (precision + recall)
            }
        }
    }

    /// The mean over the classes that are present: `mIoU`, `mAcc`, …; not a number where none is.
    public func mean(_ metric: Metric) -> Double {
        let present = perClass(metric).filter { !$0.isNaN }
        return present.reduce(0, +) / Double(present.count)
    }

    /// `aAcc` and the means in percent, rounded to two decimals, in MMSegmentation's order and under its names.
    public func summary(_ metrics: [Metric] = [.iou, .accuracy]) -> [(name: String, percent: Double)] {
        [("aAcc", Self.percent(pixelAccuracy))]
            + metrics.map { ("m" + $0.rawValue, Self.percent(mean($0))) }
    }

    /// A fraction in percent with two decimals, halves to even.
    static func percent(_ fraction: Double) -> Double {
        (fraction * 100 * 100).rounded(.toNearestOrEven) / 100
    }
}
