import CDenseKitTorch

// Without dimensions a reduction takes all of them and gives a scalar.
extension Tensor {
    /// Sum over `dims`, or over all elements (a scalar) without any. `[n, c, h, w] → [n, c]` over
    /// dimensions 2 and 3
    ///
    /// - Parameters:
    ///   - dims: to reduce; negative ones count from the last
    ///   - keep: whether the reduced dimensions stay, with length 1
    public func sum(_ dims: Int..., keep: Bool = false) throws -> Tensor {
        try reduced("sum", dims, keep, ct_sum)
    }

    /// Mean over `dims`, or over all elements (a scalar) without any; floating-point tensors only.
    /// `[n, c, h, w] → [n, c]` over dimensions 2 and 3
    ///
    /// - Parameters:
    ///   - dims: to reduce; negative ones count from the last
    ///   - keep: whether the reduced dimensions stay, with length 1
    public func mean(_ dims: Int..., keep: Bool = false) throws -> Tensor {
        try reduced("mean", dims, keep, ct_mean)
    }

    /// Maximum over `dims`, or over all elements (a scalar) without any. `[n, c, h, w] → [n, c]`
    /// over dimensions 2 and 3
    ///
    /// - Parameters:
    ///   - dims: to reduce; negative ones count from the last
    ///   - keep: whether the reduced dimensions stay, with length 1
    public func amax(_ dims: Int..., keep: Bool = false) throws -> Tensor {
        try reduced("amax", dims, keep, ct_amax)
    }

    /// Minimum over `dims`, or over all elements (a scalar) without any. `[n, c, h, w] → [n, c]`
    /// over dimensions 2 and 3
    ///
    /// - Parameters:
    ///   - dims: to reduce; negative ones count from the last
    ///   - keep: whether the reduced dimensions stay, with length 1
    public func amin(_ dims: Int..., keep: Bool = false) throws -> Tensor {
        try reduced("amin", dims, keep, ct_amin)
    }

    /// Euclidean norm over `dims`, or over all elements (a scalar) without any.
    /// `[n, c, h, w] → [n, c]` over dimensions 2 and 3
    ///
    /// - Parameters:
    ///   - dims: to reduce; negative ones count from the last
    ///   - keep: whether the reduced dimensions stay, with length 1
    public func norm(_ dims: Int..., keep: Bool = false) throws -> Tensor {
        try reduced("norm", dims, keep, ct_norm)
    }

    /// What `reduction` of the engine makes of the dimensions `dims`.
    private func reduced(
        _ operation: StaticString, _ dims: [Int], _ keep: Bool,
        _ reduction: (
            ct_tensor?, UnsafePointer<Int64>?, Int64, Bool, UnsafeMutablePointer<ct_tensor?>?
        ) -> Int32
    ) throws -> Tensor {
        try withDims(dims) { dims, rank in
            try make(operation, self) { reduction(handle, dims, rank, keep, $0) }
        }
    }

    /// The maxima along `dim` and their indices (int64). `[n, k, h, w] → [n, h, w]` each, along
    /// dimension 1
    ///
    /// - Parameters:
    ///   - dim: to reduce; a negative one counts from the last
    ///   - keep: whether the dimension stays, with length 1
    public func max(_ dim: Int, keep: Bool = false) throws -> (values: Tensor, indices: Tensor) {
        try makePair("max", self) { ct_max(handle, Int64(dim), keep, $0, $1) }
    }

    /// The minima along `dim` and their indices (int64). `[n, k, h, w] → [n, h, w]` each, along
    /// dimension 1
    ///
    /// - Parameters:
    ///   - dim: to reduce; a negative one counts from the last
    ///   - keep: whether the dimension stays, with length 1
    public func min(_ dim: Int, keep: Bool = false) throws -> (values: Tensor, indices: Tensor) {
        try makePair("min", self) { ct_min(handle, Int64(dim), keep, $0, $1) }
    }

    /// Index of the maximum along `dim`. `[n, k, h, w] → [n, h, w]` int64 along dimension 1
    ///
    /// - Parameters:
    ///   - dim: to reduce; a negative one counts from the last
    ///   - keep: whether the dimension stays, with length 1
    public func argmax(_ dim: Int, keep: Bool = false) throws -> Tensor {
        try make("argmax", self) { ct_argmax(handle, Int64(dim), keep, $0) }
    }

    /// Softmax along `dim`: the elements are positive and sum to 1. `[…] → […]`
    public func softmax(_ dim: Int) throws -> Tensor {
        try make("softmax", self) { ct_softmax(handle, Int64(dim), $0) }
    }
    /// Logarithm of the softmax along `dim`, computed in one stable step. `[…] → […]`
    public func logSoftmax(_ dim: Int) throws -> Tensor {
        try make("log_softmax", self) { ct_log_softmax(handle, Int64(dim), $0) }
    }

    /// The tensor divided by its Euclidean norm along `dim`, which counts as at least `eps`
    /// (PyTorch's `F.normalize`). `[…] → […]`
    public func normalized(_ dim: Int, eps: Double = 1e-12) throws -> Tensor {
        // In float16 squares overflow, and eps is 0.
        let wide = dtype == .float16 ? try to(.float32) : self
        return try self / wide.norm(dim, keep: true).clamped(eps)
    }
}
