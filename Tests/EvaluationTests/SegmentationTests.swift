import DenseKitEvaluation
import DenseKitVision
import Foundation
import Testing

@Test("Runs of every length are counted as single pixels are")
func countsOfRuns() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<50 {
        let count = Int.random(in: 0...300, using: &random)
        func map(_ values: [UInt16]) -> [UInt16] {
            var result: [UInt16] = []
            while result.count < count {
                let value = values.randomElement(using: &random) ?? 0
                result += [UInt16](repeating: value, count: Int.random(in: 1...70, using: &random))
            }
            return Array(result.prefix(count))
        }
        let prediction = map([0, 1, 2])
        let label = map([0, 1, 2, LabelMap.ignore])
        var counts = ConfusionCounts(classCount: 3)
        try counts.add(prediction: prediction, label: label)
        let pixels = zip(prediction, label).filter { $0.1 != LabelMap.ignore }
        for index in UInt16(0)..<3 {
            #expect(counts.intersect[Int(index)] == pixels.count { $0.0 == index && $0.1 == index })
            #expect(counts.predicted[Int(index)] == pixels.count { $0.0 == index })
            #expect(counts.labelled[Int(index)] == pixels.count { $0.1 == index })
        }
    }
}

@Test(
    "Messages",
    arguments: [
        (
            LabelMap(height: 2, width: 2, fill: 0), LabelMap(height: 2, width: 3, fill: 0),
            "the prediction has size [2, 2] and the label [2, 3]: resize the prediction to the label's size first."
        ),
        (
            LabelMap(height: 2, width: 2, fill: 0),
            LabelMap(height: 2, width: 2, labels: [0, 1, 1, 7]),
            "the label has class 7 at pixel [1, 1], but there are the classes 0 to 1 and 65535 for unlabelled pixels: "
                + "map the labels when they are read."
        ),
        (
            LabelMap(height: 2, width: 2, labels: [0, 0, 2, 2]),
            LabelMap(height: 2, width: 2, fill: 1),
            "the prediction has class 2 at pixel [1, 0], but there are the classes 0 to 1."
        ),
    ])
func messages(prediction: LabelMap, label: LabelMap, message: String) throws {
    var counts = ConfusionCounts(classCount: 2)
    let error = try #require(throws: ConfusionError.self) {
        try counts.add(prediction: prediction, label: label)
    }
    #expect(error.description == message)
    #expect(counts == ConfusionCounts(classCount: 2))
}

private func report() throws -> SegmentationReport {
    var counts = ConfusionCounts(classCount: 3)
    try counts.add(prediction: [0, 0, 0, 1], label: [0, 0, 1, 1])
    return SegmentationReport(SegmentationScores(counts), names: ["wall", "sky", "lamp"])
}

@Test func tableNamesAbsentClasses() throws {
    #expect(
        try report().table == """
            per class results:
            +-------+--------+--------+
            | Class |  IoU   |  Acc   |
            +-------+--------+--------+
            | wall  | 66.67  | 100.00 |
            |  sky  | 50.00  | 50.00  |
            | lamp  | absent | absent |
            +-------+--------+--------+
            Summary:
            +-------+-------+-------+
            | aAcc  | mIoU  | mAcc  |
            +-------+-------+-------+
            | 75.00 | 58.33 | 75.00 |
            +-------+-------+-------+
            """)
}

@Test func jsonHoldsPercentagesAndNull() throws {
    let json = try #require(try JSONSerialization.jsonObject(with: report().json) as? [String: Any])
    #expect(json["mIoU"] as? Double == 58.33)
    let lamp = try #require((json["classes"] as? [[String: Any]])?.last)
    #expect(lamp["name"] as? String == "lamp" && lamp["IoU"] is NSNull)
}
