import DenseKitEvaluation
import Foundation
import Testing

private let goldens = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .appending(path: "Goldens").path

private func json(_ data: Data) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
}

private func json(_ name: String) throws -> [String: Any] {
    try json(Data(contentsOf: URL(filePath: "\(goldens)/\(name)")))
}

@Test(
    "Two files are evaluated in one call, with counts of what they hold",
    arguments: ["bbox", "segm"])
func cocoFiles(name: String) throws {
    let kind = try #require(COCOEvaluation.Kind(rawValue: name))
    let results = "coco_eval_det_\(name).json"
    var warnings: [String] = []
    let found = try COCOFileEvaluation(
        of: "\(goldens)/\(results)", annotations: "\(goldens)/coco_eval_gt.json", kind: kind,
        threads: 1
    ) { warnings.append($0) }

    let expected = try json("coco_eval.json")["expected"] as? [String: Any]
    let wanted = try #require((expected?[name] as? [String: Any])?["AP"] as? Double)
    let report = try json(found.report.json)[name] as? [String: Any]
    let precision = try #require(report?["AP"] as? Double)
    #expect(abs(precision - wanted) < 1e-9 && warnings.isEmpty)

    let annotations = try json("coco_eval_gt.json")
    #expect(found.images == (annotations["images"] as? [Any])?.count)
    #expect(found.instances == (annotations["annotations"] as? [Any])?.count)
    let data = try Data(contentsOf: URL(filePath: "\(goldens)/\(results)"))
    let list = try JSONSerialization.jsonObject(with: data) as? [Any]
    #expect(found.detections == list?.count)
}
