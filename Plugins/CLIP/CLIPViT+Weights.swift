import DenseKitCore

extension CLIPViT: ExternalWeights, WeightAdapting {
    public static var weightFormats: [WeightFormat] {
        // What leads to the space of the text, where it is not wanted.
        [WeightFormat("OpenAI CLIP", behind: ["visual."], dropping: ["ln_post.", "proj"])]
    }
    public static var unpublishedKeys: [String] { TransformerPyramid.checkpointKeys }

    /// Positions of another grid are resized bilinearly, the class embedding's row stays: CLIP's 14×14 for images of 224 becomes 40×40 for 640.
    public func adapted(_ tensor: Tensor, _ key: String, to shape: [Int]) throws -> Tensor? {
        guard key == "positional_embedding", let side = tensor.gridSide, tensor.size(1) == shape[1] else { return nil }
        return try tensor.to(.float32).resizedGrid(from: side, to: Size2D(grid))
    }
}
