import DenseKitCore
import DenseKitVerification

extension Verifier {
    /// `clip_sp_multilabel`: a multi-label decoder alone, on tokens and codebook of the case.
    func multilabelDecoder(_ golden: GoldenCase) throws -> [Comparison] {
        try golden.checkMultilabelDecoder("config", besides: "dim classes")
        try golden.checkInputs("visual codebook")
        guard let config = golden.json["config"]?.object, let dim = config["dim"] else {
            throw GoldenCaseError(golden.path, "needs config.type and config.dim")
        }
        let codebook = golden.inputs.first { $0.name == "codebook" }?.shape.first
        let classes = config["classes"] ?? .number(Double(codebook ?? 0))
        let (part, failures) = try part(
            "MultilabelDecoder",
            ["decoder": Self.multilabelDecoder(config), "dim": dim, "classes": classes], golden)
        let outputs = try withoutGrad { try part.run(inputs(golden)) }
        return failures + (try golden.comparisons(of: outputs))
    }

    /// A decoder's settings by our names. Its weights come from the case, so nothing is counted.
    static func multilabelDecoder(_ config: [String: GoldenJSON]) -> GoldenJSON {
        let type = config["type"] ?? .string("DualGraphFormer")
        guard type.string == "DualGraphFormer" else { return .object(["type": type]) }
        var settings: [String: GoldenJSON] = ["type": type, "co_occurrence": .string("none")]
        for (ours, theirs) in [
            ("blocks", "blocks"), ("nodes", "nodes"), ("attention_width", "width"),
            ("head_width", "head_width"),
        ] { settings[ours] = config[theirs] }
        return .object(settings)
    }
}
