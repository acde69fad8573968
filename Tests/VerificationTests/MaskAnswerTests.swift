import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

@testable import DenseKitVerification

/// What cases of Mask R-CNN have that others do not.
@Suite struct MaskAnswerTests {
    private func golden(_ fields: String) throws -> GoldenCase {
        let folder = try Folder()
        return try GoldenCase(path: folder.write("{\"procedure_id\": \"detector\", \(fields)}"))
    }

    private let config = #"""
        "config": {
          "model": {"rpn_head": {"feat_channels": 8, "anchor_generator": {"scales": [4, 8]}},
                    "roi_head": {"bbox_head": {"reg_class_agnostic": true}, "mask_head": {"num_convs": null}}},
          "train_cfg": {"rpn": {"sampler": {"num": 64, "pos_fraction": 0.5}, "assigner": {"min_pos_iou": 0.3}}},
          "test_cfg": {"rpn": {"nms_pre": 200}, "rcnn": {"nms": {"iou_threshold": 0.5}}, "nms_pre": 7}}
        """#

    @Test("What the model file does not say comes from the case, in our words")
    func settings() throws {
        func assignments(_ head: String) throws -> [String] {
            try DetectorSettings(golden(config), model: YAMLNode.parse("model: { head: \(head) }"))
                .assignments
        }
        #expect(
            try assignments(
                "{ type: MaskRCNN, rpn: { sampler: { count: 9 }, channels: 5 }, box: { class_agnostic: false } }"
            )
                == [
                    "model.head.box.nms_threshold=0.5", "model.head.rpn.assigner.min_positive=0.3",
                    "model.head.rpn.sampler.positive_fraction=0.5", "model.head.rpn.scales=[4,8]",
                    "model.head.rpn.test_proposals.per_level=200",
                ])
        #expect(try assignments("{ type: MaskRCNN }").count == 8)
        #expect(try assignments("{ type: RetinaNet }") == ["model.head.per_level=7"])
        #expect(try assignments("{ type: SemanticFPN }") == [] && assignments("MaskRCNN") == [])
        #expect(
            try DetectorSettings(
                golden("\"mode\": \"eval\""),
                model: YAMLNode.parse("model: { head: { type: MaskRCNN } }")
            )
            .assignments == [])
    }

    /// Two boxes in a picture of 8×10 whose masks fill them, in the other order in the reference.
    private func comparisons(_ rle: String, count: Int = 2) throws -> (
        outputs: [String: Tensor], comparisons: [Comparison]
    ) {
        let golden = try golden(
            #""img_meta": [{"img_shape": [8, 10], "pad_shape": [8, 10], "ori_shape": [8, 10], "scale_factor": [1, 1]}]\#(rle)"#
        )
        let boxes = try Tensor.from([1, 1, 4, 5, 5, 2, 9, 6] as [Float], shape: [2, 4])
        let found = try Detections(
            boxes: boxes.narrowed(0, 0, count), scores: Tensor.ones([count]),
            labels: Tensor.zeros([count], dtype: .int64), masks: Tensor.ones([count, 4, 4]))
        let answers = try [
            "det.boxes": boxes.flipped(0), "det.labels": Tensor.zeros([2], dtype: .int64),
        ]
        let matched = MatchedDetections(
            detections: found, match: try DetectionMatch(found, answers, "det"), place: "")
        let logits = try Tensor.stack([Tensor.zeros([4, 4]), Tensor.ones([4, 4])])
        return try Verifier(registry: Registry()).maskAnswers(
            logits, seen: [matched], original: [matched], golden)
    }

    private func text(_ x1: Double, _ y1: Double, _ width: Double, _ height: Double) throws
        -> String
    {
        try RunLengthMask(
            box: COCOBox(x: x1, y: y1, width: width, height: height),
            size: Size2D(height: 8, width: 10)
        ).compressed
    }

    @Test("Masks are compared at the places of the reference's")
    func masks() throws {
        let first = try text(1, 1, 3, 4)
        let second = try text(5, 2, 4, 4)
        let right = try comparisons(
            #", "mask_rle": {"size": [8, 10], "counts": ["\#(second)", "\#(first)"]}"#)
        #expect(
            right.comparisons.map(\.passes) == [true] && right.comparisons[0].output == "mask_rle")
        #expect(try right.outputs["mask_areas"]?.integers() == [16, 12])
        #expect(try right.outputs["mask_logits"]?.amax(1, 2).floats() == [1, 0])
        let wrong = try comparisons(
            #", "mask_rle": {"size": [8, 10], "counts": ["\#(first)", "\#(first)"]}"#)
        #expect(
            wrong.comparisons.map(\.passes) == [false]
                && wrong.comparisons[0].note.hasPrefix("1 of 2 outside"))
        let less = try comparisons(#", "mask_rle": {"size": [8, 10], "counts": ["\#(first)"]}"#)
        #expect(less.comparisons.map(\.note) == ["2 masks, the reference has 1"])
        #expect(try comparisons("").comparisons.isEmpty)
        let none = try comparisons("", count: 0).outputs
        #expect(none["mask_logits"]?.shape == [0, 4, 4] && none["mask_areas"]?.shape == [0])
    }

    @Test("A mask that is none")
    func mistakes() throws {
        for (counts, message) in [
            ("[7]", "has a mask in mask_rle that is no string"),
            ("[\"~\"]", "has a mask in mask_rle that is none: byte 0 is 126"),
        ] {
            let error = #expect(throws: GoldenCaseError.self) {
                try comparisons(#", "mask_rle": {"size": [8, 10], "counts": \#(counts)}"#)
            }
            #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        }
    }

    @Test("Areas may differ by the pixels at the threshold, other integers not at all")
    func areas() throws {
        let golden = try golden("\"mode\": \"eval\"")
        func passes(_ name: String, _ ours: Int64, _ reference: Int64) throws -> Bool {
            try compare(
                [name: Tensor.from([ours])], with: [name: Tensor.from([reference])], golden,
                exactIntegers: true)[0]
                .passes
        }
        #expect(
            try passes("mask_areas", 1006, 1000) && !passes("mask_areas", 1007, 1000)
                && passes("mask_areas.1", 3, 4))
        #expect(try passes("det.labels", 4, 4) && !passes("det.labels", 3, 4))
    }
}
