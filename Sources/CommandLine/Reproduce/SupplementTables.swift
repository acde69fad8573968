// The supplement's tables 1, 2 and 3, which stand in the full paper as 6, 7 and 8. Single scale; ResNet-50 with Semantic FPN.
extension PaperTable {
    private static let model = "denseclip/denseclip_fpn_r50_ade20k_80k_512x512.yaml"

    static let table6 = PaperTable(
        name: "table6", paper: denseCLIP, title: "Table 6: multipliers of the learning rate",
        rows: [
            Row(group: "DenseCLIP, RN50", name: "text encoder 0.0, image encoder 0.1", singleScale: "43.5", config: model),
            Row(
                group: "DenseCLIP, RN50", name: "text encoder 0.0, image encoder 1.0", singleScale: "42.6",
                config: "denseclip/denseclip_ablations.yaml",
                run: "denseclip_fpn_r50_ade20k_80k_512x512_backbone-lr1"),
            Row(
                group: "DenseCLIP, RN50", name: "text encoder 0.1, image encoder 0.1", singleScale: "42.2",
                config: "denseclip/denseclip_ablations.yaml",
                run: "denseclip_fpn_r50_ade20k_80k_512x512_text-lr0.1"),
        ])

    static let table7 = PaperTable(
        name: "table7", paper: denseCLIP, title: "Table 7: optimised textual contexts",
        rows: [
            Row(
                group: "DenseCLIP, RN50", name: "a photo of a [CLS].", singleScale: "42.9",
                config: "denseclip/denseclip_ablations.yaml",
                run: "denseclip_fpn_r50_ade20k_80k_512x512_template"),
            Row(group: "DenseCLIP, RN50", name: "learned contexts (CoOp)", singleScale: "43.5", config: model),
        ])

    static let table8 = PaperTable(
        name: "table8", paper: denseCLIP, title: "Table 8: the residual coefficient γ",
        rows: [
            Row(
                group: "DenseCLIP, RN50", name: "1e-4, fixed", singleScale: "42.6",
                config: "denseclip/denseclip_ablations.yaml",
                run: "denseclip_fpn_r50_ade20k_80k_512x512_gamma-fixed"),
            Row(group: "DenseCLIP, RN50", name: "1e-4, learned", singleScale: "43.5", config: model),
            Row(
                group: "DenseCLIP, RN50", name: "1.0, learned", singleScale: "42.8",
                config: "denseclip/denseclip_ablations.yaml",
                run: "denseclip_fpn_r50_ade20k_80k_512x512_gamma1"),
        ])
}
