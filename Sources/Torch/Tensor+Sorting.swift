import CDenseKitTorch

// Equal elements keep their order, on every device; what is not a number counts as the largest.
extension Tensor {
    /// The elements along `dim` in order, and where they stood (int64).
    public func sorted(_ dim: Int = -1, descending: Bool = false) throws -> (values: Tensor, indices: Tensor) {
        try makePair("sort", self) { ct_sort(handle, Int64(dim), descending, $0, $1) }
    }

    /// The `count` largest elements along `dim`, the largest first, and where they stood (int64). `count` is at most the length.
    public func topK(_ count: Int, _ dim: Int = -1) throws -> (values: Tensor, indices: Tensor) {
        try makePair("topk", self) { ct_topk(handle, Int64(count), Int64(dim), $0, $1) }
    }

    /// Where elements are true, or not 0: a row of indices for each, in row-major order. `[k, rank]` int64
    public func nonzero() throws -> Tensor { try make("nonzero", self) { ct_nonzero(handle, $0) } }
}
