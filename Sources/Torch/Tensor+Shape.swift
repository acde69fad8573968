import CDenseKitTorch

extension Tensor {
    /// The elements in another shape of the same count, a view where the layout allows; one length
    /// may be -1, which is computed. `[n, c, h, w] → [n, c, h · w]` with `[n, c, -1]`
    public func reshaped(_ shape: [Int]) throws -> Tensor {
        try withDims(shape) { dims, count in
            try make("reshape", self) { ct_reshape(handle, dims, count, $0) }
        }
    }

    /// Dimensions `from...to` merged into one; `to` may be negative to count from the end.
    /// `[n, c, h, w] → [n, c, h · w]` from dimension 2
    ///
    /// - Throws: `TorchError` for dimensions that do not exist.
    public func flattened(from: Int = 0, to: Int = -1) throws -> Tensor {
        let all = shape
        // a scalar, as PyTorch does
        if all.isEmpty, from == 0, to == -1 || to == 0 { return try reshaped([1]) }
        let last = to < 0 ? to + all.count : to
        guard from >= 0, from <= last, last < all.count else {
            throw TorchError(
                operation: "flatten", operands: [self], message: "no dimensions \(from)...\(to)")
        }
        return try reshaped(
            Array(all[..<from]) + [all[from...last].reduce(1, *)] + Array(all[(last + 1)...]))
    }

    /// A view with the dimensions in the order `dims`: dimension i of the result is dimension
    /// `dims[i]`.
    public func permuted(_ dims: Int...) throws -> Tensor {
        try withDims(dims) { dims, count in
            try make("permute", self) { ct_permute(handle, dims, count, $0) }
        }
    }

    /// A view with dimensions `a` and `b` swapped. `[n, t, c] → [n, c, t]` for dimensions 1 and 2
    public func transposed(_ a: Int, _ b: Int) throws -> Tensor {
        try make("transpose", self) { ct_transpose(handle, Int64(a), Int64(b), $0) }
    }

    /// A view with a new dimension of length 1 at `dim`. `[n, c] → [n, 1, c]` at dimension 1
    public func unsqueezed(_ dim: Int) throws -> Tensor {
        try make("unsqueeze", self) { ct_unsqueeze(handle, Int64(dim), $0) }
    }

    /// A view without dimension `dim` where its length is 1; a dimension of another length stays.
    /// `[n, 1, c] → [n, c]` at dimension 1
    public func squeezed(_ dim: Int) throws -> Tensor {
        try make("squeeze", self) { ct_squeeze(handle, Int64(dim), $0) }
    }

    /// A view whose dimensions of length 1 are repeated to `shape` without copying; -1 keeps a
    /// length. `[1, c] → [n, c]` with `[n, -1]`
    public func expanded(_ shape: [Int]) throws -> Tensor {
        try withDims(shape) { dims, count in
            try make("expand", self) { ct_expand(handle, dims, count, $0) }
        }
    }

    /// Copies laid side by side, `times[i]` of them along dimension i.
    public func repeated(_ times: [Int]) throws -> Tensor {
        try withDims(times) { dims, count in
            try make("repeat", self) { ct_repeat(handle, dims, count, $0) }
        }
    }

    /// A view of the indices `start ..< start + length` of dimension `dim`.
    /// `[n, c, h, w] → [n, length, h, w]` in dimension 1
    public func narrowed(_ dim: Int, _ start: Int, _ length: Int) throws -> Tensor {
        try make("narrow", self) { ct_narrow(handle, Int64(dim), Int64(start), Int64(length), $0) }
    }

    /// A view of this tensor's memory with any strides, in elements: element `[i, j, …]` is at
    /// `offset + i * strides[0] + j * strides[1] + …`.
    ///
    /// - Throws: `TorchError` unless there is one stride for each dimension.
    public func asStrided(_ shape: [Int], strides: [Int], offset: Int = 0) throws -> Tensor {
        guard shape.count == strides.count else {
            throw TorchError(
                operation: "as_strided", operands: [self],
                message:
                    "needs a stride for each of \(shape.count) dimensions, found \(strides.count)")
        }
        return try withDims(shape) { sizes, count in
            try withDims(strides) { steps, _ in
                try make("as_strided", self) {
                    ct_as_strided(handle, sizes, steps, count, Int64(offset), $0)
                }
            }
        }
    }

    /// A view of index `index` of dimension `dim`, without that dimension.
    /// `[n, c, h, w] → [n, h, w]` in dimension 1
    public func selected(_ dim: Int, _ index: Int) throws -> Tensor {
        try make("select", self) { ct_select(handle, Int64(dim), Int64(index), $0) }
    }

    /// A view of every `step`-th index of `start ..< end` of dimension `dim`, counted as in
    /// Python's slices: negative numbers count from the end. `[n, t, c] → [n, t', c]` in
    /// dimension 1
    public func sliced(_ dim: Int, from start: Int = 0, to end: Int = .max, step: Int = 1) throws
        -> Tensor
    {
        try make("slice", self) {
            ct_slice(handle, Int64(dim), Int64(start), Int64(end), Int64(step), $0)
        }
    }

    /// The indices `indices` `[k]` of dimension `dim`, as a copy in that order.
    public func indexed(_ dim: Int, _ indices: Tensor) throws -> Tensor {
        try make("index_select", self, indices) {
            ct_index_select(handle, Int64(dim), indices.handle, $0)
        }
    }

    /// Elements by their indices in the first dimensions: `[indices[0][i], indices[1][i], …]` for
    /// each i, with int64 tensors of one shape; the other dimensions stay whole.
    public func indexed(_ indices: [Tensor]) throws -> Tensor {
        var result: ct_tensor?
        let status = withHandles(indices) { ct_index(handle, $0, $1, &result) }
        guard status == 0, let result else { throw failure("index", [self] + indices) }
        return Tensor(owning: result)
    }

    /// A copy whose indices `indices` `[k]` of dimension `dim` are taken from `source`, in order;
    /// no index may occur twice.
    public func replaced(_ dim: Int, _ indices: Tensor, by source: Tensor) throws -> Tensor {
        try make("index_copy", self, indices, source) {
            ct_index_copy(handle, Int64(dim), indices.handle, source.handle, $0)
        }
    }

    /// Elements picked along `dim`: element `[i, j]` of the result is `self[indices[i, j], j]` for
    /// dimension 0, `self[i, indices[i, j]]` for dimension 1, and so on. The result has the shape
    /// of `indices` (int64).
    public func gathered(_ dim: Int, _ indices: Tensor) throws -> Tensor {
        try make("gather", self, indices) { ct_gather(handle, Int64(dim), indices.handle, $0) }
    }

    /// A copy with the order of the elements reversed along each of `dims`. `[…] → […]`
    public func flipped(_ dims: Int...) throws -> Tensor {
        try withDims(dims) { dims, count in
            try make("flip", self) { ct_flip(handle, dims, count, $0) }
        }
    }

    /// Upper triangle of the last two dimensions, 0 below: the elements whose column is at least
    /// the row plus `diagonal`. `[…, r, c] → […, r, c]`
    public func upperTriangle(diagonal: Int = 0) throws -> Tensor {
        try make("triu", self) { ct_triu(handle, Int64(diagonal), $0) }
    }

    /// The tensor padded with `value`; `amounts` lists pairs from the last dimension on: left,
    /// right, top, bottom and so on. `[…, h, w] → […, h', w']` with four amounts
    public func padded(_ amounts: [Int], value: Double = 0) throws -> Tensor {
        try withDims(amounts) { dims, count in
            try make("pad", self) { ct_pad(handle, dims, count, value, $0) }
        }
    }

    /// The tensors joined along the existing dimension `dim`; the other lengths must be equal.
    /// `[n₁, c], [n₂, c] → [n₁ + n₂, c]` along dimension 0
    public static func cat(_ tensors: [Tensor], dim: Int) throws -> Tensor {
        try joining("cat", tensors) { ct_cat($0, $1, Int64(dim), $2) }
    }

    /// The tensors, all of one shape, joined along a new dimension at `dim`. `[c], [c] → [2, c]` at
    /// dimension 0
    public static func stack(_ tensors: [Tensor], dim: Int = 0) throws -> Tensor {
        try joining("stack", tensors) { ct_stack($0, $1, Int64(dim), $2) }
    }

    private static func joining(
        _ operation: StaticString, _ tensors: [Tensor],
        _ body: (UnsafePointer<ct_tensor?>?, Int64, UnsafeMutablePointer<ct_tensor?>) -> Int32
    ) throws -> Tensor {
        var result: ct_tensor?
        let status = withHandles(tensors) { body($0, $1, &result) }
        guard status == 0, let result else { throw failure(operation, tensors) }
        return Tensor(owning: result)
    }
}

/// Hands a list of tensors to C.
@inline(__always)
func withHandles<Result>(
    _ tensors: [Tensor], _ body: (UnsafePointer<ct_tensor?>?, Int64) throws -> Result
) rethrows -> Result {
    let handles = tensors.map { Optional($0.handle) }
    return try withExtendedLifetime(tensors) {
        try handles.withUnsafeBufferPointer { try body($0.baseAddress, Int64($0.count)) }
    }
}
