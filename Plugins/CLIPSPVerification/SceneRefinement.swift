import DenseKitCore
import DenseKitVerification

extension Verifier {
    /// `clip_sp_scene_refinement`: the module alone, on a last stage and scene tokens of the case.
    func sceneRefinement(_ golden: GoldenCase) throws -> [Comparison] {
        try golden.check("config", knows: "dim channels k out_channels hidden width gate")
        try golden.checkInputs("x4 tokens")
        let config = golden.json["config"]
        guard let channels = config?["channels"], let dim = config?["dim"], let k = config?["k"]
        else {
            throw GoldenCaseError(golden.path, "needs config.channels, config.dim and config.k")
        }
        var settings: [String: GoldenJSON] = ["channels": channels, "dim": dim, "k": k]
        settings["out_channels"] = config?["out_channels"]
        settings["settings"] = Self.sceneRefinement(config?.object ?? [:])
        let (part, failures) = try part("SceneRefinement", settings, golden)
        let outputs = try withoutGrad { try part.run(inputs(golden)) }
        return failures + (try golden.comparisons(of: outputs))
    }

    /// The module's settings among those of a case.
    static func sceneRefinement(_ config: [String: GoldenJSON]) -> GoldenJSON {
        .object(config.filter { ["hidden", "width", "gate"].contains($0.key) })
    }
}
