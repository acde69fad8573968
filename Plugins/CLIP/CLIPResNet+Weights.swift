import DenseKitCore

extension CLIPResNet: ExternalWeights {
    /// OpenAI CLIP's files: tensors behind `visual.`; without `attention_pool` those of `attnpool.`
    /// are not used.
    public static var weightFormats: [WeightFormat] {
        [WeightFormat("OpenAI CLIP", behind: ["visual."], dropping: ["attnpool."])]
    }
}

extension AttentionPool2d: WeightAdapting {
    /// Position embeddings for another grid, resized bilinearly: CLIP's 7×7 for images of 224
    /// pixels becomes 16×16 for 512, `[50, d] → [257, d]`. The mean's row stays. Nil for other
    /// keys and shapes that do not fit.
    public func adapted(_ tensor: Tensor, _ key: String, to shape: [Int]) throws -> Tensor? {
        guard key == "positional_embedding", let side = tensor.gridSide, tensor.size(1) == shape[1]
        else { return nil }
        return try tensor.to(.float32).resizedGrid(from: side, to: Size2D(grid))
    }
}
