import DenseKitCore

extension CLIPResNet: ExternalWeights {
    public static var weightFormats: [WeightFormat] {
        [WeightFormat("OpenAI CLIP", behind: ["visual."], dropping: ["attnpool."])]
    }
}

extension AttentionPool2d: WeightAdapting {
    /// Positions of another grid are resized bilinearly, the mean's row stays: CLIP's 7×7 for images of 224 becomes 16×16 for 512.
    public func adapted(_ tensor: Tensor, _ key: String, to shape: [Int]) throws -> Tensor? {
        guard key == "positional_embedding", let side = tensor.gridSide, tensor.size(1) == shape[1] else { return nil }
        return try tensor.to(.float32).resizedGrid(from: side, to: Size2D(grid))
    }
}
