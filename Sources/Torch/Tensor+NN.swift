import CDenseKitTorch
import DenseKitGeometry

/// How `interpolate` finds a value between pixels.
public enum Interpolation: Sendable {
    case nearest
    case bilinear(alignCorners: Bool = false)
    case bicubic(alignCorners: Bool = false)
}

/// What a loss over many elements becomes.
public enum Reduction: Sendable {
    case none, mean, sum

    var code: Int32 {
        switch self {
        case .none: Int32(CT_REDUCE_NONE)
        case .mean: Int32(CT_REDUCE_MEAN)
        case .sum: Int32(CT_REDUCE_SUM)
        }
    }
}

extension Size2D {
    @inline(__always)
    func withC<Result>(_ body: (UnsafePointer<Int64>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: Int64.self, capacity: 2) { buffer in
            buffer.initializeElement(at: 0, to: Int64(height))
            buffer.initializeElement(at: 1, to: Int64(width))
            return body(UnsafePointer(buffer.baseAddress.unsafelyUnwrapped))
        }
    }
}

extension Tensor {
    public func relu() throws -> Tensor { try make("relu", self) { ct_relu(handle, $0) } }

    /// `relu` in this tensor's own memory: for an intermediate result that nobody else reads.
    @discardableResult
    public func reluInPlace() throws -> Tensor {
        try check("relu_", self) { ct_relu_(handle) }
        return self
    }

    /// `relu(self + other)` in this tensor's own memory: the end of a residual block.
    @discardableResult
    public func addReluInPlace(_ other: Tensor) throws -> Tensor {
        try check("add_relu_", self, other) { ct_add_relu_(handle, other.handle) }
        return self
    }

    public func sigmoid() throws -> Tensor { try make("sigmoid", self) { ct_sigmoid(handle, $0) } }
    public func tanh() throws -> Tensor { try make("tanh", self) { ct_tanh(handle, $0) } }

    /// The exact GELU (by erf).
    public func gelu() throws -> Tensor { try make("gelu", self) { ct_gelu(handle, $0) } }

    /// `x · wᵀ + b`. `[…, in] → […, out]`, weight `[out, in]`
    public func linear(_ weight: Tensor, _ bias: Tensor?) throws -> Tensor {
        let y = try make("linear", self, weight, bias) { ct_linear(handle, weight.handle, bias?.handle, $0) }
        OperationCounter.current?.add(.matrixProduct, Double(y.count) * Double(size(-1)), weight)
        return y
    }

    /// `[n, in, h, w] → [n, out, h', w']`, weight `[out, in / groups, kh, kw]`
    public func conv2d(
        _ weight: Tensor, _ bias: Tensor?, stride: Size2D = 1, padding: Size2D = 0, dilation: Size2D = 1, groups: Int = 1
    ) throws -> Tensor {
        let y = try make("conv2d", self, weight, bias) { out in
            stride.withC { stride in
                padding.withC { padding in
                    dilation.withC { ct_conv2d(handle, weight.handle, bias?.handle, stride, padding, $0, Int64(groups), out) }
                }
            }
        }
        OperationCounter.current?.add(.convolution, Double(weight.count) * y.positions, weight)
        return y
    }

    /// `[n, in, h, w] → [n, out, h', w']`, weight `[in, out / groups, kh, kw]`
    public func convTranspose2d(
        _ weight: Tensor, _ bias: Tensor?, stride: Size2D = 1, padding: Size2D = 0, outputPadding: Size2D = 0, groups: Int = 1
    ) throws -> Tensor {
        let (strides, paddings) = ([stride.height, stride.width], [padding.height, padding.width])
        let (extra, dilation) = ([outputPadding.height, outputPadding.width], [1, 1])
        let y = try withDims(strides) { strides, _ in
            try withDims(paddings) { paddings, _ in
                try withDims(extra) { extra, _ in
                    try withDims(dilation) { dilation, _ in
                        try make("conv_transpose2d", self, weight, bias) {
                            ct_conv_transpose2d(
                                handle, weight.handle, bias?.handle, strides, paddings, extra, Int64(groups), dilation, $0)
                        }
                    }
                }
            }
        }
        let products = Double(weight.count)
        OperationCounter.current?.add(.transposedConvolution, products * positions, atOutputs: products * y.positions, weight)
        return y
    }

    /// Places of a map `[n, c, h, w]` in the whole batch.
    private var positions: Double { Double(size(0)) * Double(size(2)) * Double(size(3)) }

    /// Normalisation over batch and positions. With `training`, the batch's statistics are used and the running ones updated.
    ///
    /// Throws where `training` meets one value a channel: it has no variance, and the engine would make the running one "not a number".
    public func batchNorm(
        weight: Tensor?, bias: Tensor?, runningMean: Tensor?, runningVar: Tensor?, training: Bool, momentum: Double, eps: Double
    ) throws -> Tensor {
        if training, rank > 1, size(1) > 0, count == size(1) {
            throw TorchError(
                operation: "batch_norm", operands: [self, weight, bias],
                message: "training needs more than one value a channel: use larger images, or more of them at a time")
        }
        let y = try make("batch_norm", self, weight, bias) {
            ct_batch_norm(
                handle, weight?.handle, bias?.handle, runningMean?.handle, runningVar?.handle, training, momentum, eps, $0)
        }
        OperationCounter.current?.add(.batchNorm, Double(count), weight, runningMean)
        return y
    }

    /// Normalisation over the last dimensions, which are `weight`'s; in the weight's precision.
    public func layerNorm(_ weight: Tensor, _ bias: Tensor?, eps: Double) throws -> Tensor {
        let x = try inPrecision(of: weight)
        let y = try withDims(weight.shape) { dims, rank in
            try make("layer_norm", x, weight, bias) { ct_layer_norm(x.handle, dims, rank, weight.handle, bias?.handle, eps, $0) }
        }
        OperationCounter.current?.add(.layerNorm, Double(count), weight)
        return y
    }

    public func groupNorm(_ groups: Int, weight: Tensor?, bias: Tensor?, eps: Double) throws -> Tensor {
        let x = try weight.map { try inPrecision(of: $0) } ?? self
        let y = try make("group_norm", x, weight, bias) {
            ct_group_norm(x.handle, Int64(groups), weight?.handle, bias?.handle, eps, $0)
        }
        OperationCounter.current?.add(.groupNorm, Double(count), weight)
        return y
    }

    /// Under mixed precision a norm's input may be narrower than its weights, which not every engine accepts.
    private func inPrecision(of weight: Tensor) throws -> Tensor { dtype == weight.dtype ? self : try to(weight.dtype) }

    public func maxPool2d(_ kernel: Size2D, stride: Size2D? = nil, padding: Size2D = 0, ceilMode: Bool = false) throws -> Tensor {
        try make("max_pool2d", self) { out in
            kernel.withC { kernel in
                (stride ?? kernelPair(kernel)).withC { stride in
                    padding.withC { ct_max_pool2d(handle, kernel, stride, $0, ceilMode, out) }
                }
            }
        }
    }

    public func avgPool2d(
        _ kernel: Size2D, stride: Size2D? = nil, padding: Size2D = 0, ceilMode: Bool = false, countIncludePad: Bool = true
    ) throws -> Tensor {
        try make("avg_pool2d", self) { out in
            kernel.withC { kernel in
                (stride ?? kernelPair(kernel)).withC { stride in
                    padding.withC { ct_avg_pool2d(handle, kernel, stride, $0, ceilMode, countIncludePad, out) }
                }
            }
        }
    }

    public func adaptiveAvgPool2d(_ size: Size2D) throws -> Tensor {
        let y = try make("adaptive_avg_pool2d", self) { out in size.withC { ct_adaptive_avg_pool2d(handle, $0, out) } }
        OperationCounter.current?.add(.adaptiveAveragePool, Double(count))
        return y
    }

    /// `[n, c, h, w]` resized to `size`; the tensor itself where it has that size.
    public func interpolated(to size: Size2D, _ mode: Interpolation) throws -> Tensor {
        let (code, aligned): (Int, Bool) =
            switch mode {
            case .nearest: (CT_NEAREST, false)
            case .bilinear(let aligned): (CT_BILINEAR, aligned)
            case .bicubic(let aligned): (CT_BICUBIC, aligned)
            }
        let isSame = rank == 4 && size == Size2D(self.size(2), self.size(3))
        let y =
            isSame
            ? self : try make("interpolate", self) { out in size.withC { ct_interpolate(handle, $0, Int32(code), aligned, out) } }
        switch mode {  // the references resize where nothing changes too, and their numbers count it
        case .nearest: OperationCounter.current?.add(.nearest, Double(y.count))
        case .bilinear: OperationCounter.current?.add(.bilinear, Double(y.count))
        case .bicubic: break
        }
        return y
    }

    /// Rows of a table `[v, d]` by index. `[…] → […, d]`
    public func embedding(_ indices: Tensor) throws -> Tensor {
        try make("embedding", self, indices) { ct_embedding(handle, indices.handle, $0) }
    }

    /// Zeroes elements, or with `channels` whole maps, at random and scales the rest. Draws from the default generator.
    public func dropout(_ probability: Double, channels: Bool = false) throws -> Tensor {
        try make("dropout", self) { ct_dropout(handle, probability, channels, $0) }
    }

    /// `softmax(q kᵀ / √d + mask) v`. `[n, heads, t, d]`
    public static func attention(_ q: Tensor, _ k: Tensor, _ v: Tensor, mask: Tensor? = nil, causal: Bool = false) throws
        -> Tensor
    {
        let y = try make("scaled_dot_product_attention", q, k, v) {
            ct_scaled_dot_product_attention(q.handle, k.handle, v.handle, mask?.handle, causal, $0)
        }
        OperationCounter.current?.add(.matrixProduct, (Double(q.count) + Double(y.count)) * Double(k.size(-2)))
        return y
    }

    /// Cross-entropy of logits `[n, k, …]` with class indices `[n, …]`. `.mean` divides by the weights of the counted elements.
    public func crossEntropy(_ target: Tensor, weight: Tensor? = nil, reduction: Reduction = .mean, ignoreIndex: Int = -100)
        throws
        -> Tensor
    {
        try make("cross_entropy", self, target, weight) {
            ct_cross_entropy(handle, target.handle, weight?.handle, reduction.code, Int64(ignoreIndex), $0)
        }
    }

    /// Binary cross-entropy of logits with targets in 0…1, of one shape.
    public func binaryCrossEntropyWithLogits(_ target: Tensor, weight: Tensor? = nil, reduction: Reduction = .mean) throws
        -> Tensor
    {
        try make("binary_cross_entropy_with_logits", self, target, weight) {
            ct_binary_cross_entropy_with_logits(handle, target.handle, weight?.handle, reduction.code, $0)
        }
    }
}

private func kernelPair(_ kernel: UnsafePointer<Int64>) -> Size2D { Size2D(Int(kernel[0]), Int(kernel[1])) }
