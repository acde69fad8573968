import DenseKitEvaluation
import Foundation
import Testing

@Suite struct MetricDirectionTests {
    @Test(
        "What is better follows the direction; nothing that is not finite is better than anything",
        arguments: [
            (MetricDirection.higher, 5.0, Double?.none, 0.0, true), (.lower, 5, nil, 0, true),
            (.higher, -7, nil, 0, true), (.lower, -7, nil, 0, true),
            (.higher, -3, -5, 0, true), (.higher, -5, -3, 0, false), (.higher, 5, 5, 0, false),
            (.lower, 3, 5, 0, true), (.lower, 5, 3, 0, false), (.lower, 5, 5, 0, false),
            (.higher, 5.5, 5, 1, false), (.higher, 6.5, 5, 1, true), (.lower, 4.5, 5, 1, false),
            (.lower, 3.5, 5, 1, true),
            (.higher, .nan, nil, 0, false), (.lower, .nan, 5, 0, false),
            (.higher, .infinity, 5, 0, false),
            (.lower, -.infinity, 5, 0, false), (.lower, .infinity, nil, 0, false),
        ])
    func better(
        _ direction: MetricDirection, _ value: Double, _ other: Double?, _ minDelta: Double,
        _ expected: Bool
    ) {
        #expect(direction.isBetter(value, than: other, byMoreThan: minDelta) == expected)
    }

    private struct Report: EvaluationReport {
        let table = ""
        let json = Data()
        let summary = [
            EvaluationMetric("a", 1, better: .higher), EvaluationMetric("b", 2, better: .lower),
        ]
        let primaryMetric: String
    }

    @Test("Metrics of a report are found by their names")
    func metrics() {
        let report = Report(primaryMetric: "b")
        #expect(
            report.metric("a")?.better == .higher && report.metric("b")?.better == .lower
                && report.metric("c") == nil)
        #expect(report.primaryValue == 2 && Report(primaryMetric: "c").primaryValue == nil)
    }
}
