// CLIP-SP's tables on ADE20K, single scale. Rows with a star were trained by the paper's authors: 160,000 iterations of 16 images.
extension PaperTable {
    static let clipSPTables = [clipSPTable1, clipSPTable2, clipSPTable3, clipSPTable4, clipSPTable5, clipSPTable6, clipSPTable7]

    private static let clipSPPaper = "Li et al., CLIP-SP: Vision-language Model with Adaptive Prompting for Scene Parsing"
    private static let clipSPGroup = "CLIP-SP, RN50"
    private static let clipSPName = "clip_sp/clip-sp_fpn_r50_ade20k_160k_512x512"

    /// A model with ResNet-50; `suffix` tells a run of the ablations apart.
    private static func clipSPRow(_ name: String, _ score: Printed, _ suffix: String? = nil) -> Row {
        guard let suffix else { return Row(group: clipSPGroup, name: name, singleScale: score, config: clipSPName + ".yaml") }
        return Row(
            group: clipSPGroup, name: name, singleScale: score, config: "clip_sp/clip-sp_ablations.yaml",
            run: "clip-sp_fpn_r50_ade20k_160k_512x512\(suffix)")
    }

    private static let clipSPTable2 = PaperTable(
        name: "clip-sp-table2", paper: clipSPPaper, title: "Table 2: multi-label decoder and batch drop",
        rows: [
            Row(
                group: "Semantic FPN", name: "baseline", singleScale: "39.52",
                config: "clip_sp/fpn_clip-r50_ade20k_160k_512x512.yaml"),
            clipSPRow("MLP decoder", "43.14", "_mlp"), clipSPRow("Dual GraphFormer", "44.06", "_no-batch-drop"),
            clipSPRow("Dual GraphFormer, batch drop", "44.59"),
        ])

    private static let clipSPTable3 = PaperTable(
        name: "clip-sp-table3", paper: clipSPPaper, title: "Table 3: blocks of Dual GraphFormer",
        rows: [clipSPRow("1", "43.25", "_blocks1"), clipSPRow("3", "44.59"), clipSPRow("5", "42.25", "_blocks5")])

    private static let clipSPTable4 = PaperTable(
        name: "clip-sp-table4", paper: clipSPPaper, title: "Table 4: k, labels of an image",
        rows: [
            clipSPRow("20", "43.96", "_k20"), clipSPRow("25", "44.09", "_k25"), clipSPRow("30", "44.59"),
            clipSPRow("35", "43.49", "_k35"), clipSPRow("40", "44.22", "_k40"), clipSPRow("150", "43.65", "_k150"),
        ])

    private static let clipSPTable5 = PaperTable(
        name: "clip-sp-table5", paper: clipSPPaper, title: "Table 5: batch drop, share of images at the start and at the end",
        rows: [
            clipSPRow("1.0, 0.0", "43.69", "_drop1.0-0.0"), clipSPRow("0.9, 0.0", "44.19", "_drop0.9-0.0"),
            clipSPRow("0.8, 0.0", "43.38", "_drop0.8-0.0"), clipSPRow("0.9, 0.1", "44.59"),
            clipSPRow("0.9, 0.2", "43.75", "_drop0.9-0.2"),
        ])

    private static let clipSPTable6 = PaperTable(
        name: "clip-sp-table6", paper: clipSPPaper, title: "Table 6: classes that profit from more labels",
        notes: [
            "The paper prints the IoU of ten classes: counter, skyscraper, blind, bar, ottoman, canopy, oven, tank, tradename, lake.",
            "k = 20: 24.83, 44.24, 38.04, 18.67, 35.62, 11.14, 33.46, 28.03, 18.31, 39.79.",
            "k = 30: 27.63, 54.36, 44.63, 22.95, 40.77, 19.14, 40.59, 37.64, 22.5, 53.47.",
            "k = 40: 33.05, 58.22, 47.01, 49.32, 45.91, 19.24, 56.38, 38.79, 26.82, 57.8.",
            "The scores in the table are the mIoU of the same models (Table 4); densekit test prints the IoU of every class.",
        ],
        rows: [clipSPRow("20", "43.96", "_k20"), clipSPRow("30", "44.59"), clipSPRow("40", "44.22", "_k40")])

    private static let clipSPTable7 = PaperTable(
        name: "clip-sp-table7", paper: clipSPPaper, title: "Table 7: weights of the losses, λ₁ and λ₂",
        rows: [
            clipSPRow("1.0, 1.0", "43.60", "_lambda1.0-1.0"), clipSPRow("5.0, 1.0", "43.68", "_lambda5.0-1.0"),
            clipSPRow("10.0, 1.0", "43.85", "_lambda10.0-1.0"), clipSPRow("1.0, 0.4", "44.08", "_lambda1.0-0.4"),
            clipSPRow("1.0, 0.6", "43.72", "_lambda1.0-0.6"), clipSPRow("10.0, 0.4", "44.59"),
        ])

    private static let clipSPTable1 = PaperTable(
        name: "clip-sp-table1", paper: clipSPPaper, title: "Table 1: semantic segmentation on ADE20K",
        notes: [
            "Rows with a star are the authors' own runs: 160,000 iterations of 16 images.",
            "Parameters are those of a model with its auxiliary head, and without the text encoder, whose result is kept.",
        ],
        rows: [
            printed("ResNet-50", "FCN", "36.10", "793", "50"), printed("ResNet-50", "EncNet", "40.10", "566", "36"),
            printed("ResNet-50", "PSPNet", "42.48", "716", "49"), printed("ResNet-50", "CCNet", "42.08", "804", "50"),
            printed("ResNet-50", "DeeplabV3+", "43.95", "712", "44"),
            printed("ResNet-50", "UperNet", "42.05", "953", "67", "upernet/upernet_r50_ade20k_160k_512x512.yaml"),
            printed("ResNet-50", "DNL", "41.87", "939", "50"),
            printed("ResNet-50", "Semantic FPN", "37.49", "227", "31", "semantic_fpn/fpn_r50_ade20k_80k_512x512.yaml"),
            printed("ResNet-50", "Semantic FPN*", "39.52", "249", "31", "clip_sp/fpn_clip-r50_ade20k_160k_512x512.yaml"),
            printed(
                "ResNet-50", "DenseCLIP + Semantic FPN*", "43.45", "269", "50",
                "clip_sp/denseclip_fpn_r50_ade20k_160k_512x512.yaml",
                reason:
                    "DenseCLIP's own paper prints 269.2, without the last resize to the image's size (0.63), which its other rows have"
            ),
            printed("ResNet-50", "CLIP-SP + Semantic FPN*", "44.59", "260", "65", clipSPName + ".yaml"),
            printed("ResNet-101", "Semantic FPN", "40.37", "305", "50", "semantic_fpn/fpn_r101_ade20k_80k_512x512.yaml"),
            printed("ResNet-101", "Semantic FPN*", "42.72", "327", "50", "clip_sp/fpn_clip-r101_ade20k_160k_512x512.yaml"),
            printed(
                "ResNet-101", "DenseCLIP + Semantic FPN*", "45.09", "346", "68",
                "clip_sp/denseclip_fpn_r101_ade20k_160k_512x512.yaml"),
            printed(
                "ResNet-101", "CLIP-SP + Semantic FPN*", "46.24", "334", "71",
                "clip_sp/clip-sp_fpn_r101_ade20k_160k_512x512.yaml"),
            printed("ViT-B", "Semantic FPN", "48.32", "1037", "101", "semantic_fpn/fpn_vit-b_ade20k_80k_640x640.yaml"),
            printed("ViT-B", "Semantic FPN*", "49.06", "1037", "101", "clip_sp/fpn_clip-vit-b_ade20k_160k_512x512.yaml"),
            printed(
                "ViT-B", "DenseCLIP + Semantic FPN*", "50.58", "1043", "105",
                "clip_sp/denseclip_fpn_vit-b_ade20k_160k_512x512.yaml"),
            printed(
                "ViT-B", "CLIP-SP + Semantic FPN*", "51.46", "1039", "106", "clip_sp/clip-sp_fpn_vit-b_ade20k_160k_512x512.yaml"),
        ])

    /// A row of Table 1. With ViT-B the paper counts transposed convolutions at the positions of their results.
    private static func printed(
        _ group: String, _ name: String, _ score: Printed, _ gflops: Printed, _ parameters: Printed, _ config: String? = nil,
        reason: String? = nil
    ) -> Row {
        Row(
            group: group, name: name, singleScale: score, gflops: gflops, parameters: parameters, config: config,
            count: group == "ViT-B" ? .transposedAtOutputs : .fvcore, reason: reason)
    }
}
