import DenseKitCore

extension CLIPTextEncoder: ExternalWeights, WeightAdapting {
    /// What CLIP's files hold beside the text encoder: the image encoder, the scale of its scores, its sizes, and the causal mask.
    private static let elsewhere = [
        "visual.", "logit_scale", "logit_bias", "input_resolution", "context_length", "vocab_size", "attn_mask",
    ]

    public static var weightFormats: [WeightFormat] {
        [
            WeightFormat("OpenAI CLIP", behind: [""], dropping: elsewhere),
            WeightFormat("a DenseCLIP model", behind: ["text_encoder."]),
        ]
    }

    /// Prompts may be shorter than CLIP's 77 positions: the first ones are taken.
    public func adapted(_ tensor: Tensor, _ key: String, to shape: [Int]) throws -> Tensor? {
        guard key == "positional_embedding", tensor.rank == 2, tensor.size(0) >= shape[0] else { return nil }
        return try tensor.narrowed(0, 0, shape[0])
    }
}
