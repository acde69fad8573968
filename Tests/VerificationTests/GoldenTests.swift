import DenseKitCore
import Foundation
import Testing

@testable import DenseKitVerification

func verify(_ path: String, model: String? = nil) throws -> [Comparison] {
    // As the command does: with one thread of the engine beside two of the BLAS, sums round
    // otherwise than in either case, and a ReLU of mask_rcnn_r50_fpn_train that stands on its edge
    // falls to the other side.
    let before = Engine.threadCount
    try Engine.setThreadCount(Engine.defaultThreadCount)
    defer { try? Engine.setThreadCount(before) }
    return try verifier().verify(path, model: model)
}

func describe(_ comparisons: [Comparison]) -> String {
    comparisons.filter { !$0.passes }.map {
        "\($0.output): \($0.note), max abs \($0.maxAbs), max rel \($0.maxRel)"
    }.joined(
        separator: "\n")
}

/// What the reference implementations answered. One after the other: the models are large.
@Suite(.serialized) struct GoldenTests {
    @Test(arguments: [
        "clip_resnet50_attn_eval", "clip_resnet50_plain_eval", "clip_vit_b16_eval",
        "clip_text_context_encoder_eval",
        "clip_text_encoder_eval", "context_decoder_eval", "context_decoder_vit_eval",
        "denseclip_r50_fpn_eval",
        "denseclip_r50_fpn_train", "denseclip_r50_slide_aug_inference",
        "resnet50_imagenet_fpn_eval",
        "upernet_swin_t_eval", "icpc_prompt_eval", "icpc_multiscale_alignment_eval",
        "icpc_contrastive_loss", "icpc_r50_fpn_eval",
        "icpc_r50_fpn_train", "clip_sp_multilabel_mlp_eval", "clip_sp_dual_graphformer_eval",
        "clip_sp_scene_refinement_eval",
        "clip_sp_targets", "asymmetric_loss", "clip_sp_r50_fpn_eval", "clip_sp_r50_fpn_train",
        "retinanet_r50_fpn_eval",
        "retinanet_r50_fpn_train", "denseclip_retinanet_r50_eval", "denseclip_retinanet_r50_train",
        "mask_rcnn_r50_fpn_eval",
        "mask_rcnn_r50_fpn_train", "adamw_trajectory", "resize_and_image_ops", "det_ops_anchors",
        "det_ops_assign",
        "det_ops_boxes", "det_ops_losses", "det_ops_roi_extractor",
    ])
    func everyOutputAgrees(_ name: String) throws {
        let comparisons = try verify(goldens.appending(path: name + ".json").path)
        #expect(comparisons.allSatisfy { $0.passes }, "\(describe(comparisons))")
        let answers = try TensorFile.load(goldens.appending(path: name + ".safetensors").path)
            .tensors
        #expect(Set(comparisons.map(\.output)).isSuperset(of: answers.keys) && !answers.isEmpty)
    }

    @Test func segmentationMetrics() throws {
        let comparisons = try verify(goldens.appending(path: "seg_metrics.json").path)
        #expect(comparisons.allSatisfy { $0.passes }, "\(describe(comparisons))")
        #expect(comparisons.count == 4 * (4 + 7 + 7))
        #expect(comparisons.allSatisfy { $0.maxAbs < 1e-12 })
    }

    /// The case allows 8-bit pixels to differ by one level.
    @Test func resizedPixelsAreEqual() throws {
        let comparisons = try verify(goldens.appending(path: "resize_and_image_ops.json").path)
        let exact = comparisons.filter {
            $0.output.contains("_u8_") || $0.output.contains("_seg_") || $0.output == "impad"
        }
        #expect(exact.count == 9 && exact.allSatisfy { $0.maxAbs == 0 })
        #expect(comparisons.contains { $0.output == "imrescale_shapes/sizes" && $0.maxAbs == 0 })
    }

    @Test func ratesAreExact() throws {
        let comparisons = try verify(goldens.appending(path: "adamw_trajectory.json").path)
        for name in ["lr_exact", "group_base_lr", "group_weight_decay"] {
            #expect(comparisons.contains { $0.output == name && $0.maxRel < 1e-12 }, "\(name)")
        }
    }
}

/// Models that a case describes by itself.
@Suite(.serialized) struct DescribedModelTests {
    @Test func aWholeModelWithoutAModelFile() throws {
        let folder = try Folder(copyOf: "icpc_r50_fpn_eval")
        try FileManager.default.removeItem(atPath: folder.path("icpc_r50_fpn_eval.model.yaml"))
        let comparisons = try verify(folder.path("icpc_r50_fpn_eval.json"))
        #expect(
            comparisons.count == 10 && comparisons.allSatisfy { $0.passes },
            "\(describe(comparisons))")
    }

    @Test func anUnknownBackbone() throws {
        let folder = try Folder(copyOf: "icpc_r50_fpn_eval")
        try FileManager.default.removeItem(atPath: folder.path("icpc_r50_fpn_eval.model.yaml"))
        try folder.edit("icpc_r50_fpn_eval.json") { object in
            var config = try #require(object["config"] as? [String: Any])
            config["backbone"] = ["type": "MiT"]
            object["config"] = config
        }
        let error = try #require(throws: GoldenCaseError.self) {
            try verify(folder.path("icpc_r50_fpn_eval.json"))
        }
        #expect(
            error.description.hasSuffix(
                "has the backbone 'MiT', which is not known here: give a model file"))
    }

    @Test(arguments: [
        ("icpc_prompt_eval", "has no parameter 'contexts' with 3 dimensions"),
        (
            "icpc_multiscale_alignment_eval",
            "needs config.dim, config.num_classes and config.stride"
        ),
        ("icpc_contrastive_loss", "has no input score_map"),
    ])
    func incomplete(_ name: String, _ expected: String) throws {
        let folder = try Folder(copyOf: name)
        try folder.edit(name + ".json") { object in
            object["parameters"] = [] as [Any]
            object["inputs"] = [] as [Any]
            var config = try #require(object["config"] as? [String: Any])
            config["dim"] = nil
            object["config"] = config
        }
        let error = try #require(throws: GoldenCaseError.self) {
            try verify(folder.path(name + ".json"))
        }
        #expect(error.description.hasSuffix(expected), "\(error)")
    }
}
