import DenseKitCore
import Foundation
import Testing

@testable import DenseKitVerification

/// Cases of detection's operations that were changed: their settings are read, and unknown ones
/// are refused.
@Suite struct DetectionCaseTests {
    private func verify(_ name: String, _ change: (inout [String: Any]) throws -> Void = { _ in })
        throws -> [Comparison]
    {
        let folder = try Folder(copyOf: name)
        try folder.edit(name + ".json", change)
        return try verifier().verify(folder.path(name + ".json"))
    }

    private func failures(_ name: String, _ change: (inout [String: Any]) throws -> Void) throws
        -> Set<String>
    {
        Set(try verify(name, change).filter { !$0.passes }.map(\.output))
    }

    /// Changes one setting below `config`.
    private func setting(_ path: [String], _ value: Any) -> (inout [String: Any]) throws -> Void {
        { object in
            func changed(_ part: Any?, _ path: ArraySlice<String>) throws -> Any {
                guard let key = path.first else { return value }
                var part = try #require(part as? [String: Any])
                part[key] = try changed(part[key], path.dropFirst())
                return part
            }
            object["config"] = try changed(object["config"], path[...])
        }
    }

    @Test func maskTargets() throws {
        let targets = try verify("det_ops_mask").filter { $0.output.hasPrefix("mask_targets") }
        #expect(targets.count == 2 && targets.allSatisfy { $0.passes })
    }

    @Test func anotherAssigner() throws {
        let found = try failures(
            "det_ops_assign", setting(["assigners", "rpn", "min_pos_iou"], 0.6))
        #expect(found == ["rpn.pos", "rpn.pos_gt", "rpn.ignored"])
    }

    @Test func otherAnchors() throws {
        let found = try failures("det_ops_anchors", setting(["rpn", "center_offset"], 0.5))
        #expect(
            found.contains("rpn.base.0") && found.contains("rpn.grid.4")
                && !found.contains("rpn.valid.0"))
        #expect(found.allSatisfy { $0.hasPrefix("rpn.") })
    }

    @Test func anotherScale() throws {
        let found = try failures("det_ops_roi_extractor", setting(["finest_scale"], 28))
        #expect(found == ["levels", "roi_feats.7", "roi_feats.14"])
    }

    @Test func otherNumbersInWords() throws {
        let found = try failures("det_ops_losses") { object in
            var outputs = try #require(object["outputs"] as? [String: String])
            outputs["focal.g2_a25"] = "sigmoid focal loss per element, gamma 2.0 alpha 0.5"
            outputs["l1.avg"] = "weighted sum / 34"
            object["outputs"] = outputs
        }
        #expect(
            found == [
                "focal.g2_a25", "focal_grad.g2_a25", "focal_weighted.g2_a25",
                "focal_weighted_grad.g2_a25", "l1.avg", "l1.grad",
            ])
    }

    @Test(arguments: [
        (
            "det_ops_anchors", ["rpn", "scale_major"],
            "has anchors with the setting 'scale_major'; known: base_sizes, center_offset, octave_base_scale, ratios, scales, "
                + "scales_per_octave, strides, type"
        ),
        (
            "det_ops_anchors", ["rpn", "type"],
            "has anchors that are no AnchorGenerator with strides"
        ),
        (
            "det_ops_assign", ["assigners", "rpn", "iou_calculator"],
            "has an assigner with the setting 'iou_calculator'; known: gpu_assign_thr, gt_max_assign_all, ignore_iof_thr, "
                + "ignore_wrt_candidates, match_low_quality, min_pos_iou, neg_iou_thr, pos_iou_thr, type"
        ),
        (
            "det_ops_assign", ["assigners", "rpn", "pos_iou_thr"],
            "has an assigner that is no MaxIoUAssigner with pos_iou_thr and neg_iou_thr"
        ),
    ])
    func settingsThatWeDoNotKnow(_ name: String, _ path: [String], _ message: String) throws {
        let error = try #require(throws: GoldenCaseError.self) {
            _ = try verify(name, setting(path, "x"))
        }
        #expect(error.description.hasSuffix("\(name).json: \(message)"), "\(error)")
    }

    @Test(arguments: [
        (#"[[2, 3], [7]]"#, "has runs that are not 2 × 3 pixels long"),
        (#"[[9]]"#, "has runs that are not 2 × 3 pixels long"),
        (#"[[-1, 7]]"#, "has runs that are not 2 × 3 pixels long"),
        (#"[[]]"#, "has runs that are not 2 × 3 pixels long"),
    ])
    func damagedRuns(_ counts: String, _ message: String) throws {
        let entry = try runs(counts)
        let error = try #require(throws: GoldenCaseError.self) { _ = try entry.tensor() }
        #expect(error.description == "m: \(message)")
    }

    @Test func runsGoDownTheColumns() throws {
        let masks = try runs("[[1, 2, 3], [6], [0, 6]]").tensor()
        #expect(masks.shape == [3, 2, 3] && masks.dtype == .uint8)
        #expect(
            try masks.integers() == [0, 1, 0, 1, 0, 0] + [0, 0, 0, 0, 0, 0] + [1, 1, 1, 1, 1, 1])
        #expect(try runs("[]").tensor().shape == [0, 2, 3])
    }

    private func runs(_ counts: String) throws -> GoldenCase.Entry {
        let text = #"{"name": "m", "size": [2, 3], "counts": \#(counts)}"#
        return try JSONDecoder().decode(GoldenCase.Entry.self, from: Data(text.utf8))
    }
}
