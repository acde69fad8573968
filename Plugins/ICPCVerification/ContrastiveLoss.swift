import DenseKitCore
import DenseKitVerification

extension Verifier {
    /// `icpc_contrastive`: for every entry of `config.runs` the loss of the case's score map, its
    /// gradient, and the points that were taken.
    func contrastiveLoss(_ golden: GoldenCase) throws -> [Comparison] {
        try golden.check("config", knows: "type num_classes ignore_index runs")
        try golden.check("config.runs", knows: "name t T points tau normalize sampling")
        try golden.checkInputs("score_map gt_semantic_seg priority")
        let inputs = try inputs(golden)
        var outputs: [String: Tensor] = [:]
        var failures: [Comparison] = []
        for (name, run) in try golden.runs() {
            var contrastive: [String: GoldenJSON] = [:]
            for (ours, theirs) in [
                ("points", "points"), ("sampling", "sampling"), ("temperature", "tau"),
                ("normalize", "normalize"),
            ] { contrastive[ours] = run[theirs] }
            var settings: [String: GoldenJSON] = ["contrastive": .object(contrastive)]
            settings["iteration"] = run["t"]
            settings["iterations"] = run["T"]
            settings["ignore_index"] = golden.json["config"]?["ignore_index"]
            let (part, unmatched) = try part("AlignGuidedContrast", settings, golden)
            failures = unmatched
            guard let scores = try inputs["score_map"]?.detached().cloned() else {
                throw GoldenCaseError(golden.path, "has no input score_map")
            }
            try scores.setRequiresGrad(true)
            var given = inputs
            given["score_map"] = scores
            let found = try part.run(given)
            try found["loss"]?.backward()
            for (key, value) in found { outputs["\(name)/\(key)"] = try value.detached() }
            outputs["\(name)/grad"] = scores.grad
        }
        return failures + (try golden.comparisons(of: outputs))
    }
}
