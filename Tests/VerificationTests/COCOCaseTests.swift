import DenseKitCore
import Foundation
import Testing

@testable import DenseKitVerification

/// The cases of masks and of COCO's evaluation: they pass, and do not pass when something in them
/// is changed.
@Suite(.serialized) struct COCOCaseTests {
    private func comparisons(
        _ name: String, _ change: (inout [String: Any]) throws -> Void = { _ in }
    ) throws -> [Comparison] {
        let folder = try Folder(copyOf: name)
        for file in ["_gt", "_det_bbox", "_det_segm"] where name == "coco_eval" {
            try FileManager.default.copyItem(
                at: goldens.appending(path: name + file + ".json"),
                to: folder.url.appending(path: name + file + ".json"))
        }
        try folder.edit(name + ".json", change)
        return try verifier().verify(folder.path(name + ".json"))
    }

    private func failures(_ comparisons: [Comparison]) -> [String: String] {
        Dictionary(comparisons.filter { !$0.passes }.map { ($0.output, $0.note) }) { first, _ in
            first
        }
    }

    @Test func runLengths() throws {
        let comparisons = try comparisons("rle_codec")
        #expect(failures(comparisons) == [:] && comparisons.count == 61)
        #expect(comparisons.allSatisfy { $0.maxAbs < 1e-15 })
    }

    @Test func changedRunLengths() throws {
        func failing(_ index: Int, _ change: @escaping (inout [String: Any]) -> Void) throws
            -> [String: String]
        {
            failures(
                try comparisons("rle_codec") { object in
                    var vectors = try #require(object["vectors"] as? [[String: Any]])
                    change(&vectors[index])
                    object["vectors"] = [vectors[index]]
                })
        }
        #expect(
            try failing(5) { $0["counts"] = "0:" }["0 encode"]?.contains("the runs cover 10 pixels")
                == true)
        #expect(try failing(5) { $0["area"] = 8 }.keys.sorted() == ["0 encode"])
        #expect(try failing(5) { $0["uncompressed"] = [0, 4, 5] }.keys.sorted() == ["0 encode"])
        #expect(
            try failing(5) { $0["fnv1a_row_major"] = "137e8f6c0b03a625" }.keys.sorted() == [
                "0 encode"
            ])
        let polygon = try #require(
            try GoldenCase(path: goldens.appending(path: "rle_codec.json").path).json["vectors"]?
                .array?
                .firstIndex { $0["op"]?.string == "frPoly" })
        #expect(try failing(polygon) { $0["merged"] = "1" }.keys.sorted() == ["0 frPoly"])
        #expect(try failing(polygon) { $0["counts"] = [String]() }.keys.sorted() == ["0 frPoly"])
        #expect(
            try failing(polygon) { $0["polygons"] = [[1, 2, 3]] }["0 frPoly"]
                == "a polygon of 3 coordinates: it needs pairs x, y"
        )
        #expect(throws: GoldenCaseError.self) { try failing(5) { $0["op"] = "decode" } }
        #expect(throws: GoldenCaseError.self) {
            try failing(5) { $0["size"] = [1 << 40, 1 << 40] }
        }
    }

    @Test func scores() throws {
        let comparisons = try comparisons("coco_eval")
        #expect(failures(comparisons) == [:] && comparisons.count == 2 * (12 + 12 + 1 + 3 + 1 + 4))
        #expect(comparisons.allSatisfy { $0.maxAbs < 1e-9 })
    }

    @Test func changedScores() throws {
        let failures = failures(
            try comparisons("coco_eval") { object in
                var expected = try #require(object["expected"] as? [String: Any])
                expected["bbox"] = ["AP": 0.2165, "AQ": 1]
                expected["segm_AP_per_category"] = [0.2]
                expected["bbox_sum"] = 3
                object["expected"] = expected
            })
        #expect(
            failures.keys.sorted() == ["bbox.AP", "bbox.AQ", "bbox_sum", "segm_AP_per_category"])
        #expect(failures["bbox.AQ"] == "there is no such measure")
    }

    @Test func onlyBoxes() throws {
        let failures = failures(
            try comparisons("coco_eval") { object in
                var files = try #require(object["files"] as? [String: String])
                files["detections_segm"] = nil
                object["files"] = files
            })
        #expect(
            failures.count == 9
                && failures["segm.stats"] == "there are no such results or expected outputs")
        #expect(throws: GoldenCaseError.self) {
            try comparisons("coco_eval") { $0["files"] = ["detections_bbox": "x"] }
        }
    }
}
