// Tokens on a grid, row by row, behind one that belongs to no place: a class token, or a mean.
extension Tensor {
    /// The positions of a map as tokens, row by row. `[n, c, h, w] → [n, h · w, c]`
    public func asTokens() throws -> Tensor {
        try permuted(0, 2, 3, 1).reshaped([size(0), size(2) * size(3), size(1)])
    }

    /// The tokens of a grid as a map, without the first token (a class token or a mean).
    /// `[n, 1 + h · w, c] → [n, c, h, w]`, channels-last
    public func asMap(_ grid: Size2D) throws -> Tensor {
        let places = try narrowed(1, 1, grid.height * grid.width)
        return try places.reshaped([size(0), grid.height, grid.width, size(2)]).permuted(0, 3, 1, 2)
            .channelsLast()
    }

    /// Side of the square grid of position embeddings `[1 + side², c]`, whose first row belongs to
    /// no position; nil for a tensor that has no such shape.
    public var gridSide: Int? {
        guard rank == 2, size(0) > 1 else { return nil }
        let side = Int(Double(size(0) - 1).squareRoot().rounded())
        return side * side == size(0) - 1 ? side : nil
    }

    /// Position embeddings of a square grid, resized to another grid; the first row stays.
    /// `[1 + side², c] → [1 + h · w, c]`
    public func resizedGrid(from side: Int, to grid: Size2D, _ mode: Interpolation = .bilinear())
        throws -> Tensor
    {
        // Other frameworks resize, and count it, in any case.
        guard grid != Size2D(side) || OperationCounter.isCounting else { return self }
        let square = try narrowed(0, 1, side * side).reshaped([1, side, side, size(1)]).permuted(
            0, 3, 1, 2)
        let resized = try OperationCounter.scope(of: self) {
            try square.interpolated(to: grid, mode)
        }
        let rows = try resized.permuted(0, 2, 3, 1).reshaped([grid.height * grid.width, size(1)])
        return try Tensor.cat([narrowed(0, 0, 1), rows], dim: 0)
    }
}
