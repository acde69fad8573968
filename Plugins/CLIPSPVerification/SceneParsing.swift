import DenseKitCore
import DenseKitVerification

extension Verifier {
    /// `clip_sp_segmentor`: a whole model. Without a model file it is the one that the case's
    /// `config` describes.
    func sceneParsing(_ golden: GoldenCase, _ modelPath: String?) throws -> [Comparison] {
        try verifyModel(golden, modelPath) { golden in
            try checkSceneParsing(golden)
            return [
                "backbone": .object(try backbone(golden)), "prompter": .object(prompter(golden)),
                "neck": .object([
                    "type": .string("FPN"),
                    "channels": channels(golden, of: "neck.fpn_convs.0.conv.weight", 0),
                ]),
                "head": .object([
                    "type": .string("SemanticFPN"),
                    "channels": channels(golden, of: "decode_head.conv_seg.weight", 1),
                ]),
            ]
        }
    }

    /// Throws `GoldenCaseError` for a setting that the model would be built without.
    private func checkSceneParsing(_ golden: GoldenCase) throws {
        try golden.check(
            "config",
            knows:
                "type num_classes class_names template k backbone text_encoder multilabel_decoder scene_refinement lambda_1 "
                + "lambda_2 asymmetric_loss batch_drop iteration dropout")
        try golden.check(
            "config.backbone",
            knows:
                "type layers depth width heads output_dim input_resolution language_grid patch_size out_indices stem "
                + "drop_path_rate",
            fixed: ["style": .string("pytorch"), "get_embeddings": .bool(true)])
        try golden.check("config.text_encoder", knows: "type context_length width heads layers")
        try golden.checkMultilabelDecoder("config.multilabel_decoder")
        try golden.check("config.scene_refinement", knows: "hidden width gate")
    }

    private func backbone(_ golden: GoldenCase) throws -> [String: GoldenJSON] {
        guard let config = golden.json["config"]?["backbone"]?.object,
            let type = config["type"]?.string
        else {
            throw GoldenCaseError(golden.path, "needs config.backbone with its type")
        }
        // Nothing is dropped in these cases; the backbone's other settings describe how it was
        // built.
        let known = [
            "layers", "depth", "width", "heads", "output_dim", "input_resolution", "language_grid",
            "patch_size", "out_indices",
            "stem",
        ]
        var settings = config.filter { known.contains($0.key) }
        switch type {
        case "CLIPViT", "CLIPVisionTransformer": settings["type"] = .string("CLIPViT")
        case "CLIPResNet", "CLIPResNetWithAttention":
            settings["type"] = .string("CLIPResNet")
            let stem = golden.parameters.first { $0.name == "backbone.conv3.weight" }?.shape.first
            settings["width"] = settings["width"] ?? stem.map { .number(Double($0)) }
        default:
            settings["type"] = .string(type)
            return settings.filter {
                !["output_dim", "input_resolution", "language_grid"].contains($0.key)
            }
        }
        settings["language_grid"] = settings["language_grid"] ?? .string("fixed")
        return settings
    }

    private func prompter(_ golden: GoldenCase) -> [String: GoldenJSON] {
        let config = golden.json["config"]?.object ?? [:]
        let known = ["template", "k", "lambda_1", "lambda_2", "asymmetric_loss", "batch_drop"]
        var settings = config.filter { known.contains($0.key) }
        settings["type"] = .string("CLIPSP")
        settings["multilabel_decoder"] = Self.multilabelDecoder(
            config["multilabel_decoder"]?.object ?? [:])
        settings["scene_refinement"] = Self.sceneRefinement(
            config["scene_refinement"]?.object ?? [:])
        var encoder =
            config["text_encoder"]?.object?.filter {
                ["context_length", "width", "heads", "layers"].contains($0.key)
            } ?? [:]
        encoder["vocabulary_size"] = channels(golden, of: "text_encoder.token_embedding.weight", 0)
        settings["text_encoder"] = .object(encoder)
        if let width = golden.parameters.first(where: { $0.name == "visual_proj.weight" })?.shape
            .first
        {
            var projection: [String: GoldenJSON] = ["output_dim": .number(Double(width))]
            for key in ["input_resolution", "language_grid"] {
                projection[key] = config["backbone"]?[key]
            }
            settings["visual_proj"] = .object(projection)
        }
        return settings
    }

    /// A dimension of a parameter; 256 without it, which the comparison of names then reports.
    private func channels(_ golden: GoldenCase, of parameter: String, _ dim: Int) -> GoldenJSON {
        let shape = golden.parameters.first { $0.name == parameter }?.shape ?? []
        return .number(Double(shape.indices.contains(dim) ? shape[dim] : 256))
    }
}
