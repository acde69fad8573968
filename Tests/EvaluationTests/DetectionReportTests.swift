import DenseKitData
import DenseKitVision
import Foundation
import Testing

@testable import DenseKitEvaluation

/// Two pictures: a thing of the first class in one, a crowd of it and a thing of the second class
/// in the other.
private struct Things: InstanceDataset {
    let classes = ClassList(names: ["ball", "box"])
    /// Not in the order of the classes.
    let categoryIDs: [Int64] = [9, 4]
    let count = 2
    var hasMasks = true
    /// The number of the annotation in the first picture.
    var firstNumber: Int64 = 1
    /// Annotations without a mask.
    var without: Set<Int64> = []

    func imageID(at index: Int) -> Int64 { [70, 30][index] }

    func sample(at index: Int) throws -> DataSample {
        DataSample(name: "\(index)", image: RGBImage(height: 40, width: 60), instances: [])
    }

    func annotations(at index: Int, shapes: Bool) throws -> [AnnotatedInstance] {
        func thing(_ id: Int64, _ label: Int, _ box: COCOBox, isCrowd: Bool = false) throws
            -> AnnotatedInstance
        {
            let mask = try RunLengthMask(box: box, size: Size2D(height: 40, width: 60))
            return AnnotatedInstance(
                id: id, label: label, box: box, area: box.area, isCrowd: isCrowd,
                shape: shapes && hasMasks && !without.contains(id) ? .runLengths(mask) : nil)
        }
        guard index == 1 else { return [try thing(firstNumber, 0, first)] }
        return try [
            thing(2, 0, COCOBox(x: 0, y: 0, width: 20, height: 20), isCrowd: true),
            thing(3, 1, second),
        ]
    }
}

private let first = COCOBox(x: 10, y: 10, width: 20, height: 20)
private let second = COCOBox(x: 30, y: 5, width: 10, height: 30)

/// What a detector would have seen at a box.
private func seen(_ box: COCOBox, label: Int, score: Float) throws -> DetectedInstance {
    DetectedInstance(
        box: BoundingBox(
            x1: Float(box.x), y1: Float(box.y), x2: Float(box.x + box.width),
            y2: Float(box.y + box.height)),
        label: label,
        score: score, mask: try RunLengthMask(box: box, size: Size2D(height: 40, width: 60)))
}

private func report(
    _ instances: [[DetectedInstance]], masks: Bool = true, _ dataset: Things = Things()
) throws -> DetectionReport {
    let size = Size2D(height: 40, width: 60)
    return try DetectionReport(
        instances.enumerated().map { .init(name: "\($0).jpg", size: size, instances: $1) }, dataset,
        masks: masks)
}

@Test(
    "All found: AP is 100 percent; what lies in the crowd does not count; the classes are those of their numbers"
)
func allFound() throws {
    let crowd = COCOBox(x: 2, y: 2, width: 8, height: 8)
    let report = try report([
        [seen(first, label: 0, score: 0.9)],
        [seen(crowd, label: 0, score: 0.95), seen(second, label: 1, score: 0.8)],
    ])
    let summary = Dictionary(uniqueKeysWithValues: report.summary.map { ($0.name, $0.value) })
    #expect(report.summary.map(\.name).prefix(3) == ["bbox_mAP", "bbox_mAP_50", "bbox_mAP_75"])
    #expect(
        report.summary.count == 12 && abs((summary["segm_mAP"] ?? 0) - 100) < 1e-9
            && summary["segm_mAP_l"]?.isNaN == true)
    #expect(report.primaryMetric == "segm_mAP" && report.primaryValue == summary["segm_mAP"])
    #expect(
        report.detections.map(\.image) == [70, 30, 30]
            && report.detections.map(\.category) == [9, 9, 4])
    // The tables list classes by their numbers in the file: 4 is the box.
    let lines = report.table.split(separator: "\n")
    let box = lines.firstIndex { $0.contains(" box ") }
    let ball = lines.firstIndex { $0.contains(" ball ") }
    #expect(try #require(box) < (#require(ball)))
}

@Test(
    "The JSON has every figure in percent, of all classes together and of each; null where there is nothing to find"
)
func json() throws {
    let found = try report([[seen(first, label: 0, score: 0.9)], []])
    let content = try #require(try JSONSerialization.jsonObject(with: found.json) as? [String: Any])
    #expect(content.count == 25 && content["bbox_mAP_l"] is NSNull)
    #expect(abs((content["bbox_mAP"] as? Double ?? 0) - 50) < 1e-9)
    let classes = try #require(content["classes"] as? [[String: Any]])
    #expect(classes.map { $0["name"] as? String } == ["box", "ball"])
    #expect(classes[0]["segm_mAP_50"] as? Double == 0)
    #expect(abs((classes[1]["segm_AR_100"] as? Double ?? 0) - 100) < 1e-9)
}

@Test("Boxes alone are measured without masks, and the best is chosen by them")
func boxes() throws {
    let found = try report([[seen(first, label: 0, score: 0.9)], []], masks: false)
    #expect(
        found.kinds == [.boxes] && found.primaryMetric == "bbox_mAP" && found.summary.count == 6)
}

@Test(
    "Where no thing has the mask that is to be compared, boxes alone are measured, and the report says so"
)
func noMask() throws {
    let found = try report([[], []], Things(hasMasks: false))
    #expect(found.kinds == [.boxes] && found.primaryMetric == "bbox_mAP")
    #expect(
        found.notes == [
            "none of the 3 annotations has a mask that can be read: boxes alone are measured; add their segmentations, or set "
                + "model.head.mask: null"
        ])
}

@Test(
    "A thing without a mask is a crowd where masks are compared and a thing where boxes are, and the report says so"
)
func oneWithoutMask() throws {
    var things = Things()
    things.without = [1]
    let found = try report(
        [[seen(first, label: 0, score: 0.9)], [seen(second, label: 1, score: 0.8)]], things)
    let summary = Dictionary(uniqueKeysWithValues: found.summary.map { ($0.name, $0.value) })
    // Of the balls there is nothing left to find; the detection there is no false alarm.
    #expect(
        abs((summary["bbox_mAP"] ?? 0) - 100) < 1e-9 && abs((summary["segm_mAP"] ?? 0) - 100) < 1e-9
    )
    let note =
        "1 of 3 annotations have no mask that can be read (annotation 1 of image 0.jpg): masks are measured as if each were a crowd that "
        + "covers its box"
    #expect(found.notes == [note] && found.table.hasPrefix("note: \(note)\nEvaluated bbox:"))
    let content = try #require(try JSONSerialization.jsonObject(with: found.json) as? [String: Any])
    #expect(content["notes"] as? [String] == [note])
}

@Test("Annotation 0 is measured as pycocotools does, and the report says what comes of it")
func annotationZero() throws {
    var things = Things()
    things.firstNumber = 0
    let found = try report([[seen(first, label: 0, score: 0.9)], []], things)
    #expect(found.summary.first?.value == 0)
    #expect(
        found.notes == [
            "annotation 0 of image 70: pycocotools takes this number for \"no match\", so what a detector finds there counts as a false alarm, "
                + "and AP is too low; number annotations from 1"
        ])
    #expect(try report([[], []]).notes.isEmpty)
}
