import DenseKitCore
import Testing

/// What the official detectors cost under fvcore, at 1280×800 with 80 classes, without the text
/// encoder.
@Suite struct DetectorComplexityTests {
    private func detector(_ config: String, _ overrides: [String] = []) throws -> Complexity {
        try complexity(config, overrides, classes: 80, size: Size2D(800, 1280))
    }

    @Test(
        "Mask R-CNN",
        arguments: [
            ("mask_rcnn/mask-rcnn_r50_fpn_1x_coco", "44.396", "259.79", "275.21"),
            ("mask_rcnn/mask-rcnn_clip-r50_fpn_1x_coco", "44.416", "285.97", "301.38"),
            ("denseclip/denseclip_mask-rcnn_r50_fpn_1x_coco", "66.692", "305.93", "321.34"),
            ("mask_rcnn/mask-rcnn_r101_fpn_1x_coco", "63.388", "335.76", "351.17"),
            ("mask_rcnn/mask-rcnn_clip-r101_fpn_1x_coco", "63.408", "361.94", "377.35"),
            ("denseclip/denseclip_mask-rcnn_r101_fpn_1x_coco", "84.239", "380.65", "396.07"),
        ] as [(String, String, String, String)])
    func maskRCNN(_ config: String, _ parameters: String, _ gflops: String, _ atOutputs: String)
        throws
    {
        let found = try detector(config)
        let cost = found.model.total.cost
        #expect(
            agrees(Double(found.parametersPerImage) / 1e6, parameters),
            "\(found.parametersPerImage)")
        #expect(agrees(cost.perImage / 1e9, gflops), "\(cost.perImage)")
        #expect(agrees(cost.perImageAtOutputs / 1e9, atOutputs), "\(cost.perImageAtOutputs)")
    }

    @Test(
        "Parts of Mask R-CNN",
        arguments: [
            ("backbone", nil, "83.86", "83.86"), ("neck", "3.344", "58.02", "58.02"),
            ("rpn_head", "0.594", "50.62", "50.62"),
            ("roi_head", "16.950", "67.29", "82.70"), ("roi_head.bbox_head", nil, "14.30", "14.30"),
            ("roi_head.mask_head", nil, "52.99", "68.40"),
            ("roi_head.mask_head.upsample", nil, "5.14", "20.55"),
        ] as [(String, String?, String, String)])
    func parts(_ path: String, _ parameters: String?, _ gflops: String, _ atOutputs: String) throws
    {
        let part = try #require(
            detector("mask_rcnn/mask-rcnn_r50_fpn_1x_coco").model[path], "there is no \(path)"
        ).total
        #expect(agrees(part.cost.perImage / 1e9, gflops), "\(part.cost.perImage)")
        #expect(
            agrees(part.cost.perImageAtOutputs / 1e9, atOutputs), "\(part.cost.perImageAtOutputs)")
        if let parameters {
            #expect(agrees(Double(part.parameters) / 1e6, parameters), "\(part.parameters)")
        }
    }

    @Test("Faster R-CNN is Mask R-CNN without the branch of masks")
    func fasterRCNN() throws {
        let cost = try detector("mask_rcnn/mask-rcnn_r50_fpn_1x_coco", ["model.head.mask=null"])
            .model.total.cost
        #expect(
            agrees(cost.perImage / 1e9, "206.81") && cost.perImage == cost.perImageAtOutputs,
            "\(cost.perImage)")
    }
}
