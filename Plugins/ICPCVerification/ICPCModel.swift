import DenseKitCore
import DenseKitVerification

extension GoldenCase {
    /// The model of a case of ICPC that has no model file, by our names. What `config` does not
    /// define, the shapes of the parameters do.
    ///
    /// Throws `GoldenCaseError` for an unknown backbone.
    func icpcModel() throws -> [String: GoldenJSON] {
        let config = json["config"] ?? .object([:])
        try checkICPC()
        return [
            "backbone": .object(try backbone(config["backbone"])),
            "prompter": .object(prompter(config)),
            "neck": .object(
                words(of: config["neck"], ["out_channels": "channels"]).merging([
                    "type": .string("FPN")
                ]) { $1 }),
            "head": .object(
                words(of: config["decode_head"], ["channels": "channels"]).merging([
                    "type": .string("SemanticFPN")
                ]) { $1 }),
        ]
    }

    /// Throws `GoldenCaseError` for a setting that the model would be built without.
    private func checkICPC() throws {
        try check(
            "config",
            knows:
                "type context_length text_dim class_names num_classes prompting num_contexts projector_hidden multi_scale tau "
                + "contrast_weight contrastive backbone text_encoder context_decoder neck decode_head schedule",
            fixed: [
                "text_head": .bool(false), "train_cfg": .object([:]),
                "test_cfg": .object(["mode": .string("whole")]),
            ])
        try check("config.contrastive", knows: "points sampling normalize tau")
        try check(
            "config.backbone",
            knows:
                "type width layers output_dim input_resolution patch_size heads out_indices depth drop_path_rate "
                + "num_stages strides dilations norm_cfg",
            fixed: [
                "style": .string("pytorch"), "get_embeddings": .bool(true),
                "norm_eval": .bool(false),
                "frozen_stages": .number(-1), "contract_dilation": .bool(true),
            ])
        try checkTextEncoder("config.text_encoder")
        try check(
            "config.context_decoder",
            knows:
                "type transformer_width transformer_heads transformer_layers visual_dim outdim dropout",
            fixed: ["style": .string("pytorch")])
        try check(
            "config.neck", knows: "in_channels out_channels num_outs",
            fixed: ["type": .string("FPN")])
        try check(
            "config.decode_head",
            knows:
                "in_channels in_index feature_strides channels dropout_ratio num_classes norm_cfg loss_decode",
            fixed: ["type": .string("FPNHead"), "align_corners": .bool(false)])
        try check(
            "config.decode_head.loss_decode",
            fixed: [
                "type": .string("CrossEntropyLoss"), "use_sigmoid": .bool(false),
                "loss_weight": .number(1),
            ])
    }

    private func backbone(_ written: GoldenJSON?) throws -> [String: GoldenJSON] {
        let same = [
            "width", "layers", "output_dim", "input_resolution", "patch_size", "heads",
            "out_indices", "depth",
        ]
        var settings = words(of: written, Dictionary(uniqueKeysWithValues: same.map { ($0, $0) }))
        switch written?["type"]?.string {
        case "CLIPResNetWithAttention":
            settings["type"] = .string("CLIPResNet")
            // the reference's, for every width
            settings["heads"] = settings["heads"] ?? .number(32)
        case "CLIPVisionTransformer": settings["type"] = .string("CLIPViT")
        case "ResNetV1c", "ResNet":
            settings = words(of: written, ["depth": "depth"])
            settings["type"] = .string("ResNet")
            settings["stem"] = .string(written?["type"]?.string == "ResNet" ? "plain" : "v1c")
        case let other:
            throw GoldenCaseError(
                path,
                "has the backbone '\(other ?? "")', which is not known here: give a model file")
        }
        return settings
    }

    private func prompter(_ config: GoldenJSON) -> [String: GoldenJSON] {
        let same = [
            "prompting", "num_contexts", "projector_hidden", "multi_scale", "contrast_weight",
        ]
        var settings = words(of: config, Dictionary(uniqueKeysWithValues: same.map { ($0, $0) }))
        settings["type"] = .string("ICPC")
        settings["temperature"] = config["tau"]
        if let contrastive = config["contrastive"] {
            let inside = [
                "points": "points", "sampling": "sampling", "normalize": "normalize",
                "tau": "temperature",
            ]
            settings["contrastive"] =
                contrastive.object == nil ? .null : .object(words(of: contrastive, inside))
        }
        let sizes = [
            "transformer_width": "width", "transformer_heads": "heads",
            "transformer_layers": "layers",
        ]
        var encoder = words(of: config["text_encoder"], sizes)
        encoder["vocabulary_size"] = length("text_encoder.token_embedding.weight", 0)
        settings["text_encoder"] = .object(encoder)
        settings["context_decoder"] = .object(words(of: config["context_decoder"], sizes))
        if let rows = length("attnpool.positional_embedding", 0)?.number,
            let width = length("attnpool.c_proj.weight", 0)
        {
            settings["attention_pool"] = .object([
                "output_dim": width,
                "input_resolution": .number(32 * (rows - 1).squareRoot().rounded()),
            ])
        }
        return settings
    }

    /// A parameter's length in one dimension.
    private func length(_ parameter: String, _ dimension: Int) -> GoldenJSON? {
        guard let shape = parameters.first(where: { $0.name == parameter })?.shape,
            dimension < shape.count
        else { return nil }
        return .number(Double(shape[dimension]))
    }

    /// The value of `theirs` in `object`, under our name.
    private func words(of object: GoldenJSON?, _ ours: [String: String]) -> [String: GoldenJSON] {
        var result: [String: GoldenJSON] = [:]
        for (theirs, ours) in ours { result[ours] = object?[theirs] }
        return result
    }
}
