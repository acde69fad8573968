import DenseKitCore

/// How a learned grid of position embeddings is fitted to a map of another size, by the names in
/// YAML.
public enum GridPositions: String, Codable, Sendable, CaseIterable {
    /// Bilinear resizing, for segmentation.
    case resize
    /// The grid's top left corner, for detection; a map larger than the grid is an error.
    case crop
}

/// CLIP's attention pool, at every position: self-attention of the mean and all positions of a map,
/// projected to the space of the text. (Radford et al. 2021; the local outputs are DenseCLIP's,
/// section 3.2)
///
/// `[n, c, h, w] → global [n, d], local [n, d, h, w]`
public final class AttentionPool2d: Module {
    @Parameter var positionalEmbedding: Tensor  // [1 + grid², c]; row 0 belongs to the mean
    let attention: CrossAttention
    let grid: Int
    let positions: GridPositions

    override public var keys: [String: String] { ["attention": ""] }

    /// Weights start as CLIP's do, from a normal distribution of std `channels^-½`.
    ///
    /// - Parameters:
    ///   - channels: c of the map, a multiple of `heads`
    ///   - inputResolution: side of the images, in pixels, that the square grid of positions
    ///     belongs to, 32…32768: one position for every 32 pixels
    ///   - heads: attention heads
    ///   - output: d, the width of the embeddings, 1…65536
    ///   - positions: how the grid is fitted to a map of another size
    /// - Throws: `SettingError` for values out of range.
    public init(
        _ channels: Int, inputResolution: Int, heads: Int, output: Int,
        positions: GridPositions = .resize
    ) throws {
        try SettingError.check("input_resolution", inputResolution, in: 32...32768)
        let grid = inputResolution / 32
        try SettingError.check("output_dim", output, in: 1...65536)
        guard heads > 0, channels.isMultiple(of: heads) else {
            throw SettingError(
                key: "heads", "\(channels) channels cannot be shared by \(heads) attention heads")
        }
        let std = 1 / Double(channels).squareRoot()
        positionalEmbedding = try Tensor.empty([1 + grid * grid, channels]).normalInPlace(std: std)
        attention = try CrossAttention(
            channels, output: output, heads: heads, bias: true, outputKey: "c_proj")
        self.grid = grid
        self.positions = positions
        super.init()
        for layer in [attention.qProj, attention.kProj, attention.vProj, attention.proj] {
            try layer.weight.normalInPlace(std: std)  // as CLIP starts them
        }
    }

    /// The embedding of the whole map, `[n, d]`, and that of every position, `[n, d, h, w]`.
    ///
    /// - Parameter map: `[n, c, h, w]`
    /// - Throws: `SettingError` for a map larger than the grid, with `GridPositions.crop`.
    public func callAsFunction(_ map: Tensor) throws -> (global: Tensor, local: Tensor) {
        let h = map.size(2)
        let w = map.size(3)
        let pixels = try map.asTokens()
        // [n, 1 + hw, c]
        let tokens =
            try Tensor.cat([pixels.mean(1, keep: true), pixels], dim: 1) + positionRows(h, w)
        let output = try attention(tokens, tokens)  // [n, 1 + hw, d]
        return try (output.selected(1, 0), output.asMap(Size2D(h, w)))
    }

    /// The embedding of the mean and of every position of an h × w map. `[1 + hw, c]`
    private func positionRows(_ h: Int, _ w: Int) throws -> Tensor {
        switch positions {
        case .resize:
            return try positionalEmbedding.resizedGrid(from: grid, to: Size2D(h, w))
        case .crop:
            guard h <= grid, w <= grid else {
                throw SettingError(
                    "a map of \(h)×\(w) is larger than the grid of \(grid)×\(grid) positions: raise input_resolution, or use "
                        + "positions: resize")
            }
            let c = positionalEmbedding.size(1)
            let square = try positionalEmbedding.narrowed(0, 1, grid * grid).reshaped([
                1, grid, grid, c,
            ])
            let rows = try square.narrowed(1, 0, h).narrowed(2, 0, w).reshaped([h * w, c])
            return try Tensor.cat([positionalEmbedding.narrowed(0, 0, 1), rows], dim: 0)
        }
    }
}
