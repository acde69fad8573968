import DenseKitCore
import Foundation
import Testing

@testable import DenseKitVerification

/// What cases of detectors have that others do not.
@Suite struct DetectionTests {
    private func detections(_ boxes: [[Float]], _ labels: [Int64]) throws -> Detections {
        try Detections(
            boxes: Tensor.from(boxes.flatMap { $0 }, shape: [boxes.count, 4]),
            scores: Tensor.from(boxes.indices.map { 1 - Float($0) / 10 }),
            labels: Tensor.from(labels))
    }

    private func order(_ ours: Detections, _ reference: Detections) throws -> [Int] {
        try DetectionMatch(
            ours, ["det.boxes": reference.boxes, "det.labels": reference.labels], "det"
        ).order
    }

    @Test func matchedByPlaceAndClass() throws {
        let (a, b, c): ([Float], [Float], [Float]) = ([0, 0, 4, 4], [0, 0, 4, 5], [9, 9, 12, 12])
        let reference = try detections([a, b, c, c], [0, 0, 0, 1])
        #expect(try order(detections([c, b, c, a], [1, 0, 0, 0]), reference) == [3, 1, 2, 0])
        // Where a class or a place is not there, something else is compared, and fails.
        #expect(try order(detections([c, b, c, a], [1, 0, 2, 0]), reference) == [3, 1, 0, 2])
        #expect(try order(detections([a, b], [0, 0]), reference) == [0, 1])
        #expect(try order(detections([], []), detections([], [])) == [])
        let ordered = try DetectionMatch(
            detections([c, a], [1, 0]),
            [
                "det.boxes": reference.boxes.narrowed(0, 0, 2),
                "det.labels": Tensor.from([Int64(0), 1]),
            ], "det"
        ).ordered(detections([c, a], [1, 0]))
        #expect(
            try ordered.boxes.floats() == a + c && ordered.labels.integers() == [0, 1]
                && ordered.scores.floats() == [0.9, 1])
    }

    @Test func tolerancesOfGradients() throws {
        let folder = try Folder()
        let golden = try GoldenCase(
            path: folder.write(
                #"""
                {"procedure_id": "detector", 
                 "tolerance": {"rtol": 1, "atol": 2, "grad_norms": {"rtol": 3, "atol": 4}, "grad": {"max_abs_over_max_value": 0.5}},
                 "tolerance_for": {"grad/own": {"rtol": 5, "atol": 6}}}
                """#))
        #expect(
            golden.tolerance(for: "loss/total").atol == 2
                && golden.tolerance(for: "grad_norms").atol == 4)
        #expect(
            golden.tolerance(for: "grad/a").ofLargest == 0.5
                && golden.tolerance(for: "after/b").ofLargest == 0.5)
        #expect(
            golden.tolerance(for: "grad/own").atol == 6
                && golden.tolerance(for: "grad/own").ofLargest == nil)
    }

    @Test(arguments: [
        (
            #"{"img_shape": [3, 4], "pad_shape": [4, 4], "scale_factor": [1, 1]}"#,
            "an entry of img_meta without a size ori_shape"
        ),
        (
            #"{"img_shape": [0, 4], "pad_shape": [4, 4], "ori_shape": [3, 4]}"#,
            "an entry of img_meta without a size img_shape"
        ),
        (#"{"img_shape": "3x4"}"#, "an entry of img_meta without a size img_shape"),
        (
            #"{"img_shape": [3, 4], "pad_shape": [4, 4], "ori_shape": [3, 4], "scale_factor": [1, 0]}"#,
            "an entry of img_meta whose scale_factor is not above 0"
        ),
    ])
    func impossibleImages(_ meta: String, _ expected: String) throws {
        let folder = try Folder()
        let golden = try GoldenCase(
            path: folder.write(#"{"procedure_id": "detector", "img_meta": ["# + meta + "]}"))
        let error = try #require(throws: GoldenCaseError.self) { try golden.geometries() }
        #expect(error.description.contains(expected), "\(error)")
    }

    @Test func images() throws {
        let folder = try Folder()
        let meta =
            #"[{"img_shape": [3, 4, 3], "pad_shape": [4, 5, 3], "ori_shape": [6, 16, 3], "scale_factor": [0.25, 0.5, 0.25, 0.5]}]"#
        let golden = try GoldenCase(
            path: folder.write(#"{"procedure_id": "detector", "img_meta": "# + meta + "}"))
        #expect(
            try golden.geometries() == [
                ImageGeometry(
                    size: Size2D(height: 3, width: 4), paddedSize: Size2D(height: 4, width: 5),
                    originalSize: Size2D(height: 6, width: 16), scale: (0.25, 0.5))
            ])
    }
}
