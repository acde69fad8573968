import DenseKitEvaluation
import DenseKitVision
import Foundation
import Testing

private func thing(_ id: Int, _ image: Int, _ category: Int, _ box: [Double], crowd: Bool = false)
    -> COCOEvaluation.GroundTruth
{
    COCOEvaluation.GroundTruth(
        image: image, category: category,
        box: COCOBox(x: box[0], y: box[1], width: box[2], height: box[3]),
        area: box[2] * box[3], isCrowd: crowd, id: id)
}

private func found(_ image: Int, _ category: Int, _ score: Double, _ box: [Double])
    -> COCOEvaluation.Detection
{
    COCOEvaluation.Detection(
        image: image, category: category, score: score,
        box: COCOBox(x: box[0], y: box[1], width: box[2], height: box[3]))
}

private func evaluation(
    _ groundTruth: [COCOEvaluation.GroundTruth], _ detections: [COCOEvaluation.Detection]
)
    throws -> COCOEvaluation
{
    try COCOEvaluation(
        images: [9, 4], categories: [7, 3], groundTruth: groundTruth, detections: detections)
}

/// What one rule of the evaluation decides, beside the twelve numbers of pycocotools 2.0.11. The
/// golden case `coco_eval` holds all of them at once.
struct Rule: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let groundTruth: [COCOEvaluation.GroundTruth]
    let detections: [COCOEvaluation.Detection]
    let expected: [Double]

    static let all = [
        Rule(
            testDescription: "equal scores: images by their numbers, then as they were given",
            groundTruth: [thing(1, 9, 3, [0, 0, 10, 10]), thing(2, 4, 3, [0, 0, 10, 10])],
            detections: [
                found(9, 3, 0.5, [50, 50, 10, 10]), found(4, 3, 0.5, [0, 0, 10, 10]),
                found(9, 3, 0.5, [0, 0, 10, 10]),
            ],
            expected: [
                0.834983498349835, 0.834983498349835, 0.834983498349835, 0.834983498349835, -1, -1,
                0.5, 1, 1, 1, -1, -1,
            ]),
        Rule(
            testDescription: "a crowd takes any number",
            groundTruth: [
                thing(1, 9, 3, [0, 0, 50, 50], crowd: true), thing(2, 9, 3, [60, 60, 20, 20]),
            ],
            detections: [
                found(9, 3, 0.9, [1, 1, 10, 10]), found(9, 3, 0.8, [5, 5, 10, 10]),
                found(9, 3, 0.7, [60, 60, 20, 20]),
                found(9, 3, 0.6, [60, 60, 20, 20]),
            ], expected: [1, 1, 1, 1, -1, -1, 0, 1, 1, 1, -1, -1]),
        Rule(
            testDescription: "areas on a border belong to both sides",
            groundTruth: [
                thing(1, 9, 3, [0, 0, 32, 32]), thing(2, 9, 3, [0, 0, 96, 96]),
                thing(3, 4, 7, [0, 0, 33, 32]),
            ],
            detections: [
                found(9, 3, 0.9, [0, 0, 32, 32]), found(9, 3, 0.8, [0, 0, 96, 96]),
                found(4, 7, 0.5, [0, 0, 33, 33]),
                found(4, 7, 0.4, [60, 0, 10, 10]),
            ], expected: [1, 1, 1, 1, 1, 1, 0.75, 1, 1, 1, 1, 1]),
        Rule(
            testDescription: "annotation 0 counts as no match",
            groundTruth: [thing(0, 9, 3, [0, 0, 10, 10]), thing(1, 4, 3, [0, 0, 10, 10])],
            detections: [found(9, 3, 0.9, [0, 0, 10, 10]), found(4, 3, 0.8, [0, 0, 10, 10])],
            expected: [
                0.252475247524752, 0.252475247524752, 0.252475247524752, 0.252475247524752, -1, -1,
                0.5, 0.5, 0.5, 0.5, -1, -1,
            ]),
        Rule(
            testDescription: "of things that fit equally well the last is taken",
            groundTruth: [thing(1, 9, 3, [0, 0, 10, 10]), thing(2, 9, 3, [0, 0, 10, 10])],
            detections: [
                found(9, 3, 0.9, [0, 0, 10, 10]), found(9, 3, 0.8, [0, 0, 10, 9]),
                found(9, 7, 0.9, [0, 0, 10, 9]),
            ],
            expected: [
                0.950495049504950, 1, 1, 0.950495049504950, -1, -1, 0.5, 0.95, 0.95, 0.95, -1, -1,
            ]),
        Rule(
            testDescription: "things of other sizes are taken only where no other fits",
            groundTruth: [thing(1, 9, 3, [0, 0, 40, 40]), thing(2, 9, 3, [0, 0, 30, 30])],
            detections: [
                found(9, 3, 0.9, [0, 0, 36, 36]), found(9, 3, 0.8, [0, 0, 30, 30]),
                found(4, 7, 0.9, [0, 0, 10, 9]),
            ],
            expected: [0.775742574257426, 1, 1, 1, 0.7, -1, 0.35, 0.85, 0.85, 1, 0.7, -1]),
    ]
}

@Suite struct COCOTests {
    @Test(arguments: Rule.all)
    func rules(_ rule: Rule) throws {
        let summary = try evaluation(rule.groundTruth, rule.detections).scores().summary
        #expect(
            zip(summary, rule.expected).allSatisfy { abs($0.value - $1) < 1e-12 },
            "\(summary.map(\.value))")
    }

    /// Boxes of a fixed mess, and the masks of the same rectangles.
    private func mess(_ images: Int) throws -> (
        [COCOEvaluation.GroundTruth], [COCOEvaluation.Detection]
    ) {
        var state: UInt64 = 1
        func random(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        let size = Size2D(height: 60, width: 80)
        func box() -> COCOBox {
            COCOBox(
                x: Double(random(40)), y: Double(random(30)), width: Double(1 + random(40)),
                height: Double(1 + random(30)))
        }
        var groundTruth = [COCOEvaluation.GroundTruth]()
        var detections = [COCOEvaluation.Detection]()
        for image in 0..<images {
            for _ in 0..<random(6) {
                let box = box()
                let crowd = random(9) == 0
                groundTruth.append(
                    COCOEvaluation.GroundTruth(
                        image: image, category: random(3), box: box, area: box.area, isCrowd: crowd,
                        id: groundTruth.count + 1,
                        mask: try RunLengthMask(box: box, size: size)))
            }
            for index in 0..<random(image % 17 == 0 ? 150 : 9) {
                let thing =
                    groundTruth.isEmpty || index % 3 == 0
                    ? nil : groundTruth[groundTruth.count - 1 - random(min(3, groundTruth.count))]
                let near = thing?.box ?? box()
                detections.append(
                    COCOEvaluation.Detection(
                        image: image, category: thing?.category ?? random(3),
                        score: Double(random(50)) / 50, box: near,
                        mask: try RunLengthMask(box: near, size: size)))
            }
        }
        return (groundTruth, detections)
    }

    /// pycocotools' twelve numbers of such a mess; rectangles of whole pixels overlap as their
    /// masks do, so both ways agree, at any number of threads.
    @Test func threadsAndMasks() throws {
        let (groundTruth, detections) = try mess(300)
        func scores(_ kind: COCOEvaluation.Kind, _ threads: Int) throws -> COCOScores {
            try COCOEvaluation(
                images: Array(0..<300), categories: [0, 1, 2], groundTruth: groundTruth,
                detections: detections,
                kind: kind
            )
            .scores(threads: threads)
        }
        let boxes = try scores(.boxes, 1)
        let expected = [
            0.09815468748521425, 0.0985713258899525, 0.0980764392467999, 0.09971232881026904,
            0.06254911205406252, -1,
            0.23608284073732388, 0.4381985222933252, 0.4381985222933252, 0.4409409518022613,
            0.20634920634920634, -1,
        ]
        #expect(
            zip(boxes.summary, expected).allSatisfy { abs($0.value - $1) < 1e-12 },
            "\(boxes.summary)")
        for threads in [2, 5] { #expect(try scores(.boxes, threads) == boxes) }
        let masks = try scores(.masks, 3)
        #expect(masks == boxes)
        #expect(try scores(.masks, 1) == masks)
    }

    @Test func whatBelongsToOthersIsLeftOut() throws {
        let groundTruth = [
            thing(1, 9, 3, [0, 0, 10, 10]), thing(2, 5, 3, [0, 0, 10, 10]),
            thing(3, 9, 1, [0, 0, 10, 10]),
        ]
        let detections = [
            found(9, 3, 0.5, [0, 0, 10, 10]), found(5, 3, 0.9, [50, 0, 10, 10]),
            found(9, 1, 0.9, [50, 0, 10, 10]),
        ]
        let evaluation = try evaluation(groundTruth, detections)
        #expect(evaluation.categories == [3, 7])
        #expect(abs(evaluation.scores().averagePrecision() - 1) < 1e-12)
        #expect(evaluation.scores().averagePrecision(category: 1) == -1)
        #expect(
            evaluation.ious(image: 9, category: 3) == [[1]]
                && evaluation.ious(image: 5, category: 3) == [])
        #expect(evaluation.ious(image: 4, category: 7) == [])
    }

    @Test func nothingAtAll() throws {
        let empty = try COCOEvaluation(images: [], categories: [], groundTruth: [], detections: [])
            .scores()
        #expect(empty.summary.allSatisfy { $0.value == -1 } && empty.precision.isEmpty)
        let mixed = try COCOEvaluation(
            images: [1], categories: [1], groundTruth: [], detections: [], classAgnostic: true
        ).scores()
        #expect(mixed.summary.allSatisfy { $0.value == -1 } && mixed.categoryCount == 1)
        let missed = try evaluation([thing(1, 9, 3, [0, 0, 10, 10])], []).scores()
        #expect(missed.summary.map(\.value) == [0, 0, 0, 0, -1, -1, 0, 0, 0, 0, -1, -1])
    }

    @Test func messages() throws {
        func message(
            _ groundTruth: [COCOEvaluation.GroundTruth], _ detections: [COCOEvaluation.Detection],
            _ kind: COCOEvaluation.Kind
        )
            throws -> String
        {
            try #require(throws: COCOEvaluationError.self) {
                _ = try COCOEvaluation(
                    images: [9], categories: [3], groundTruth: groundTruth, detections: detections,
                    kind: kind)
            }.description
        }
        let one = thing(1, 9, 3, [0, 0, 1, 1])
        let other = found(9, 3, 1, [0, 0, 1, 1])
        #expect(
            try message([], [other, found(9, 3, .nan, [0, 0, 1, 1])], .boxes)
                == "detection 1 has the score nan; expected a number")
        #expect(
            try message([], [found(9, 3, 1, [0, 0, .infinity, 1])], .boxes)
                == "detection 0 has the box inf×1.0 at (0.0, 0.0); expected numbers")
        #expect(
            try message([one], [], .masks)
                == "instance 0 has no mask: evaluate boxes, or give every instance and every detection a mask"
        )
        #expect(
            try message([], [other], .masks)
                == "detection 0 has no mask: evaluate boxes, or give every instance and every detection a mask"
        )
    }

    @Test func report() throws {
        let rule = Rule.all[5]
        let report = COCOReport(
            [(.boxes, try evaluation(rule.groundTruth, rule.detections).scores())],
            names: ["cat", "dog"])
        #expect(
            report.table(perClass: true) == """
                Evaluated bbox:
                 Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.776
                 Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=100 ] = 1.000
                 Average Precision  (AP) @[ IoU=0.75      | area=   all | maxDets=100 ] = 1.000
                 Average Precision  (AP) @[ IoU=0.50:0.95 | area= small | maxDets=100 ] = 1.000
                 Average Precision  (AP) @[ IoU=0.50:0.95 | area=medium | maxDets=100 ] = 0.700
                 Average Precision  (AP) @[ IoU=0.50:0.95 | area= large | maxDets=100 ] = -1.000
                 Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=  1 ] = 0.350
                 Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets= 10 ] = 0.850
                 Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.850
                 Average Recall     (AR) @[ IoU=0.50:0.95 | area= small | maxDets=100 ] = 1.000
                 Average Recall     (AR) @[ IoU=0.50:0.95 | area=medium | maxDets=100 ] = 0.700
                 Average Recall     (AR) @[ IoU=0.50:0.95 | area= large | maxDets=100 ] = -1.000
                +-------+--------+--------+--------+----------+-----------+----------+--------+
                | Class |   AP   |  AP50  |  AP75  | AP_small | AP_medium | AP_large | AR@100 |
                +-------+--------+--------+--------+----------+-----------+----------+--------+
                |  cat  |  77.6  | 100.0  | 100.0  |  100.0   |   70.0    |  absent  |  85.0  |
                |  dog  | absent | absent | absent |  absent  |  absent   |  absent  | absent |
                +-------+--------+--------+--------+----------+-----------+----------+--------+
                """)
        let json = try #require(
            try JSONSerialization.jsonObject(with: report.json) as? [String: [String: Any]])
        let box = try #require(json["bbox"])
        #expect(box["AP50"] as? Double == 1 && box["AP_large"] is NSNull && box.count == 13)
        let dog = try #require((box["classes"] as? [[String: Any]])?.last)
        #expect(dog["name"] as? String == "dog" && dog["id"] as? Int == 7 && dog["AP"] is NSNull)
    }
}
