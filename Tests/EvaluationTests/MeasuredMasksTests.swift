import DenseKitData
import DenseKitVision
import Testing

@testable import DenseKitEvaluation

private let size = Size2D(height: 64, width: 64)
private let square: [Double] = [10, 10, 30, 10, 30, 30, 10, 30]
private let box = COCOBox(x: 10, y: 10, width: 20, height: 20)

/// The truth of one annotation with `shape`, and the AP at IoU 0.5 of a detector that finds the
/// square.
private func measure(_ shape: SampleInstance.Shape?) throws -> (
    isCrowd: Bool, ap: Double, note: String?
) {
    var masks = MeasuredMasks()
    try masks.add(
        .init(image: 1, category: 1, box: box, area: 400, id: 5), shape, in: size, image: "a.jpg")
    let found = COCOEvaluation.Detection(
        image: 1, category: 1, score: 0.9, box: box,
        mask: try RunLengthMask(polygons: [square], size: size))
    let evaluation = try COCOEvaluation(
        images: [1], categories: [1], groundTruth: masks.groundTruth, detections: [found],
        kind: .masks)
    return (
        masks.groundTruth[0].isCrowd, evaluation.scores(threads: 1).summary[1].value, masks.note
    )
}

@Suite struct MeasuredMasksTests {
    /// What pycocotools 2.0.11 gives for the same annotations.
    @Test func whatPycocotoolsReads() throws {
        let shapes: [(shape: SampleInstance.Shape, ap: Double)] = [
            (.polygons([square]), 1), (.polygons([square + [7]]), 1),
            (.polygons([square, [1, 2, 3, 4]]), 1),
            (.polygons([square, []]), 1), (.polygons([[100, 100, 120, 100, 120, 120]]), 0),
            (.polygons([square.map { $0 / 64 }]), 0),
        ]
        for (shape, ap) in shapes {
            let found = try measure(shape)
            #expect(abs(found.ap - ap) < 1e-9 && !found.isCrowd && found.note == nil, "\(shape)")
        }
    }

    /// Where pycocotools stops with an exception, or the run lengths belong to another image: a
    /// crowd that covers the box, of which nothing is to be found.
    @Test func whatPycocotoolsDoesNotRead() throws {
        let shapes: [SampleInstance.Shape?] = [
            nil, .polygons([]), .polygons([[]]), .polygons([[1, 2]]),
            .polygons([[10, 10, 20, 20]]),
            .polygons([[10, 10, 30, 10, 30]]),
            .polygons([square.map { $0 * 1e10 }]),
            .runLengths(try RunLengthMask(counts: [0, 1024], size: Size2D(height: 32, width: 32))),
        ]
        for shape in shapes {
            let found = try measure(shape)
            #expect(found.isCrowd && found.ap == -1, "\(shape as Any)")
            #expect(
                found.note?.hasPrefix(
                    "1 of 1 annotations have no mask that can be read (annotation 5 of image a.jpg)"
                ) == true)
        }
    }

    /// What is drawn of such annotations is their box.
    @Test func drawings() {
        let thing = AnnotatedInstance(
            id: 1, label: 0, box: box, area: 400, isCrowd: false,
            shape: .polygons([[1, 2, 3, 4, 5]]))
        #expect(DetectedInstance(thing, size: size).mask == nil)
    }
}
