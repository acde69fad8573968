import DenseKitCore

extension CLIPViT: ExternalWeights, WeightAdapting {
    /// OpenAI CLIP's files: tensors behind `visual.`; without `embeddings` the last norm and the
    /// projection to the space of the text are not used.
    public static var weightFormats: [WeightFormat] {
        // What leads to the space of the text, where it is not wanted.
        [WeightFormat("OpenAI CLIP", behind: ["visual."], dropping: ["ln_post.", "proj"])]
    }
    /// The pyramid's keys, which CLIP's files lack: those layers start untrained.
    public static var unpublishedKeys: [String] { TransformerPyramid.checkpointKeys }

    /// Position embeddings for another grid, resized bilinearly: CLIP's 14×14 for images of 224
    /// pixels becomes 40×40 for 640, `[197, d] → [1601, d]`. The class embedding's row stays. Nil
    /// for other keys and shapes that do not fit.
    public func adapted(_ tensor: Tensor, _ key: String, to shape: [Int]) throws -> Tensor? {
        guard key == "positional_embedding", let side = tensor.gridSide, tensor.size(1) == shape[1]
        else { return nil }
        return try tensor.to(.float32).resizedGrid(from: side, to: Size2D(grid))
    }
}
