import Foundation
import Testing

private let goldens = packageFolder.appending(path: "Tests/Goldens")

/// What pycocotools says of the golden files.
private func expected() throws -> [String: Any] {
    let golden = try JSONSerialization.jsonObject(
        with: Data(contentsOf: goldens.appending(path: "coco_eval.json")))
    return try #require((golden as? [String: Any])?["expected"] as? [String: Any])
}

private func files(_ type: String) -> [String] {
    ["coco_eval_gt.json", "coco_eval_det_\(type).json"].map { goldens.appending(path: $0).path }
}

@Test(
    "coco-eval prints and writes pycocotools' numbers, those of classes too",
    arguments: ["bbox", "segm"])
func numbers(type: String) throws {
    try withTemporaryFolder { folder in
        let printed = try runDensekit(
            ["coco-eval"] + files(type) + ["--type", type, "--json", "--out", "scores.json"],
            in: folder)
        #expect(printed.status == 0, "\(printed.errors)")
        let written = try Data(contentsOf: folder.appending(path: "scores.json"))
        #expect(printed.output == String(decoding: written, as: UTF8.self) + "\n")
        let scores = try #require(
            (try JSONSerialization.jsonObject(with: written) as? [String: Any])?[type]
                as? [String: Any])
        let numbers = try #require(try expected()[type] as? [String: Double])
        #expect(numbers.count == 12)
        for (name, number) in numbers {
            let found = try #require(scores[name] as? Double, "\(name)")
            #expect(abs(found - number) < 1e-9, "\(name): \(found), \(number) expected")
        }
        let classes = try #require(scores["classes"] as? [[String: Any]])
        let each = try #require(try expected()["\(type)_AP_per_category"] as? [Double])
        #expect(
            classes.compactMap { $0["name"] as? String }
                == [1, 3, 7, 18, 44, 90].map { "cat\($0)" })
        for (found, number) in zip(classes, each) {
            #expect(abs((found["AP"] as? Double ?? -1) - number) < 1e-9, "\(found)")
        }
    }
}

@Test("coco-eval shows pycocotools' lines, and a table of the classes where it is asked for one")
func table() throws {
    let result = try runDensekit(
        ["coco-eval"] + files("bbox") + ["--threads", "1"], in: packageFolder)
    #expect(result.status == 0, "\(result.errors)")
    #expect(
        result.output.contains(
            " Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=100 ] = 0.341\n"))
    #expect(
        !result.output.contains("cat18")
            && result.output.contains(/\d+ instances, \d+ detections; seconds: annotations \d/))
    let classes = try runDensekit(
        ["coco-eval"] + files("bbox") + ["--per-class"], in: packageFolder)
    #expect(classes.output.contains(/cat18 *\| *25\.9/), "\(classes.output)")
}

private let annotations = #"""
    {"images": [{"id": 1, "file_name": "a.jpg", "height": 4, "width": 6}], "categories": [{"id": 3, "name": "cat"}],
     "annotations": [{"id": 5, "image_id": 1, "category_id": 3, "bbox": [1, 1, 2, 2], "area": 4}]}
    """#

private let mistakes: [(arguments: [String], results: String, status: Int32, message: String)] = [
    (
        ["--type", "bbox"],
        #"[{"image_id": 2, "category_id": 3, "score": 1, "bbox": [1, 1, 2, 2]}]"#, 1,
        "error: found.json, entry 0: `image_id` is 2, which the data set does not have; evaluate with the annotations of the images "
            + "that were detected in\n"
    ),
    (
        ["--type", "segm"], "[]", 1,
        "error: gt.json: annotation 5 has no mask to compare with; add its segmentation, or measure boxes\n"
    ),
    (
        ["--json", "--per-class"], "[]", 64,
        "Error: --json has the classes already: leave --per-class out\n"
    ),
    (["--threads", "0"], "[]", 64, "Error: --threads must be at least 1, found 0\n"),
]

@Test("coco-eval names what it cannot measure", arguments: mistakes)
func mistake(arguments: [String], results: String, status: Int32, message: String) throws {
    try withTemporaryFolder { folder in
        try Data(annotations.utf8).write(to: folder.appending(path: "gt.json"))
        try Data(results.utf8).write(to: folder.appending(path: "found.json"))
        let result = try runDensekit(
            ["coco-eval", "gt.json", "found.json"] + arguments, in: folder)
        #expect(
            result.status == status && result.errors.hasPrefix(message),
            "\(result.status): \(result.errors)")
    }
}
