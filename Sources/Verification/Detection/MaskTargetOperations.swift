import DenseKitCore

/// The targets of a mask branch: `mask_targets`, and `mask_targets_soft` before the threshold. The
/// description gives the size ("28x28 targets").
struct MaskTargetOperations {
    let inputs: DetectionInputs

    func outputs() throws -> [String: Tensor] {
        guard
            let match = inputs.words("mask_targets").firstMatch(of: /(\d{1,4})x(\d{1,4}) targets/)?
                .output
        else {
            throw GoldenCaseError(
                inputs.golden.path, "does not say the size in its description of mask_targets")
        }
        let targets = try MaskTargets(size: Size2D(Int(match.1) ?? 0, Int(match.2) ?? 0))
        let masks = try inputs.tensor("gt_masks")
        let boxes = try inputs.floats("proposals")
        let groundTruths = try inputs.tensor("gt_index")
        return try [
            "mask_targets": targets(masks, boxes: boxes, groundTruthIndices: groundTruths),
            "mask_targets_soft": targets.shares(
                masks, boxes: boxes, groundTruthIndices: groundTruths),
        ]
    }
}
