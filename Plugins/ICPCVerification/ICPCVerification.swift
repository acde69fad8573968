import DenseKitCore
import DenseKitVerification

/// Runs golden cases of ICPC: of its parts alone, and of whole models that a case's `config`
/// describes.
public struct ICPCVerification: VerificationPlugin {
    public init() {}

    public func register(in procedures: inout Procedures) {
        procedures.register("icpc_prompt") { verifier, golden, _ in
            try verifier.instancePrompts(golden)
        }
        procedures.register("icpc_alignment") { verifier, golden, _ in
            try verifier.multiScaleAlignment(golden)
        }
        procedures.register("icpc_contrastive") { verifier, golden, _ in
            try verifier.contrastiveLoss(golden)
        }
        procedures.registerModel("ICPC") { golden in try golden.icpcModel() }
    }
}

extension GoldenCase {
    /// Throws `GoldenCaseError` for a setting of CLIP's text encoder, by the reference's name, that
    /// is unknown here.
    func checkTextEncoder(_ place: String) throws {
        try check(
            place,
            knows:
                "type context_length embed_dim transformer_width transformer_heads transformer_layers",
            fixed: ["style": .string("pytorch")])
    }
}
