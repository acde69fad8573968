import Data
import Foundation
import Testing
import Vision

@testable import Evaluation

/// Two pictures: a thing of the first class in one, a crowd of it and a thing of the second class in the other.
private struct Things: InstanceDataset {
    let classes = ClassList(names: ["ball", "box"])
    /// Not in the order of the classes.
    let categoryIDs: [Int64] = [9, 4]
    let count = 2
    var hasMasks = true

    func imageID(at index: Int) -> Int64 { [70, 30][index] }

    func sample(at index: Int) throws -> Sample { Sample(name: "\(index)", image: Image(height: 40, width: 60), instances: []) }

    func annotations(at index: Int, shapes: Bool) throws -> [AnnotatedThing] {
        func thing(_ id: Int64, _ label: Int, _ box: Rectangle, isCrowd: Bool = false) throws -> AnnotatedThing {
            let mask = try RunLengthMask(box: box, size: Size(height: 40, width: 60))
            return AnnotatedThing(
                id: id, label: label, box: box, area: box.area, isCrowd: isCrowd,
                shape: shapes && hasMasks ? .runLengths(mask) : nil)
        }
        guard index == 1 else { return [try thing(1, 0, first)] }
        return [try thing(2, 0, Rectangle(x: 0, y: 0, width: 20, height: 20), isCrowd: true), try thing(3, 1, second)]
    }
}

private let (first, second) = (Rectangle(x: 10, y: 10, width: 20, height: 20), Rectangle(x: 30, y: 5, width: 10, height: 30))

/// What a detector would have seen at a box.
private func seen(_ box: Rectangle, label: Int, score: Float) throws -> DetectedInstance {
    DetectedInstance(
        box: Box(x1: Float(box.x), y1: Float(box.y), x2: Float(box.x + box.width), y2: Float(box.y + box.height)), label: label,
        score: score, mask: try RunLengthMask(box: box, size: Size(height: 40, width: 60)))
}

private func report(_ instances: [[DetectedInstance]], masks: Bool = true, _ dataset: Things = Things()) throws -> DetectionReport
{
    let size = Size(height: 40, width: 60)
    return try DetectionReport(
        instances.enumerated().map { .init(name: "\($0).jpg", size: size, instances: $1) }, dataset, masks: masks)
}

@Test("All found: AP is 100 percent; what lies in the crowd does not count; the classes are those of their numbers")
func allFound() throws {
    let crowd = Rectangle(x: 2, y: 2, width: 8, height: 8)
    let report = try report([
        [try seen(first, label: 0, score: 0.9)],
        [try seen(crowd, label: 0, score: 0.95), try seen(second, label: 1, score: 0.8)],
    ])
    let summary = Dictionary(uniqueKeysWithValues: report.summary)
    #expect(report.summary.map(\.name).prefix(3) == ["bbox_mAP", "bbox_mAP_50", "bbox_mAP_75"])
    #expect(report.summary.count == 12 && abs((summary["segm_mAP"] ?? 0) - 100) < 1e-9 && summary["segm_mAP_l"]?.isNaN == true)
    #expect(report.primaryMetric == "segm_mAP" && report.primaryValue == summary["segm_mAP"])
    #expect(report.detections.map(\.image) == [70, 30, 30] && report.detections.map(\.category) == [9, 9, 4])
    // The tables list classes by their numbers in the file: 4 is the box.
    let lines = report.table.split(separator: "\n")
    let (box, ball) = (lines.firstIndex { $0.contains(" box ") }, lines.firstIndex { $0.contains(" ball ") })
    #expect(try #require(box) < (try #require(ball)))
}

@Test("The JSON has every figure in percent, of all classes together and of each; null where there is nothing to find")
func json() throws {
    let found = try report([[try seen(first, label: 0, score: 0.9)], []])
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
    let found = try report([[try seen(first, label: 0, score: 0.9)], []], masks: false)
    #expect(found.kinds == [.boxes] && found.primaryMetric == "bbox_mAP" && found.summary.count == 6)
}

@Test("A thing without the mask that is to be compared is named, with what to do")
func noMask() throws {
    let error = try #require(throws: DataError.self) { try report([[], []], Things(hasMasks: false)) }
    #expect(
        "\(error)"
            == "0.jpg: annotation 1 has no mask to compare with; add its segmentation, or measure boxes alone by model.head.mask: null"
    )
}
