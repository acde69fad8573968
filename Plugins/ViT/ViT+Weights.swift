import DenseKitCore

extension ViT: ExternalWeights, WeightAdapting {
    /// The checkpoints of other projects that load into a ViT: timm's and DeiT's, torchvision's,
    /// and mmsegmentation's backbones. Classifiers, and what masked autoencoders add, are dropped.
    public static var weightFormats: [WeightFormat] {
        [
            WeightFormat(
                "timm or DeiT ViT", dropping: WeightFormat.heads + ["norm.", "fc_norm."] + masked
            ) { timm.renamed($0) },
            WeightFormat("torchvision ViT", dropping: WeightFormat.heads + ["encoder.ln."]) {
                torchvision.renamed($0)
            },
            WeightFormat("mmsegmentation", behind: ["backbone."], dropping: ["ln1."]),
        ]
    }

    /// The parts of masked autoencoders beside the encoder.
    private static let masked = ["mask_token", "decoder_"]

    /// The beginnings of the pyramid's keys, which checkpoints of a classifier do not have.
    public static var unpublishedKeys: [String] { TransformerPyramid.checkpointKeys }

    /// Position embeddings of another grid, resized: 14×14 for images of 224 pixels becomes 32×32
    /// for 512, `[1, 197, d] → [1, 1025, d]`. The row of the class token stays. Nil for any other
    /// tensor.
    public func adapted(_ tensor: Tensor, _ key: String, to shape: [Int]) throws -> Tensor? {
        guard key == "pos_embed", tensor.rank == 3, tensor.size(0) == 1, tensor.size(2) == shape[2]
        else { return nil }
        let rows = try tensor.selected(0, 0).to(.float32)
        guard let side = rows.gridSide else { return nil }
        return try rows.resizedGrid(from: side, to: Size2D(grid), interpolation.mode).unsqueezed(0)
    }

    /// How another project calls what is in a Vision Transformer.
    private struct Names {
        /// Beginnings of keys outside the blocks, and ours.
        let outside: [(String, String)]
        /// The part of the key before a block's number.
        let block: String
        /// Beginnings of keys behind a block's number, and ours.
        let inside: [(String, String)]

        func renamed(_ key: String) -> String? {
            guard key.hasPrefix(block) else { return replaced(key[...], outside) }
            let rest = key.dropFirst(block.count)
            guard let dot = rest.firstIndex(of: "."),
                let name = replaced(rest[rest.index(after: dot)...], inside)
            else {
                return nil
            }
            return "layers.\(rest[..<dot]).\(name)"
        }

        private func replaced(_ key: Substring, _ table: [(String, String)]) -> String? {
            table.first { key.hasPrefix($0.0) }.map { $0.1 + key.dropFirst($0.0.count) }
        }
    }

    private static let timm = Names(
        outside: [
            ("cls_token", "cls_token"), ("pos_embed", "pos_embed"),
            ("patch_embed.proj.", "patch_embed.projection."),
            ("norm.", "ln1."),
        ],
        block: "blocks.",
        inside: [
            ("norm1.", "ln1."), ("norm2.", "ln2."), ("attn.qkv.weight", "attn.attn.in_proj_weight"),
            ("attn.qkv.bias", "attn.attn.in_proj_bias"), ("attn.proj.", "attn.attn.out_proj."),
            ("mlp.fc1.", "ffn.layers.0.0."),
            ("mlp.fc2.", "ffn.layers.1."),
        ])

    private static let torchvision = Names(
        outside: [
            ("class_token", "cls_token"), ("encoder.pos_embedding", "pos_embed"),
            ("conv_proj.", "patch_embed.projection."),
            ("encoder.ln.", "ln1."),
        ],
        block: "encoder.layers.encoder_layer_",
        inside: [
            ("ln_1.", "ln1."), ("ln_2.", "ln2."), ("self_attention.", "attn.attn."),
            ("mlp.0.", "ffn.layers.0.0."),
            ("mlp.3.", "ffn.layers.1."), ("mlp.linear_1.", "ffn.layers.0.0."),
            ("mlp.linear_2.", "ffn.layers.1."),
        ])
}
