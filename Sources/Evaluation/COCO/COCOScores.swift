import Foundation

/// Precision and recall for each threshold, category, area range and number of detections, and the twelve numbers that are taken of them.
public struct COCOScores: Sendable, Equatable {
    /// Sizes of things, in pixels; what lies on a border belongs to both sides.
    public enum Area: String, CaseIterable, Sendable {
        case all, small, medium, large

        public var range: ClosedRange<Double> {
            switch self {
            case .all: 0...1e10
            case .small: 0...1024
            case .medium: 1024...9216
            case .large: 9216...1e10
            }
        }
    }

    /// IoU that a match needs: 0.5, 0.55, …, 0.95, with numpy's rounding.
    public static let thresholds = spaced(from: 0.5, to: 0.95, count: 10)
    /// Where precision is taken: 0, 0.01, …, 1, with numpy's rounding.
    public static let recallSteps = spaced(from: 0, to: 1, count: 101)
    /// How many detections of an image and category take part.
    public static let maximums = [1, 10, 100]

    /// The numbers of the categories, ascending; empty where they were not told apart.
    public let categories: [Int]
    /// One for each category; 1 where they were not told apart.
    public let categoryCount: Int
    /// `[t, r, k, a, m]`, row-major: thresholds, recall steps, categories, areas, maximums; -1 where there is nothing to find.
    public internal(set) var precision: [Double]
    /// `[t, k, a, m]`; -1 where there is nothing to find.
    public internal(set) var recall: [Double]
    /// The score at each recall step, `[t, r, k, a, m]`; -1 where there is nothing to find.
    public internal(set) var scores: [Double]

    init(categories: [Int], count: Int) {
        self.categories = categories
        categoryCount = count
        let cells = count * Area.allCases.count * Self.maximums.count * Self.thresholds.count
        precision = [Double](repeating: -1, count: cells * Self.recallSteps.count)
        recall = [Double](repeating: -1, count: cells)
        scores = precision
    }

    /// The mean precision over recall steps, and over thresholds and categories where none is named; with 100 detections. -1 where there is
    /// nothing to find.
    /// - Parameters:
    ///   - threshold: a place in `thresholds`.
    ///   - category: a place in `categories`.
    public func averagePrecision(threshold: Int? = nil, area: Area = .all, category: Int? = nil) -> Double {
        mean(precision, steps: Self.recallSteps.count, threshold, area, category, maximum: 2)
    }

    /// The mean of the largest recall, over thresholds and categories. -1 where there is nothing to find.
    /// - Parameters:
    ///   - maximum: a place in `maximums`.
    ///   - category: a place in `categories`.
    public func averageRecall(maximum: Int = 2, area: Area = .all, category: Int? = nil) -> Double {
        mean(recall, steps: 1, nil, area, category, maximum: maximum)
    }

    /// One of the twelve numbers, or of their like for a single category.
    public struct Measure: Sendable, Equatable {
        /// `AP`, `AP50`, `AP_small`, `AR@10`, `AR_large`, …
        public let name: String
        /// From 0 to 1; -1 where there is nothing to find.
        public let value: Double
    }

    /// The twelve numbers in pycocotools' order: AP, AP50, AP75, AP of small, medium and large things, AR with 1, 10 and 100 detections, AR of
    /// small, medium and large things.
    public var summary: [Measure] { measures(category: nil) }

    /// The twelve numbers of the category at a place in `categories`.
    public func summary(category: Int) -> [Measure] { measures(category: category) }

    private func measures(category: Int?) -> [Measure] {
        func precision(_ name: String, _ threshold: Int? = nil, _ area: Area = .all) -> Measure {
            Measure(name: name, value: averagePrecision(threshold: threshold, area: area, category: category))
        }
        func recall(_ name: String, _ maximum: Int = 2, _ area: Area = .all) -> Measure {
            Measure(name: name, value: averageRecall(maximum: maximum, area: area, category: category))
        }
        return [
            precision("AP"), precision("AP50", 0), precision("AP75", 5), precision("AP_small", nil, .small),
            precision("AP_medium", nil, .medium), precision("AP_large", nil, .large), recall("AR@1", 0), recall("AR@10", 1),
            recall("AR@100", 2), recall("AR_small", 2, .small), recall("AR_medium", 2, .medium), recall("AR_large", 2, .large),
        ]
    }

    private func mean(
        _ values: [Double], steps: Int, _ threshold: Int?, _ area: Area, _ category: Int?, maximum: Int
    ) -> Double {
        let place = Area.allCases.firstIndex(of: area) ?? 0
        var (sum, count) = (0.0, 0)
        for t in threshold.map({ $0..<$0 + 1 }) ?? 0..<Self.thresholds.count {
            for k in category.map({ $0..<$0 + 1 }) ?? 0..<categoryCount {
                for r in 0..<steps {
                    let value = values[Self.index(t, r, steps: steps, k, categoryCount, place, maximum)]
                    guard value > -1 else { continue }
                    (sum, count) = (sum + value, count + 1)
                }
            }
        }
        return count == 0 ? -1 : sum / Double(count)
    }

    /// The place of an element in `precision`, or with one step in `recall`.
    static func index(_ t: Int, _ r: Int, steps: Int, _ k: Int, _ categories: Int, _ area: Int, _ maximum: Int) -> Int {
        (((t * steps + r) * categories + k) * Area.allCases.count + area) * maximums.count + maximum
    }

    private static func spaced(from first: Double, to last: Double, count: Int) -> [Double] {
        let step = (last - first) / Double(count - 1)
        return (0..<count).map { $0 == count - 1 ? last : Double($0) * step + first }
    }
}
