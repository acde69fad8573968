import DenseKitCore
import Foundation
import Testing

@testable import DenseKitVerification

/// A setting, input or field of a case that nothing reads is refused with its place, in every
/// procedure.
@Suite struct KnownSettingsTests {
    /// Puts `value` at `path`, whose parts are keys or places in lists.
    private func changed(_ part: Any?, _ path: ArraySlice<String>, _ value: Any) throws -> Any {
        guard let key = path.first else { return value }
        if var list = part as? [Any], let index = Int(key) {
            list[index] = try changed(list[index], path.dropFirst(), value)
            return list
        }
        var object = part as? [String: Any] ?? [:]
        object[key] = try changed(object[key], path.dropFirst(), value)
        return object
    }

    private func message(
        _ name: String, _ path: String, _ value: Any, removing file: String? = nil
    ) throws -> String {
        let folder = try Folder(copyOf: name)
        if let file { try FileManager.default.removeItem(atPath: folder.path(name + file)) }
        try folder.edit(name + ".json") { object in
            object = try #require(
                try changed(object, path.split(separator: ".").map(String.init)[...], value)
                    as? [String: Any])
        }
        let error = try #require(throws: GoldenCaseError.self) {
            try verifier().verify(folder.path(name + ".json"))
        }
        return error.description.replacing(folder.path(name + ".json") + ": ", with: "")
    }

    @Test(arguments: [
        (
            "adamw_trajectory", "config.loss_scale",
            "; known: lr_config, max_iters, model, optimizer, optimizer_config"
        ),
        ("adamw_trajectory", "loss.class_weight", "; known: ignore_index"),
        ("resize_and_image_ops", "config.to_rgb", "; known: none"),
        (
            "resize_and_image_ops", "imrescale_shapes.row",
            "; did you mean 'rows'?; known: notes, rows"
        ),
        ("seg_metrics", "config.beta", "; known: none"),
        (
            "seg_metrics", "cases.0.label_map",
            "; known: agree_every, area, ignore_index, inputs, name, notes, num_classes, per_class, reduce_zero_label, "
                + "summary_percent"
        ),
        ("det_ops_assign", "config.anchor", "; did you mean 'anchors'?; known: anchors, assigners"),
        (
            "det_ops_roi_extractor", "config.finest_scal",
            "; did you mean 'finest_scale'?; known: featmap_strides, finest_scale, roi_layer"
        ),
        (
            "det_ops_roi_extractor", "config.roi_layer.use_torchvision",
            "; known: aligned, pool_mode, sampling_ratio, type"
        ),
        ("det_ops_boxes", "config.eps", "; known: none"),
        ("det_ops_losses", "config.beta", "; known: none"),
        ("det_ops_mask", "config.threshold", "; known: none"),
        ("det_ops_roi_align", "config.aligned", "; known: none"),
        ("coco_eval", "config.max_dets", "; known: none"),
        (
            "coco_eval", "files.detections_keypoints",
            "; known: detections_bbox, detections_segm, ground_truth"
        ),
        ("det_pipeline_schedule", "learning_rate.warmup", "; known: base, notes, policy, values"),
        (
            "det_pipeline_schedule", "resize.0.keep_ratio",
            "; known: new_wh, notes, pad32_wh, scale, scale_factor, size_wh"
        ),
        (
            "det_pipeline_schedule", "boxes.direction",
            "; known: flipped, image_wh, input, new_wh, notes, resized"
        ),
        (
            "icpc_prompt_eval", "config.text_encoder.quick_gelu",
            "; known: context_length, embed_dim, style, transformer_heads, transformer_layers, transformer_width, type"
        ),
        (
            "icpc_multiscale_alignment_eval", "config.runs.1.tau",
            "; known: name, sizes, text, visual"
        ),
        (
            "icpc_contrastive_loss", "config.runs.0.margin",
            "; known: T, name, normalize, points, sampling, t, tau"
        ),
        ("clip_sp_multilabel_mlp_eval", "config.blocks", "; known: classes, dim, type"),
        (
            "clip_sp_dual_graphformer_eval", "config.node",
            "; did you mean 'nodes'?; known: blocks, classes, dim, head_width, nodes, type, width"
        ),
        (
            "clip_sp_scene_refinement_eval", "config.gates",
            "; did you mean 'gate'?; known: channels, dim, gate, hidden, k, out_channels, width"
        ),
        (
            "clip_sp_targets", "config.seed",
            "; known: cells, ignore_index, iterations, k, num_classes, ratio, ratios"
        ),
        ("clip_sp_r50_fpn_eval", "config.scene_refinement.heads", "; known: gate, hidden, width"),
        ("asymmetric_loss", "config.weight", "; known: settings"),
        ("tokenizer", "config.lower", "; known: none"),
        (
            "denseclip_r50_slide_aug_inference", "config.test_cfg.strides",
            "; did you mean 'stride'?; known: crop_size, mode, stride"
        ),
        (
            "denseclip_r50_slide_aug_inference", "config_inference.views.1.scale",
            "; known: flip, flip_direction, input"
        ),
        (
            "retinanet_r50_fpn_eval", "config.test_cfg.score_thre",
            "; did you mean 'score_thr'?; known: max_per_img, min_bbox_size, nms, nms_pre, score_thr"
        ),
        (
            "mask_rcnn_r50_fpn_eval", "config.test_cfg.rcnn.nms.max_num",
            "; known: iou_threshold, type"
        ),
        (
            "context_decoder_eval", "tolerance.cosine",
            "; known: atol, grad, grad_norms, rtol, share"
        ),
        (
            "context_decoder_eval", "tolerance_for.text_diff.rtoll",
            "; did you mean 'rtol'?; known: atol, rtol, share"
        ),
    ])
    func unknownSettings(_ name: String, _ path: String, _ end: String) throws {
        #expect(try message(name, path, 1) == "has the unknown setting '\(path)'\(end)")
    }

    @Test(arguments: ["rle_codec", "icpc_r50_fpn_eval"]) func unknownSettingsAmongMany(
        _ name: String
    ) throws {
        let path = name == "rle_codec" ? "vectors.2.countz" : "config.promptin"
        let found = try message(name, path, 1, removing: name == "rle_codec" ? nil : ".model.yaml")
        let meant = name == "rle_codec" ? "counts" : "prompting"
        #expect(
            found.hasPrefix("has the unknown setting '\(path)'; did you mean '\(meant)'?; known: "),
            "\(found)")
    }

    @Test(arguments: [
        ("icpc_r50_fpn_eval", "config.decode_head.align_corners", "true", "false"),
        ("icpc_r50_fpn_eval", "config.text_head", "true", "false"),
        ("icpc_r50_fpn_eval", "config.backbone.frozen_stages", "1", "-1"),
    ])
    func valuesThatAreNotBuilt(_ name: String, _ path: String, _ value: String, _ only: String)
        throws
    {
        let json: Any = value == "true" ? true : 1
        let found = try message(name, path, json, removing: ".model.yaml")
        #expect(found == "sets \(path) to \(value): only \(only) is known here")
    }

    @Test func valuesOfDetectorsThatAreNotBuilt() throws {
        #expect(
            try message("retinanet_r50_fpn_eval", "config.test_cfg.nms.type", "soft_nms")
                == #"sets config.test_cfg.nms.type to "soft_nms": only "nms" is known here"#)
    }

    @Test(arguments: [
        ("toleranse", "has the unknown field 'toleranse'; did you mean 'tolerance'?"),
        ("inputs.0.ofset", "has the unknown field 'inputs.text.ofset'; did you mean 'offset'?"),
    ])
    func misspeltFields(_ path: String, _ expected: String) throws {
        let folder = try Folder(copyOf: "context_decoder_eval")
        try folder.edit("context_decoder_eval.json") { object in
            object["tolerance"] = nil
            var inputs = try #require(object["inputs"] as? [[String: Any]])
            inputs[0]["name"] = "text"
            inputs[0]["offset"] = nil
            object["inputs"] = inputs
            object = try #require(
                try changed(object, path.split(separator: ".").map(String.init)[...], 1)
                    as? [String: Any])
        }
        let error = try #require(throws: GoldenCaseError.self) {
            _ = try GoldenCase(path: folder.path("context_decoder_eval.json"))
        }
        #expect(error.description.hasSuffix(expected), "\(error)")
    }

    @Test func otherWordsForReadersMayStand() throws {
        let folder = try Folder(copyOf: "asymmetric_loss")
        try folder.edit("asymmetric_loss.json") { object in
            object["author"] = "someone"
            object["remark"] = ["a": 1]
        }
        let comparisons = try verifier().verify(folder.path("asymmetric_loss.json"))
        #expect(comparisons.allSatisfy { $0.passes })
    }

    @Test(arguments: [
        ("mode", "training", "has the mode 'training'; known: eval, train"),
        (
            "inputs.0.kind", "uniform",
            "has the kind 'uniform' in inputs.img; known: int, float, values"
        ),
        ("config.schedule", "0.5", "has \"0.5\" in config.schedule, expected an object"),
        ("config.iteration", "5000", "has \"5000\" in config.iteration, expected a whole number"),
    ])
    func wrongValues(_ path: String, _ value: String, _ expected: String) throws {
        let name = path == "config.iteration" ? "denseclip_r50_fpn_train" : "denseclip_r50_fpn_eval"
        #expect(try message(name, path, value) == expected)
    }

    @Test(arguments: [
        ("adamw_trajectory", "img, gt_semantic_seg"), ("resize_and_image_ops", "image"),
        ("clip_sp_targets", "labels"),
        ("denseclip_r50_fpn_eval", "img"), ("retinanet_r50_fpn_eval", "img"),
    ])
    func inputsThatNothingReads(_ name: String, _ known: String) throws {
        let folder = try Folder(copyOf: name)
        try folder.edit(name + ".json") { object in
            let inputs = try #require(object["inputs"] as? [Any])
            object["inputs"] = inputs + [["name": "text_embeddings", "shape": [1], "value": 0]]
        }
        let error = try #require(throws: GoldenCaseError.self) {
            try verifier().verify(folder.path(name + ".json"))
        }
        #expect(
            error.description.contains(
                "has the input 'text_embeddings', which nothing reads in the procedure "),
            "\(error)")
    }

    @Test func aToleranceOfAnOutputThatIsNotThere() throws {
        let folder = try Folder(copyOf: "asymmetric_loss")
        try folder.edit("asymmetric_loss.json") { object in
            object["tolerance_for"] = ["default/los": ["rtol": 1, "atol": 1]]
        }
        let comparisons = try verifier().verify(folder.path("asymmetric_loss.json"))
        let failure = try #require(comparisons.first { $0.output == "default/los" })
        #expect(
            !failure.passes
                && failure.note
                    == "tolerance_for names this output, and nothing of this name is compared"
        )
    }
}
