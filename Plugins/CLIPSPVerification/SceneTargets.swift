import DenseKitCore
import DenseKitVerification

extension Verifier {
    /// `clip_sp_targets`: what is made of label maps and probabilities without weights, and the
    /// scene loss with its gradient.
    func sceneTargets(_ golden: GoldenCase) throws -> [Comparison] {
        try golden.check(
            "config", knows: "num_classes k ratio ratios iterations cells ignore_index")
        try golden.checkInputs(
            "labels probabilities codebook image_draws label_draws attention_logits")
        var settings: [String: GoldenJSON] = [:]
        for key in ["num_classes", "k", "ratio", "ratios", "iterations", "ignore_index"] {
            settings[key] = golden.json["config"]?[key]
        }
        let (part, failures) = try part("SceneTargets", settings, golden)
        var given = try inputs(golden)
        guard let attention = try given["attention_logits"]?.detached().cloned() else {
            throw GoldenCaseError(golden.path, "has no input attention_logits")
        }
        try attention.setRequiresGrad(true)
        given["attention_logits"] = attention
        var outputs = try part.run(given)
        try outputs["scene_loss"]?.backward()
        outputs = try outputs.mapValues { try $0.detached() }
        outputs["scene_loss_grad"] = attention.grad
        return failures + (try golden.comparisons(of: outputs))
    }
}
