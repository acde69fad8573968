import Foundation

/// Precision and recall of a COCO evaluation by threshold, category, area range and number of
/// detections, and the twelve summary metrics.
public struct COCOScores: Sendable, Equatable {
    /// Area ranges of objects: small up to 32², medium 32² to 96², large from 96² square pixels. An
    /// area on a border belongs to both ranges.
    public enum Area: String, CaseIterable, Sendable {
        /// Every object.
        case all
        /// Up to 32² square pixels.
        case small
        /// 32² to 96² square pixels.
        case medium
        /// From 96² square pixels.
        case large

        /// The areas that belong to the range, in square pixels, both ends included.
        public var range: ClosedRange<Double> {
            switch self {
            case .all: 0...1e10
            case .small: 0...1024
            case .medium: 1024...9216
            case .large: 9216...1e10
            }
        }
    }

    /// The IoU thresholds of a match: 0.5, 0.55, …, 0.95, rounded as numpy rounds them.
    public static let thresholds = spaced(from: 0.5, to: 0.95, count: 10)
    /// The recalls at which precision is sampled: 0, 0.01, …, 1, rounded as numpy rounds them.
    public static let recallSteps = spaced(from: 0, to: 1, count: 101)
    /// The limits on detections per image and category: 1, 10 and 100.
    public static let maximums = [1, 10, 100]

    /// The ids of the evaluated categories, ascending; empty where they were not distinguished.
    public let categories: [Int]
    /// The number of evaluated categories; 1 where they were not distinguished.
    public let categoryCount: Int
    /// Precision, `[t, r, k, a, m]` in row-major order: thresholds, recall steps, categories,
    /// areas, maximums. From 0 to 1; -1 where there is no ground truth.
    public internal(set) var precision: [Double]
    /// The largest recall, `[t, k, a, m]` in row-major order: thresholds, categories, areas,
    /// maximums. From 0 to 1; -1 where there is no ground truth.
    public internal(set) var recall: [Double]
    /// The score at which each recall step is reached, `[t, r, k, a, m]` in the order of
    /// `precision`; 0 where it is not reached, -1 where there is no ground truth.
    public internal(set) var scores: [Double]

    init(categories: [Int], count: Int) {
        self.categories = categories
        categoryCount = count
        let cells = count * Area.allCases.count * Self.maximums.count * Self.thresholds.count
        precision = [Double](repeating: -1, count: cells * Self.recallSteps.count)
        recall = [Double](repeating: -1, count: cells)
        scores = precision
    }

    /// Average precision with at most 100 detections per image: the mean over recall steps, and
    /// over all thresholds and categories where none is given. From 0 to 1; -1 where there is no
    /// ground truth.
    /// - Parameters:
    ///   - threshold: an index into `thresholds`; nil for the mean over all.
    ///   - area: the sizes of objects that count
    ///   - category: an index into `categories`; nil for the mean over all.
    public func averagePrecision(threshold: Int? = nil, area: Area = .all, category: Int? = nil)
        -> Double
    {
        mean(precision, steps: Self.recallSteps.count, threshold, area, category, maximum: 2)
    }

    /// Average recall: the mean of the largest recall over all thresholds, and over all categories
    /// where none is given. From 0 to 1; -1 where there is no ground truth.
    /// - Parameters:
    ///   - maximum: an index into `maximums`.
    ///   - area: the sizes of objects that count
    ///   - category: an index into `categories`; nil for the mean over all.
    public func averageRecall(maximum: Int = 2, area: Area = .all, category: Int? = nil) -> Double {
        mean(recall, steps: 1, nil, area, category, maximum: maximum)
    }

    /// One of the twelve summary metrics, over all categories or of a single one.
    public struct Measure: Sendable, Equatable {
        /// The metric's name: `AP`, `AP50`, `AP_small`, `AR@10`, `AR_large`, …
        public let name: String
        /// The value from 0 to 1; -1 where there is no ground truth.
        public let value: Double
    }

    /// The twelve metrics in pycocotools' order: AP, AP50, AP75, AP of small, medium and large
    /// objects, AR with 1, 10 and 100 detections, AR of small, medium and large objects.
    public var summary: [Measure] { measures(category: nil) }

    /// The twelve metrics of one category, in pycocotools' order.
    /// - Parameter category: an index into `categories`.
    public func summary(category: Int) -> [Measure] { measures(category: category) }

    private func measures(category: Int?) -> [Measure] {
        func precision(_ name: String, _ threshold: Int? = nil, _ area: Area = .all) -> Measure {
            Measure(
                name: name,
                value: averagePrecision(threshold: threshold, area: area, category: category))
        }
        func recall(_ name: String, _ maximum: Int = 2, _ area: Area = .all) -> Measure {
            Measure(
                name: name, value: averageRecall(maximum: maximum, area: area, category: category))
        }
        return [
            precision("AP"), precision("AP50", 0), precision("AP75", 5),
            precision("AP_small", nil, .small),
            precision("AP_medium", nil, .medium), precision("AP_large", nil, .large),
            recall("AR@1", 0), recall("AR@10", 1),
            recall("AR@100", 2), recall("AR_small", 2, .small), recall("AR_medium", 2, .medium),
            recall("AR_large", 2, .large),
        ]
    }

    private func mean(
        _ values: [Double], steps: Int, _ threshold: Int?, _ area: Area, _ category: Int?,
        maximum: Int
    ) -> Double {
        let place = Area.allCases.firstIndex(of: area) ?? 0
        var sum = 0.0
        var count = 0
        for t in threshold.map({ $0..<$0 + 1 }) ?? 0..<Self.thresholds.count {
            for k in category.map({ $0..<$0 + 1 }) ?? 0..<categoryCount {
                for r in 0..<steps {
                    let value = values[
                        Self.index(t, r, steps: steps, k, categoryCount, place, maximum)]
                    guard value > -1 else { continue }
                    sum += value
                    count += 1
                }
            }
        }
        return count == 0 ? -1 : sum / Double(count)
    }

    /// The place of an element in `precision`, or with one step in `recall`.
    static func index(
        _ t: Int, _ r: Int, steps: Int, _ k: Int, _ categories: Int, _ area: Int, _ maximum: Int
    ) -> Int {
        (((t * steps + r) * categories + k) * Area.allCases.count + area) * maximums.count + maximum
    }

    private static func spaced(from first: Double, to last: Double, count: Int) -> [Double] {
        let step = (last - first) / Double(count - 1)
        return (0..<count).map { $0 == count - 1 ? last : Double($0) * step + first }
    }
}
