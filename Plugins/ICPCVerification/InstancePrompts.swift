import DenseKitCore
import DenseKitVerification

extension Verifier {
    /// `icpc_prompt`: an image's own context, and the text embeddings of every kind of prompt.
    /// Sizes are those of the parameters.
    func instancePrompts(_ golden: GoldenCase) throws -> [Comparison] {
        try golden.check(
            "config",
            knows:
                "type context_length class_names num_classes text_dim num_contexts projector_hidden variants check_shared "
                + "text_encoder")
        try golden.checkTextEncoder("config.text_encoder")
        try golden.checkInputs("texts global_embedding")
        let contexts = try golden.shape(of: "contexts", rank: 3)
        let positions = try golden.shape(of: "text_encoder.positional_embedding", rank: 2)
        let tokens = try golden.shape(of: "text_encoder.token_embedding.weight", rank: 2)
        let projection = try golden.shape(of: "text_encoder.text_projection", rank: 2)
        let hidden = try golden.shape(of: "projector.linear1.weight", rank: 2)
        let blocks = Set(
            golden.parameters.compactMap { entry in
                entry.name.firstMatch(of: /^text_encoder\.transformer\.resblocks\.([0-9]+)\./)?.1
            })
        let heads =
            golden.json["config"]?["text_encoder"]?["transformer_heads"]?.integer
            ?? max(1, positions[1] / 64)
        func number(_ value: Int) -> GoldenJSON { .number(Double(value)) }
        let encoder: [String: GoldenJSON] = [
            "vocabulary_size": number(tokens[0]), "width": number(positions[1]),
            "heads": number(heads),
            "layers": number(blocks.count), "context_length": number(positions[0]),
            "output_dim": number(projection[1]),
        ]
        let (part, failures) = try part(
            "ICPCPrompt",
            [
                "num_contexts": number(contexts[1]), "projector_hidden": number(hidden[0]),
                "text_encoder": .object(encoder),
            ], golden
        )
        let outputs = try withoutGrad { try part.run(inputs(golden)) }
        return failures + (try golden.comparisons(of: outputs))
    }
}
