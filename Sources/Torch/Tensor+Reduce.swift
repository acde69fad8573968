import CDenseKitTorch

// Without dimensions a reduction takes all of them and gives a scalar.
extension Tensor {
    public func sum(_ dims: Int..., keep: Bool = false) throws -> Tensor {
        try withDims(dims) { dims, rank in try make("sum", self) { ct_sum(handle, dims, rank, keep, $0) } }
    }

    public func mean(_ dims: Int..., keep: Bool = false) throws -> Tensor {
        try withDims(dims) { dims, rank in try make("mean", self) { ct_mean(handle, dims, rank, keep, $0) } }
    }

    public func amax(_ dims: Int..., keep: Bool = false) throws -> Tensor {
        try withDims(dims) { dims, rank in try make("amax", self) { ct_amax(handle, dims, rank, keep, $0) } }
    }

    public func amin(_ dims: Int..., keep: Bool = false) throws -> Tensor {
        try withDims(dims) { dims, rank in try make("amin", self) { ct_amin(handle, dims, rank, keep, $0) } }
    }

    /// Euclidean length.
    public func norm(_ dims: Int..., keep: Bool = false) throws -> Tensor {
        try withDims(dims) { dims, rank in try make("norm", self) { ct_norm(handle, dims, rank, keep, $0) } }
    }

    /// The largest elements along `dim` and where they stand.
    public func max(_ dim: Int, keep: Bool = false) throws -> (values: Tensor, indices: Tensor) {
        try makePair("max", self) { ct_max(handle, Int64(dim), keep, $0, $1) }
    }

    /// The smallest elements along `dim` and where they stand.
    public func min(_ dim: Int, keep: Bool = false) throws -> (values: Tensor, indices: Tensor) {
        try makePair("min", self) { ct_min(handle, Int64(dim), keep, $0, $1) }
    }

    /// The index of the largest element along `dim`. int64
    public func argmax(_ dim: Int, keep: Bool = false) throws -> Tensor {
        try make("argmax", self) { ct_argmax(handle, Int64(dim), keep, $0) }
    }

    public func softmax(_ dim: Int) throws -> Tensor { try make("softmax", self) { ct_softmax(handle, Int64(dim), $0) } }
    public func logSoftmax(_ dim: Int) throws -> Tensor {
        try make("log_softmax", self) { ct_log_softmax(handle, Int64(dim), $0) }
    }

    /// Divided by its Euclidean length along `dim`, which counts as at least `eps` (PyTorch's `F.normalize`).
    public func normalized(_ dim: Int, eps: Double = 1e-12) throws -> Tensor {
        try self / norm(dim, keep: true).clamped(eps)
    }
}
