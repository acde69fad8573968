extension PaperTable {
    /// Backbones that never saw text.
    static let table5 = PaperTable(
        name: "table5", paper: denseCLIP, title: "Table 5: DenseCLIP on any backbone, ADE20K",
        notes: [
            "The paper prints no complexity for this table, and its code is not released: the missing part here is an attention pool of the "
                + "text's width on the last stage."
        ],
        rows: [
            Row(
                group: "Semantic FPN", name: "RN50", singleScale: "38.6", multiScale: "40.6",
                config: "semantic_fpn/fpn_r50_ade20k_80k_512x512.yaml"),
            Row(
                group: "Semantic FPN", name: "RN50 + DenseCLIP", singleScale: "41.0", multiScale: "43.0",
                config: "denseclip/denseclip_fpn_in1k-r50_ade20k_80k_512x512.yaml"),
            Row(
                group: "Semantic FPN", name: "RN101", singleScale: "40.4", multiScale: "42.3",
                config: "semantic_fpn/fpn_r101_ade20k_80k_512x512.yaml"),
            Row(
                group: "Semantic FPN", name: "RN101 + DenseCLIP", singleScale: "43.0", multiScale: "45.2",
                config: "denseclip/denseclip_fpn_in1k-r101_ade20k_80k_512x512.yaml"),
            Row(
                group: "UperNet", name: "Swin-T", singleScale: "44.5", multiScale: "45.8",
                config: "upernet/upernet_swin-t_ade20k_160k_512x512.yaml"),
            Row(
                group: "UperNet", name: "Swin-T + DenseCLIP", singleScale: "45.4", multiScale: "46.5",
                config: "denseclip/denseclip_upernet_swin-t_ade20k_160k_512x512.yaml"),
            Row(
                group: "UperNet", name: "Swin-S", singleScale: "47.6", multiScale: "49.5",
                config: "upernet/upernet_swin-s_ade20k_160k_512x512.yaml"),
            Row(
                group: "UperNet", name: "Swin-S + DenseCLIP", singleScale: "48.3", multiScale: "49.7",
                config: "denseclip/denseclip_upernet_swin-s_ade20k_160k_512x512.yaml"),
        ])
}
