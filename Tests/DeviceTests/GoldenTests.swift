import DenseKitBuiltIn
import DenseKitBuiltInVerification
import DenseKitCore
import DenseKitVerification
import Foundation
import TestDevice
import Testing

/// `Tests/Goldens`.
private let goldens = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Goldens")

/// What the reference implementations answered, with the model on the device.
@Suite("Golden cases on the test device", .serialized) struct DeviceGoldenTests {
    @Test(
        "Every output agrees",
        arguments: [
            "clip_resnet50_attn_eval", "clip_resnet50_plain_eval", "clip_vit_b16_eval",
            "clip_text_context_encoder_eval", "clip_text_encoder_eval", "context_decoder_eval",
            "context_decoder_vit_eval", "denseclip_r50_fpn_eval", "denseclip_r50_fpn_train",
            "denseclip_r50_slide_aug_inference", "resnet50_imagenet_fpn_eval",
            "upernet_swin_t_eval", "icpc_prompt_eval", "icpc_multiscale_alignment_eval",
            "icpc_contrastive_loss", "icpc_r50_fpn_eval", "icpc_r50_fpn_train",
            "clip_sp_multilabel_mlp_eval", "clip_sp_dual_graphformer_eval",
            "clip_sp_scene_refinement_eval", "clip_sp_targets", "asymmetric_loss",
            "clip_sp_r50_fpn_eval", "clip_sp_r50_fpn_train", "retinanet_r50_fpn_eval",
            "retinanet_r50_fpn_train", "denseclip_retinanet_r50_eval",
            "denseclip_retinanet_r50_train", "mask_rcnn_r50_fpn_eval", "mask_rcnn_r50_fpn_train",
            "adamw_trajectory", "det_ops_anchors", "det_ops_assign", "det_ops_boxes",
            "det_ops_losses", "det_ops_roi_extractor",
        ])
    func agrees(_ name: String) async {
        await #expect(processExitsWith: .success) { [name = name as String] in
            try onTestDevice { device in
                try Engine.setThreadCount(Engine.defaultThreadCount)
                let verifier = try Verifier(
                    registry: Registry(BuiltIn.plugins), plugins: BuiltInVerification.plugins,
                    device: device)
                var comparisons: [Comparison] = []
                let transfers = try TestDevice.transfers {
                    comparisons = try verifier.verify(goldens.appending(path: name + ".json").path)
                }
                let failed = comparisons.filter { !$0.passes }.map {
                    "\($0.output): \($0.note), max abs \($0.maxAbs), max rel \($0.maxRel)"
                }
                #expect(failed.isEmpty && !comparisons.isEmpty, "\(failed.joined(separator: "\n"))")
                // A case that computes elsewhere would agree too.
                #expect(transfers.toDevice > 0, "\(name) was not run on the device")
            }
        }
    }
}
