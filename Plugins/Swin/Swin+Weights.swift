import DenseKitCore

extension Swin: ExternalWeights {
    /// The checkpoints of other projects that load into a Swin Transformer: the official ones,
    /// timm's and torchvision's. All of them stack the 2×2 positions of patch merging before the
    /// channels, and are reordered: mmsegmentation, and this project, stack the channels first.
    public static var weightFormats: [WeightFormat] {
        [
            WeightFormat("Swin Transformer", dropping: unneeded, value: reordered) { key in
                official(key)
            },
            // Since 0.9 timm merges patches where the next stage begins.
            WeightFormat("timm Swin", dropping: unneeded, value: reordered) { key in
                official(key, merges: -1)
            },
            WeightFormat(
                "torchvision Swin", dropping: unneeded, value: reordered, key: torchvision),
        ]
    }

    /// The beginnings of the keys of the four output norms: a classifier has one norm, at its end.
    public static var unpublishedKeys: [String] { ["norm0", "norm1", "norm2", "norm3"] }

    /// A classifier with the norm before it, and what masked training adds.
    private static let unneeded = WeightFormat.heads + ["norm.", "mask_token", "decoder."]

    /// A key of the official repository, its detectors' and segmentors' backbones, and of timm.
    ///
    /// - Parameter merges: what leads from the number of a `downsample` to the stage that it ends
    private static func official(_ key: String, merges: Int = 0) -> String? {
        let parts = key.split(separator: ".").map(String.init)
        switch parts.first {
        case "norm0", "norm1", "norm2", "norm3": return key
        case "patch_embed":
            return key.replacing("patch_embed.proj.", with: "patch_embed.projection.")
        case "layers":
            guard parts.count > 3, let stage = Int(parts[1]) else { return nil }
            if parts[2] == "downsample" {
                let (ended, overflows) = stage.addingReportingOverflow(merges)
                return overflows
                    ? nil : "stages.\(ended).downsample." + parts[3...].joined(separator: ".")
            }
            guard parts[2] == "blocks", parts.count > 4 else { return nil }
            return block("stages.\(stage).blocks.\(parts[3]).", parts[4...], mlp: ["fc1", "fc2"])
        default: return nil
        }
    }

    /// A key of torchvision: stages and what lies between them are `features` in order.
    private static func torchvision(_ key: String) -> String? {
        let parts = key.split(separator: ".").map(String.init)
        guard parts.count > 3, parts[0] == "features", let place = Int(parts[1]), 0..<8 ~= place
        else { return nil }
        let rest = parts[2...]
        if place == 0 {
            let names = ["0": "projection", "2": "norm"]
            return names[parts[2]].map {
                "patch_embed.\($0)." + rest.dropFirst().joined(separator: ".")
            }
        }
        let stage = (place - 1) / 2
        if place.isMultiple(of: 2) {
            return "stages.\(stage).downsample." + rest.joined(separator: ".")
        }
        return block("stages.\(stage).blocks.\(parts[2]).", rest.dropFirst(), mlp: ["0", "3"])
    }

    /// A key within a block, whose attention and perceptron lie one level deeper in mmsegmentation.
    private static func block(_ path: String, _ key: ArraySlice<String>, mlp: [String]) -> String? {
        let rest = key.dropFirst().joined(separator: ".")
        switch key.first {
        case "attn": return path + "attn.w_msa." + rest
        case "mlp":
            guard let layer = key.dropFirst().first.flatMap({ mlp.firstIndex(of: $0) }),
                let kind = key.last
            else { return nil }
            return path + (layer == 0 ? "ffn.layers.0.0." : "ffn.layers.1.") + kind
        default: return path + key.joined(separator: ".")
        }
    }

    /// The inputs of patch merging from column, row, channel to channel, row, column; other tensors
    /// as they are.
    private static func reordered(_ key: String, _ tensor: Tensor) throws -> Tensor {
        guard key.contains(".downsample."), let inputs = tensor.shape.last, inputs > 0,
            inputs.isMultiple(of: 4)
        else {
            return tensor
        }
        return try tensor.reshaped([-1, 2, 2, inputs / 4]).permuted(0, 3, 2, 1).reshaped(
            tensor.shape)
    }
}

extension Swin.Block: Deriving {
    /// The mask of shifted windows, which the official project stores for one size of images.
    var derivedKeys: [String] { ["attn_mask"] }
}

extension Swin.WindowAttention: WeightAdapting, Deriving {
    /// The table's places, which most projects store.
    var derivedKeys: [String] { ["relative_position_index"] }

    /// The biases of another window size are resized bicubically, head by head, as the official
    /// code does.
    func adapted(_ tensor: Tensor, _ key: String, to shape: [Int]) throws -> Tensor? {
        guard key == "relative_position_bias_table", tensor.rank == 2, tensor.size(1) == heads
        else { return nil }
        let side = Int(Double(tensor.size(0)).squareRoot().rounded())
        guard side > 0, side * side == tensor.size(0), !side.isMultiple(of: 2) else { return nil }
        let square = try tensor.to(.float32).transposed(0, 1).reshaped([1, heads, side, side])
        let resized = try square.interpolated(to: Size2D(2 * window - 1), .bicubic())
        return try resized.reshaped([heads, -1]).transposed(0, 1)
    }
}
