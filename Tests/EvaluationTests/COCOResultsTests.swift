import DenseKitData
import DenseKitEvaluation
import DenseKitVision
import Foundation
import Fuzzing
import TemporaryFolders
import Testing

private let size = Size2D(height: 9, width: 12)

/// A file that is gone after the test.
private final class ResultFile {
    private let folder: TemporaryFolder
    var path: String { folder.file("results.json") }

    init(_ text: String = "") throws {
        folder = try TemporaryFolder()
        try write(text)
    }

    func write(_ text: String) throws { try folder.write("results.json", Array(text.utf8)) }

    func read(_ kind: COCOEvaluation.Kind) throws -> [COCOEvaluation.Detection] {
        try COCOResults.read(path, kind: kind, images: [1: size, 7: size], categories: [3, 90])
    }
}

@Suite struct COCOResultsTests {
    @Test func filesComeBack() throws {
        let masks = try [
            RunLengthMask(box: COCOBox(x: 2, y: 1, width: 5, height: 4), size: size),
            RunLengthMask(compressed: "\\3", size: size),
        ]
        let detections = masks.enumerated().map { index, mask in
            COCOEvaluation.Detection(
                image: 7, category: 90, score: 0.1 + 0.2 * Double(index),
                box: COCOBox(x: 1 / 3, y: 1e-9, width: 5e20, height: 4),
                mask: mask)
        }
        let file = try ResultFile()
        try COCOResults.write(detections, kind: .boxes, to: file.path)
        let boxes = try file.read(.boxes)
        #expect(
            boxes.map(\.score) == detections.map(\.score)
                && boxes.map(\.box) == detections.map(\.box))
        try COCOResults.write(detections, kind: .masks, to: file.path)
        let read = try file.read(.masks)
        #expect(read.map(\.mask) == masks && read.map(\.box) == masks.map(\.boundingBox))
        #expect(read.allSatisfy { $0.image == 7 && $0.category == 90 && $0.area == nil })
        try COCOResults.write([], kind: .masks, to: file.path)
        #expect(try file.read(.masks).isEmpty)
    }

    /// As pycocotools: the first entry decides whose area counts.
    @Test func areas() throws {
        let segmentation = #""segmentation": {"size": [9, 12], "counts": "d045000000000R1"}"#
        let head =
            #"{"score": 1, "other": [{"a": "\u0041\n"}, null, true], "image_id": 1, "category_id": 3, "#
        let file = try ResultFile("[\(head)\"bbox\": [1, 2, 3, 4], \(segmentation)}]")
        let both = try #require(try file.read(.masks).first)
        #expect(both.area == 12 && both.box == COCOBox(x: 1, y: 2, width: 3, height: 4))
        try file.write("[\(head)\"bbox\": [], \(segmentation)}]")
        #expect(try file.read(.masks).first?.area == nil)
    }

    @Test(arguments: [
        (
            "{}",
            "begins with `{`; expected a list of results; name a list of {image_id, category_id, score, bbox or segmentation}"
        ),
        ("", "ends too early, after 0 bytes; copy or download it again"),
        ("[] x", "is no JSON at byte 3: expected the end of the file, found `x`"),
        ("[3]", ", entry 0: expected an object, found a number"),
        (
            "[HEAD\"bbox\": [1, 2, 3, 4]}, HEAD\"bbox\": [1, 2]}]",
            ", entry 1: `bbox`: expected [x, y, width, height], found fewer than four numbers"
        ),
        (
            "[HEAD\"bbox\": [1, 2, 3, 4, 5]}]",
            ", entry 0: `bbox`: expected [x, y, width, height], found more than four numbers"
        ),
        (
            "[HEAD\"bbox\": [1, 2, 3, 4]}, HEAD\"bbox\": [1, 2, 3, NaN]}]",
            ", entry 1: no JSON at byte 70: it says NaN, which is no number there; leave the entry out, or give it numbers"
        ),
        (
            "[HEAD\"bbox\": {}}]",
            ", entry 0: `bbox`: expected [x, y, width, height], found an object"
        ),
        ("[HEAD\"x\": 1}]", ", entry 0: `bbox` is missing"),
        ("[{\"image_id\": 1, \"category_id\": 3}]", ", entry 0: `score` is missing"),
        ("[{\"image_id\": 1, \"score\": 3}]", ", entry 0: `category_id` is missing"),
        ("[{}]", ", entry 0: `image_id` is missing"),
        (
            "[{\"image_id\": 1, \"category_id\": 3, \"score\": -Infinity}]",
            ", entry 0: no JSON at byte 1: it says Infinity, which is no number there; leave the entry out, or give it numbers"
        ),
        (
            "[{\"image_id\": 1, \"category_id\": 3, \"score\": 1e999}]",
            ", entry 0: no JSON at byte 1: Problem while parsing a number; copy or write the file again"
        ),
        (
            "[{\"image_id\": \"1\"}]",
            ", entry 0: `image_id`: expected a whole number of 64 bits, found a string"
        ),
        (
            "[{\"image_id\": 1.5}]",
            ", entry 0: `image_id`: expected a whole number of 64 bits, found a fraction"
        ),
        (
            "[{\"image_id\": 2, \"category_id\": 3, \"score\": 1}, {}]",
            ", entry 0: `image_id` is 2, which the data set does not have; evaluate with the annotations of the images that were detected in"
        ),
        (
            "[{\"image_id\": 1, \"category_id\": 0, \"score\": 1}]",
            ", entry 0: `category_id` is 0, which the data set does not have; write the data set's category numbers, not class indices"
        ),
        ("[HEAD\"bbox\": [1, 2", "ends too early, after 60 bytes; copy or download it again"),
        ("[HEAD\"bbox: [1, 2", "ends too early, after 59 bytes; copy or download it again"),
        (
            "[\(String(repeating: "[", count: 99))",
            "ends too early, after 100 bytes; copy or download it again"
        ),
        (
            "[{\"a\": \(String(repeating: "[", count: 1999))\(String(repeating: "]", count: 1999))}]",
            ", entry 0: no JSON at byte 1: The JSON document was too deep (too many nested objects and arrays); copy or write the file again"
        ),
    ])
    func mistakes(_ text: String, _ message: String) throws {
        let file = try ResultFile(
            text.replacing("HEAD", with: #"{"image_id": 1, "category_id": 3, "score": 1, "#))
        let error = try #require(throws: COCOResultsError.self) { _ = try file.read(.boxes) }
        #expect(
            error.description == file.path + (message.hasPrefix(",") ? message : ": " + message))
    }

    @Test(arguments: [
        ("{\"size\": [9, 12]}", "`segmentation`: expected {counts, size}, found no counts"),
        ("{\"counts\": \"\"}", "`segmentation`: expected {counts, size}, found no size"),
        (
            "{\"size\": [9], \"counts\": \"\"}",
            "`segmentation`: expected size [height, width], found a list of another length"
        ),
        (
            "{\"size\": [9, -1], \"counts\": \"\"}",
            "`segmentation`: expected a size within 32 bits, found a negative number"
        ),
        (
            "{\"size\": [9, 12], \"counts\": [108]}",
            "`segmentation`: expected counts as a compressed string, found a list"
        ),
        (
            "{\"size\": [12, 9], \"counts\": \"\"}",
            "the mask is 12×9, its image 1 is 9×12; masks are as large as their images"
        ),
        (
            "{\"size\": [9, 12], \"counts\": \"11\"}",
            "`segmentation`: the runs cover 2 pixels, but 9×12 has 108: is the size [height, width]?"
        ),
        (
            "[[1, 2, 3, 4, 5, 6]]",
            "`segmentation`: expected a compressed mask {counts, size}, found a list"
        ),
    ])
    func mistakesInMasks(_ segmentation: String, _ message: String) throws {
        let file = try ResultFile(
            #"[{"image_id": 1, "category_id": 3, "score": 1, "segmentation": "# + segmentation
                + "}]")
        let error = try #require(throws: COCOResultsError.self) { _ = try file.read(.masks) }
        #expect(error.description == "\(file.path), entry 0: \(message)")
    }

    /// A file that is read in several pieces.
    @Test func long() throws {
        let entries = (0..<20_000).map { index in
            #"{"image_id":\#(index % 2 == 0 ? 1 : 7),"category_id":3,"bbox":[\#(index),2,3,4],"score":0.5}"#
        }
        let file = try ResultFile("[\(entries.joined(separator: ", "))]")
        let detections = try file.read(.boxes)
        #expect(detections.map(\.box.x) == (0..<20_000).map(Double.init))
        #expect(detections.map(\.image) == (0..<20_000).map { $0 % 2 == 0 ? 1 : 7 })
        try file.write("[\(entries.joined(separator: ", ")), {\"image_id\": true}]")
        let error = try #require(throws: COCOResultsError.self) { _ = try file.read(.boxes) }
        #expect(
            error.entry == 20_000
                && error.problem
                    == "`image_id`: expected a whole number of 64 bits, found a Boolean"
        )
    }

    @Test func whatCannotBeWritten() throws {
        let file = try ResultFile("old")
        var detection = COCOEvaluation.Detection(
            image: 1, category: 1, score: .nan, box: COCOBox(x: 0, y: 0, width: .nan, height: 0))
        func message(_ kind: COCOEvaluation.Kind) throws -> String {
            try #require(throws: COCOResultsError.self) {
                try COCOResults.write([detection], kind: kind, to: file.path)
            }.problem
        }
        #expect(try message(.boxes) == "the score is nan; expected a number")
        detection.score = 1
        #expect(try message(.boxes) == "the box is [0.0, 0.0, nan, 0.0]; expected four numbers")
        #expect(try message(.masks) == "there is no mask to write")
        #expect(try String(contentsOfFile: file.path, encoding: .utf8) == "old")
    }

    /// Damaged files: results or a `COCOResultsError`, never a crash.
    @Test func damage() async {
        await #expect(processExitsWith: .success) {
            let entries = [
                #"{"image_id":1,"category_id":3,"score":0.5,"bbox":[1,2,3,4],"segmentation":{"size":[9,12],"counts":"d045000000000R1"}}"#,
                #"{"image_id":7,"category_id":90,"score":1e-5,"bbox":[1,2.5,3,4],"x":["\\",{}],"segmentation":{"size":[9,12],"counts":"\\3"}}"#,
            ]
            let seed = Array("[\(entries.joined(separator: ",\n"))]".utf8)
            let file = try ResultFile()
            let tokens = [
                "NaN", "1e999", "[", "{", "\"", "\\u00", "null", "-", "18446744073709551616", ",",
                "]",
            ]
            let fuzz = try Fuzz(tokens: tokens) { round, mutator in
                try Data(mutator.mutate(seed)).write(to: URL(filePath: file.path))
                do { _ = try file.read(round % 2 == 0 ? .masks : .boxes) } catch is COCOResultsError
                { return false }
                return true
            }
            #expect(fuzz.isBounded, "\(fuzz)")
            #expect(fuzz.refused > Fuzz.rounds / 5 && fuzz.accepted > Fuzz.rounds / 50, "\(fuzz)")
        }
    }
}
