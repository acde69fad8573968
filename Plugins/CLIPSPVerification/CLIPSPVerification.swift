import DenseKitCore
import DenseKitVerification

/// Runs golden cases of CLIP-SP: of its parts alone, and of whole models that a case's `config`
/// describes.
public struct CLIPSPVerification: VerificationPlugin {
    public init() {}

    public func register(in procedures: inout Procedures) {
        procedures.register("clip_sp_segmentor") { verifier, golden, model in
            try verifier.sceneParsing(golden, model)
        }
        procedures.register("clip_sp_multilabel") { verifier, golden, _ in
            try verifier.multilabelDecoder(golden)
        }
        procedures.register("clip_sp_scene_refinement") { verifier, golden, _ in
            try verifier.sceneRefinement(golden)
        }
        procedures.register("clip_sp_targets") { verifier, golden, _ in
            try verifier.sceneTargets(golden)
        }
        procedures.registerDraws("image_draws", "label_draws") { inputs in
            ["batch_drop.images": try inputs[0].unsqueezed(1), "batch_drop.labels": inputs[1]]
        }
    }
}

extension GoldenCase {
    /// Throws `GoldenCaseError` for an unknown setting of a multi-label decoder.
    func checkMultilabelDecoder(_ place: String, besides others: String = "") throws {
        let type = place.split(separator: ".").reduce(GoldenJSON?.some(json)) { $0?[String($1)] }?[
            "type"]?.string
        let graph =
            type ?? "DualGraphFormer" == "DualGraphFormer" ? " blocks nodes width head_width" : ""
        try check(place, knows: "type \(others)\(graph)")
    }
}
