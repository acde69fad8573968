import CDenseKitTorch

// Equal elements keep their order, on every device; what is not a number counts as the largest.
extension Tensor {
    /// The elements sorted along `dim`, and their former indices (int64). Equal elements keep their
    /// order on every device; not-a-number counts as the largest. `[…] → […]` each
    public func sorted(_ dim: Int = -1, descending: Bool = false) throws -> (
        values: Tensor, indices: Tensor
    ) {
        try makePair("sort", self) { ct_sort(handle, Int64(dim), descending, $0, $1) }
    }

    /// The `count` largest elements along `dim`, largest first, and their indices (int64). Equal
    /// elements keep their order on every device; not-a-number counts as the largest.
    /// `[…, d] → […, count]` each, along the last dimension
    ///
    /// - Parameters:
    ///   - count: at most the length of `dim`
    ///   - dim: to search; a negative one counts from the last
    public func topK(_ count: Int, _ dim: Int = -1) throws -> (values: Tensor, indices: Tensor) {
        try makePair("topk", self) { ct_topk(handle, Int64(count), Int64(dim), $0, $1) }
    }

    /// Indices of all elements that are true, or not 0, in row-major order: one row for each.
    /// `[k, rank]` int64
    public func nonzero() throws -> Tensor { try make("nonzero", self) { ct_nonzero(handle, $0) } }
}
