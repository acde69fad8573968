import DenseKit

extension CLIPResNet: PretrainedElsewhere {
    public static var weightFormats: [WeightFormat] { [WeightFormat("OpenAI CLIP", behind: ["visual."])] }
}

extension AttentionPool2d: WeightAdapting {
    /// Positions of another grid are resized bilinearly, the mean's row stays: CLIP's 7×7 for images of 224 becomes 16×16 for 512.
    public func adapted(_ tensor: Tensor, _ key: String, to shape: [Int]) throws -> Tensor? {
        guard key == "positional_embedding", tensor.rank == 2, tensor.size(1) == shape[1] else { return nil }
        let count = tensor.size(0) - 1
        let side = Int(Double(max(count, 0)).squareRoot().rounded())
        guard side > 0, side * side == count else { return nil }
        let square = try tensor.narrowed(0, 1, count).to(.float32).reshaped([1, side, side, shape[1]]).permuted(0, 3, 1, 2)
        let resized = try square.interpolated(to: Pair(grid), .bilinear()).permuted(0, 2, 3, 1).reshaped([grid * grid, shape[1]])
        return try Tensor.cat([try tensor.narrowed(0, 0, 1).to(.float32), resized], dim: 0)
    }
}
