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

    @Test(
        "RetinaNet: without and with the text encoder",
        arguments: [
            ("retinanet/retinanet_r50_fpn_1x_coco", "37.969", "37.969", "238.99"),
            ("retinanet/retinanet_clip-r50_fpn_1x_coco", "37.988", "37.988", "265.17"),
            ("denseclip/denseclip_retinanet_r50_fpn_1x_coco", "60.449", "124.106", "285.18"),
            ("retinanet/retinanet_r101_fpn_1x_coco", "56.961", "56.961", "314.96"),
            ("retinanet/retinanet_clip-r101_fpn_1x_coco", "56.980", "56.980", "341.14"),
            ("denseclip/denseclip_retinanet_r101_fpn_1x_coco", "77.995", "141.391", "359.90"),
        ] as [(String, String, String, String)])
    func retinaNet(_ config: String, _ parameters: String, _ all: String, _ gflops: String) throws {
        let found = try detector(config)
        let total = found.model.total
        #expect(
            agrees(Double(found.parametersPerImage) / 1e6, parameters),
            "\(found.parametersPerImage)")
        #expect(agrees(Double(total.parameters) / 1e6, all), "\(total.parameters)")
        #expect(agrees(total.cost.perImage / 1e9, gflops), "\(total.cost.perImage)")
        let head = try #require(found.model["bbox_head"]).total.cost.perImage / 1e9
        #expect(agrees(head, "137.80"), "\(head)")
        let neck = try #require(found.model["neck"]).total.cost.perImage / 1e9
        #expect(agrees(neck, config.contains("denseclip") ? "17.40" : "17.33"), "\(neck)")
    }

    @Test("Stem and first stage are not trained; weights of other stages' batch norms are")
    func trainedParameters() throws {
        let experiment = try ShippedExperiment.named("retinanet/retinanet_r50_fpn_1x_coco")
            .experiment(overrides: [])
        let classes = ClassList(names: (0..<80).map { "class \($0)" })
        let parameters = try withDevice(.meta) { try experiment.model(classes).namedParameters() }
        let frozen = parameters.filter { !$0.tensor.requiresGrad }
        #expect(frozen.count == 33 && frozen.allSatisfy { $0.name.hasPrefix("backbone.") })
        let trained = parameters.filter { $0.tensor.requiresGrad }.reduce(0) {
            $0 + $1.tensor.count
        }
        #expect(agrees(Double(trained) / 1e6, "37.743"), "\(trained)")
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
