import DenseKitCore
import Testing

@testable import DenseKitVerification

/// Detection's operations in C++, beside mmdetection's.
@Suite struct TensorOperationTests {
    private func verify(_ name: String) throws -> [Comparison] {
        try verifier().verify(goldens.appending(path: name + ".json").path)
    }

    /// The maximum of a region's points instead of their mean is the one output that the case calls
    /// optional, and that we have not.
    @Test func regionsAndTheirGradients() throws {
        let comparisons = try verify("det_ops_roi_align")
        for comparison in comparisons {
            #expect(comparison.passes, "\(comparison.output): \(comparison.note)")
        }
        let answers = try TensorFile.load(
            goldens.appending(path: "det_ops_roi_align.safetensors").path
        ).tensors
        #expect(
            Set(answers.keys).subtracting(comparisons.map(\.output)) == [
                "roi_align_max.7.sr0.aligned"
            ])
        // The same operations in the same order.
        let forward = comparisons.filter { $0.output.hasPrefix("roi_align") }
        #expect(
            forward.count == 8 && forward.allSatisfy { $0.maxAbs == 0 }, "\(forward.map(\.maxAbs))")
    }

    @Test func pastedMasks() throws {
        let comparisons = try verify("det_ops_mask")
        for comparison in comparisons {
            #expect(comparison.passes, "\(comparison.output): \(comparison.note)")
        }
        #expect(comparisons.filter { $0.output.hasPrefix("paste.") }.count == 7)
        #expect(
            Set(comparisons.map(\.output)).isSuperset(of: [
                "boxes", "binary_areas", "paste_full_areas",
            ]))
    }

    /// mmcv moves boxes apart by class, we compare those of a class where they stand: the same are
    /// kept.
    @Test func suppressionWithinClasses() throws {
        let comparisons = try verify("det_ops_boxes").filter { $0.output.contains("nms.") }
        #expect(comparisons.count == 11)
        for comparison in comparisons {
            #expect(comparison.passes, "\(comparison.output): \(comparison.note)")
        }
        #expect(comparisons.filter { $0.output.contains(".keep.") }.allSatisfy { $0.maxAbs == 0 })
    }
}
