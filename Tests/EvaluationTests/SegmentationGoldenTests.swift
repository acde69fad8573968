import DenseKitEvaluation
import DenseKitFoundations
import Foundation
import Testing
import DenseKitVision

/// `Tests/Goldens/seg_metrics.json`: what MMSegmentation 0.19 answers.
private struct GoldenFile: Decodable {
    struct Input: Decodable {
        struct Ignore: Decodable {
            var value: UInt64
            var every: Int
        }
        var name: String
        var seed: String
        var shape: [Int]
        var low: UInt64
        var high: UInt64
        var ignore: Ignore?

        /// The values that the name stands for (`Tests/Goldens` describes the generator).
        var values: [Int] {
            let hash = FNV1a(seed.utf8).value
            return (0..<shape.reduce(1, *)).map { i in
                if let ignore, i % ignore.every == 0 { return Int(ignore.value) }
                var z = hash &+ UInt64(i + 1) &* 0x9E37_79B9_7F4A_7C15
                z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
                z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
                z ^= z >> 31
                return Int(low + (z >> 33) % (high - low))
            }
        }
    }

    struct Case: Decodable {
        var numClasses: Int
        var ignoreIndex: Int
        var reduceZeroLabel: Bool
        var agreeEvery: Int?
        var inputs: [Input]
        var area: [String: [Int]]
        var perClass: PerClass
        var summaryPercent: [String: Double]
    }

    struct PerClass: Decodable {
        var values: [String: [Double?]] = [:]
        var aAcc = 0.0

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: AnyKey.self)
            for key in container.allKeys {
                if key.stringValue == "aAcc" {
                    aAcc = try container.decode(Double.self, forKey: key)
                } else {
                    values[key.stringValue] = try container.decode([Double?].self, forKey: key)
                }
            }
        }
    }

    struct AnyKey: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    var cases: [Case]
}

@Test("The four golden cases: areas, every metric of every class, the summary")
func goldenScores() throws {
    let goldens = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Goldens")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let cases = try decoder.decode(
        GoldenFile.self, from: Data(contentsOf: goldens.appending(path: "seg_metrics.json"))
    ).cases
    #expect(cases.count == 4)

    for golden in cases {
        var counts = ConfusionCounts(classCount: golden.numClasses)
        for image in 0..<(golden.inputs.count / 2) {
            let (prediction, label) = try maps(golden, image)
            var one = ConfusionCounts(classCount: golden.numClasses)
            try one.add(prediction: prediction, label: label)
            counts += one
        }
        let areas = [
            "intersect": counts.intersect, "union": counts.union, "pred": counts.predicted,
            "label": counts.labelled,
        ]
        #expect(areas == golden.area)

        let scores = SegmentationScores(counts)
        #expect(abs(scores.pixelAccuracy - golden.perClass.aAcc) < 1e-12)
        for metric in SegmentationScores.Metric.allCases {
            let expected = try #require(golden.perClass.values[metric.rawValue])
            for (value, expected) in zip(scores.perClass(metric), expected) {
                #expect(expected.map { abs($0 - value) < 1e-12 } ?? value.isNaN, "\(metric)")
            }
        }
        let summary = scores.summary(SegmentationScores.Metric.allCases)
        #expect(
            Dictionary(uniqueKeysWithValues: summary.map { ($0.name, $0.percent) })
                == golden.summaryPercent)
    }
}

private func maps(_ golden: GoldenFile.Case, _ image: Int) throws -> (
    prediction: LabelMap, label: LabelMap
) {
    let label = try #require(golden.inputs.first { $0.name == "label\(image)" })
    let prediction = try #require(golden.inputs.first { $0.name == "pred\(image)" })
    let labels = label.values.map { value in
        if value == golden.ignoreIndex || (golden.reduceZeroLabel && value == 0) {
            return LabelMap.ignore
        }
        return UInt16(golden.reduceZeroLabel ? value - 1 : value)
    }
    var predictions = prediction.values.map(UInt16.init)
    if let every = golden.agreeEvery {
        for i in stride(from: 0, to: labels.count, by: every) where labels[i] != LabelMap.ignore {
            predictions[i] = labels[i]
        }
    }
    let height = label.shape[0]
    let width = label.shape[1]
    return (
        LabelMap(height: height, width: width, labels: predictions),
        LabelMap(height: height, width: width, labels: labels)
    )
}
