import DenseKitCore

// Detectors on COCO val2017. The paper's GFLOPs are those of the released code's layers on an image of 1280×800.
extension PaperTable {
    static let table3 = PaperTable(
        name: "table3", paper: denseCLIP, title: "Table 3: RetinaNet on COCO",
        notes: [layersAlone],
        rows: [
            retinaNet("RN50", "IN1K", "239", "38", ["36.3", "55.3", "38.6", "19.3", "40.0", "48.8"]),
            retinaNet("RN50", "CLIP", "265", "38", ["36.9", "57.7", "39.1", "22.5", "40.7", "47.1"]),
            retinaNet("RN50", "DenseCLIP", "285", "60", ["37.8", "59.9", "40.0", "24.8", "42.0", "47.9"]),
            retinaNet("RN101", "IN1K", "315", "57", ["38.5", "57.6", "41.0", "21.7", "42.8", "50.4"]),
            retinaNet("RN101", "CLIP", "341", "57", ["40.5", "61.6", "43.4", "25.6", "44.6", "51.3"]),
            retinaNet("RN101", "DenseCLIP", "360", "78", ["41.1", "63.4", "44.1", "26.9", "45.5", "52.4"]),
        ], classes: 80, size: Size2D(800, 1280), precisions: precisions("bbox", "AP"))

    static let table4 = PaperTable(
        name: "table4", paper: denseCLIP, title: "Table 4: Mask R-CNN on COCO",
        notes: [
            layersAlone,
            "Of Mask R-CNN's second stage counted are 1000 boxes and the first 100 of their masks, as mmdetection's forward_dummy runs them.",
        ],
        rows: [
            maskRCNN(
                "RN50", "IN1K", "275", "44", ["38.2", "58.8", "41.4", "21.9", "40.9", "49.5"],
                ["34.7", "55.7", "37.2", "18.3", "37.4", "47.2"]),
            maskRCNN(
                "RN50", "CLIP", "301", "44", ["39.3", "61.3", "42.7", "24.6", "42.6", "50.1"],
                ["36.8", "58.5", "39.2", "18.6", "39.9", "51.8"]),
            maskRCNN(
                "RN50", "DenseCLIP", "327", "67", ["40.2", "63.2", "43.9", "26.3", "44.2", "51.0"],
                ["37.6", "60.2", "39.8", "20.8", "40.7", "53.7"], reason: scoresAtStride4("5.24")),
            maskRCNN(
                "RN101", "IN1K", "351", "63", ["40.0", "60.5", "44.0", "22.6", "44.0", "52.6"],
                ["36.1", "57.5", "38.6", "18.8", "39.7", "49.5"]),
            maskRCNN(
                "RN101", "CLIP", "377", "63", ["42.2", "64.2", "46.5", "26.4", "46.1", "54.0"],
                ["38.9", "61.4", "41.8", "20.5", "42.3", "55.1"]),
            maskRCNN(
                "RN101", "DenseCLIP", "399", "84", ["42.6", "65.1", "46.5", "27.7", "46.5", "54.2"],
                ["39.6", "62.4", "42.4", "21.4", "43.0", "56.2"], reason: scoresAtStride4("2.62")),
        ], classes: 80, size: Size2D(800, 1280), precisions: precisions("bbox", "box AP") + precisions("segm", "mask AP"))

    private static let layersAlone =
        "GFLOPs are those of a detector's layers: anchors, decoding and suppression cost nothing. Parameters are without the text encoder."

    /// Both rows fit it, and the released code has no such product.
    private static func scoresAtStride4(_ gflops: String) -> String {
        "the paper's GFLOPs do not follow from its released code; they are met where the score map is computed at stride 4 (\(gflops) more)"
    }

    /// COCO's six figures, each with its place in the paper's tables.
    private static func precisions(_ kind: String, _ name: String) -> [Precision] {
        [("AP", ""), ("AP50", "50"), ("AP75", "75"), ("AP_small", "S"), ("AP_medium", "M"), ("AP_large", "L")]
            .map { Precision(kind: kind, measure: $0, name: name + $1) }
    }

    private static func retinaNet(
        _ backbone: String, _ weights: String, _ gflops: Printed, _ parameters: Printed, _ precisions: [Printed]
    ) -> Row {
        row(backbone, weights, "retinanet", precisions, gflops, parameters)
    }

    private static func maskRCNN(
        _ backbone: String, _ weights: String, _ gflops: Printed, _ parameters: Printed, _ boxes: [Printed], _ masks: [Printed],
        reason: String? = nil
    ) -> Row {
        var row = row(backbone, weights, "mask-rcnn", boxes + masks, gflops, parameters)
        (row.count, row.reason) = (.transposedAtOutputs, reason)
        return row
    }

    private static func row(
        _ backbone: String, _ weights: String, _ detector: String, _ precisions: [Printed], _ gflops: Printed,
        _ parameters: Printed
    ) -> Row {
        let model = "r\(backbone.dropFirst(2))_fpn_1x_coco.yaml"
        let folder = detector.replacing("-", with: "_")
        let config =
            switch weights {
            case "DenseCLIP": "denseclip/denseclip_\(detector)_\(model)"
            case "CLIP": "\(folder)/\(detector)_clip-\(model)"
            default: "\(folder)/\(detector)_\(model)"
            }
        return Row(
            group: backbone, name: weights, precisions: precisions, gflops: gflops, parameters: parameters, config: config)
    }
}
