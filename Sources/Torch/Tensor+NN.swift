import CDenseKitTorch
import DenseKitGeometry

/// How `interpolated(to:_:)` computes values between pixels. With `alignCorners` the centres of the
/// corner pixels keep their places, else the corners of the image do.
public enum Interpolation: Sendable {
    /// The value of the pixel at `⌊i · scale⌋`, as PyTorch's `nearest`.
    case nearest
    /// Linear in both directions, from the 2×2 pixels around.
    case bilinear(alignCorners: Bool = false)
    /// Cubic in both directions, from the 4×4 pixels around.
    case bicubic(alignCorners: Bool = false)
}

/// What a loss returns: the loss of each element (`none`), or the mean or sum of all.
public enum Reduction: Sendable {
    /// The loss of each element.
    case none
    /// The mean of all elements that count.
    case mean
    /// The sum of all elements.
    case sum

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
    /// Each element, or 0 where it is negative. `[…] → […]`
    public func relu() throws -> Tensor { try make("relu", self) { ct_relu(handle, $0) } }

    /// `relu` in this tensor's own memory, for an intermediate result that nothing else reads;
    /// returns this tensor. `[…] → […]`
    @discardableResult
    public func reluInPlace() throws -> Tensor {
        try check("relu_", self) { ct_relu_(handle) }
        return self
    }

    /// `relu(self + other)` in this tensor's own memory, such as at the end of a residual block;
    /// returns this tensor. `[…], […] → […]`
    @discardableResult
    public func addReluInPlace(_ other: Tensor) throws -> Tensor {
        try check("add_relu_", self, other) { ct_add_relu_(handle, other.handle) }
        return self
    }

    /// Logistic function `1 / (1 + e⁻ˣ)` of each element. `[…] → […]`
    public func sigmoid() throws -> Tensor { try make("sigmoid", self) { ct_sigmoid(handle, $0) } }
    /// Hyperbolic tangent of each element. `[…] → […]`
    public func tanh() throws -> Tensor { try make("tanh", self) { ct_tanh(handle, $0) } }

    /// The exact GELU of each element: `x · Φ(x)`, with the distribution function Φ of the standard
    /// normal distribution. `[…] → […]`
    public func gelu() throws -> Tensor { try make("gelu", self) { ct_gelu(handle, $0) } }

    /// `x · wᵀ + b` with `weight` `[out, in]` and `bias` `[out]`. `[…, in] → […, out]`
    public func linear(_ weight: Tensor, _ bias: Tensor?) throws -> Tensor {
        let y = try make("linear", self, weight, bias) {
            ct_linear(handle, weight.handle, bias?.handle, $0)
        }
        OperationCounter.current?.add(.matrixProduct, Double(y.count) * Double(size(-1)), weight)
        return y
    }

    /// Convolution with `weight` `[out, in / groups, kh, kw]` and `bias` `[out]`.
    /// `[n, in, h, w] → [n, out, h', w']`
    public func conv2d(
        _ weight: Tensor, _ bias: Tensor?, stride: Size2D = 1, padding: Size2D = 0,
        dilation: Size2D = 1, groups: Int = 1
    ) throws -> Tensor {
        let y = try make("conv2d", self, weight, bias) { out in
            stride.withC { stride in
                padding.withC { padding in
                    dilation.withC {
                        ct_conv2d(
                            handle, weight.handle, bias?.handle, stride, padding, $0, Int64(groups),
                            out)
                    }
                }
            }
        }
        OperationCounter.current?.add(.convolution, Double(weight.count) * y.positions, weight)
        return y
    }

    /// Transposed convolution with `weight` `[in, out / groups, kh, kw]` and `bias` `[out]`.
    /// `[n, in, h, w] → [n, out, h', w']`
    ///
    /// - Parameters:
    ///   - weight: `[in, out / groups, kh, kw]`
    ///   - bias: `[out]`; nil for none
    ///   - stride: from one position of the input to the next, in positions of the result
    ///   - padding: positions cut off on each side of the result
    ///   - outputPadding: positions added to the result's bottom and right
    ///   - groups: number of groups of channels that do not see each other
    public func convTranspose2d(
        _ weight: Tensor, _ bias: Tensor?, stride: Size2D = 1, padding: Size2D = 0,
        outputPadding: Size2D = 0, groups: Int = 1
    ) throws -> Tensor {
        let strides = [stride.height, stride.width]
        let paddings = [padding.height, padding.width]
        let extra = [outputPadding.height, outputPadding.width]
        let dilation = [1, 1]
        let y = try withDims(strides) { strides, _ in
            try withDims(paddings) { paddings, _ in
                try withDims(extra) { extra, _ in
                    try withDims(dilation) { dilation, _ in
                        try make("conv_transpose2d", self, weight, bias) {
                            ct_conv_transpose2d(
                                handle, weight.handle, bias?.handle, strides, paddings, extra,
                                Int64(groups), dilation, $0)
                        }
                    }
                }
            }
        }
        let products = Double(weight.count)
        OperationCounter.current?.add(
            .transposedConvolution, products * positions, atOutputs: products * y.positions, weight)
        return y
    }

    /// Places of a map `[n, c, h, w]` in the whole batch.
    private var positions: Double { Double(size(0)) * Double(size(2)) * Double(size(3)) }

    /// Batch normalisation of each channel over batch and positions. `[n, c, …] → [n, c, …]`; the
    /// weights and statistics are `[c]`.
    ///
    /// - Parameters:
    ///   - weight: factor of each channel, `[c]`; nil for 1
    ///   - bias: added to each channel, `[c]`; nil for 0
    ///   - runningMean: `[c]`; nil where only the batch's statistics are used
    ///   - runningVar: `[c]`; nil where only the batch's statistics are used
    ///   - training: whether the batch's statistics are used and the running ones updated; if not,
    ///     the running ones are used
    ///   - momentum: share of the batch's statistics in the new running ones
    ///   - eps: added to the variance
    /// - Throws: `TorchError` where `training` meets a single value for each channel, which has no
    ///   variance.
    public func batchNorm(
        weight: Tensor?, bias: Tensor?, runningMean: Tensor?, runningVar: Tensor?, training: Bool,
        momentum: Double, eps: Double
    ) throws -> Tensor {
        if training, rank > 1, size(1) > 0, count == size(1) {
            throw TorchError(
                operation: "batch_norm", operands: [self, weight, bias],
                message:
                    "training needs more than one value a channel: use larger images, or more of them at a time"
            )
        }
        let y = try make("batch_norm", self, weight, bias) {
            ct_batch_norm(
                handle, weight?.handle, bias?.handle, runningMean?.handle, runningVar?.handle,
                training, momentum, eps, $0)
        }
        OperationCounter.current?.add(.batchNorm, Double(count), weight, runningMean)
        return y
    }

    /// Layer normalisation over the last dimensions, which are the shape of `weight`; computed in
    /// the precision of `weight`. `[…, d] → […, d]`
    public func layerNorm(_ weight: Tensor, _ bias: Tensor?, eps: Double) throws -> Tensor {
        let x = try inPrecision(of: weight)
        let y = try withDims(weight.shape) { dims, rank in
            try make("layer_norm", x, weight, bias) {
                ct_layer_norm(x.handle, dims, rank, weight.handle, bias?.handle, eps, $0)
            }
        }
        OperationCounter.current?.add(.layerNorm, Double(count), weight)
        return y
    }

    /// Group normalisation of `groups` groups of channels over all positions, with `weight` and
    /// `bias` `[c]`; computed in the precision of `weight`. `[n, c, …] → [n, c, …]`
    public func groupNorm(_ groups: Int, weight: Tensor?, bias: Tensor?, eps: Double) throws
        -> Tensor
    {
        let x = try weight.map { try inPrecision(of: $0) } ?? self
        let y = try make("group_norm", x, weight, bias) {
            ct_group_norm(x.handle, Int64(groups), weight?.handle, bias?.handle, eps, $0)
        }
        OperationCounter.current?.add(.groupNorm, Double(count), weight)
        return y
    }

    /// Under mixed precision a norm's input may be narrower than its weights, which not every
    /// engine accepts.
    private func inPrecision(of weight: Tensor) throws -> Tensor {
        dtype == weight.dtype ? self : try to(weight.dtype)
    }

    /// The maximum of each window of `kernel` positions. `[n, c, h, w] → [n, c, h', w']`
    ///
    /// - Parameters:
    ///   - kernel: height and width of a window
    ///   - stride: from one window to the next; nil for `kernel`
    ///   - padding: positions on each side that no maximum is taken from
    ///   - ceilMode: whether the size of the result is rounded up, not down
    public func maxPool2d(
        _ kernel: Size2D, stride: Size2D? = nil, padding: Size2D = 0, ceilMode: Bool = false
    ) throws -> Tensor {
        try make("max_pool2d", self) { out in
            kernel.withC { kernel in
                (stride ?? kernelPair(kernel)).withC { stride in
                    padding.withC { ct_max_pool2d(handle, kernel, stride, $0, ceilMode, out) }
                }
            }
        }
    }

    /// The mean of each window of `kernel` positions. `[n, c, h, w] → [n, c, h', w']`
    ///
    /// - Parameters:
    ///   - kernel: height and width of a window
    ///   - stride: from one window to the next; nil for `kernel`
    ///   - padding: zeros on each side
    ///   - ceilMode: whether the size of the result is rounded up, not down
    ///   - countIncludePad: whether the zeros of the padding count in the mean
    public func avgPool2d(
        _ kernel: Size2D, stride: Size2D? = nil, padding: Size2D = 0, ceilMode: Bool = false,
        countIncludePad: Bool = true
    ) throws -> Tensor {
        try make("avg_pool2d", self) { out in
            kernel.withC { kernel in
                (stride ?? kernelPair(kernel)).withC { stride in
                    padding.withC {
                        ct_avg_pool2d(handle, kernel, stride, $0, ceilMode, countIncludePad, out)
                    }
                }
            }
        }
    }

    /// The mean of each cell of a grid of `size` laid over the map.
    /// `[n, c, h, w] → [n, c, size.height, size.width]`
    public func adaptiveAvgPool2d(_ size: Size2D) throws -> Tensor {
        let y = try make("adaptive_avg_pool2d", self) { out in
            size.withC { ct_adaptive_avg_pool2d(handle, $0, out) }
        }
        OperationCounter.current?.add(.adaptiveAveragePool, Double(count))
        return y
    }

    /// A map resized to `size`; the tensor itself where it has that size.
    /// `[n, c, h, w] → [n, c, size.height, size.width]`
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
            ? self
            : try make("interpolate", self) { out in
                size.withC { ct_interpolate(handle, $0, Int32(code), aligned, out) }
            }
        // the references resize where nothing changes too, and their numbers count it
        switch mode {
        case .nearest: OperationCounter.current?.add(.nearest, Double(y.count))
        case .bilinear: OperationCounter.current?.add(.bilinear, Double(y.count))
        case .bicubic: break
        }
        return y
    }

    /// Rows of this table `[v, d]` by index. int64 `[…] → […, d]`
    public func embedding(_ indices: Tensor) throws -> Tensor {
        try make("embedding", self, indices) { ct_embedding(handle, indices.handle, $0) }
    }

    /// Zeroes elements at random, or whole channels of `[n, c, h, w]` with `channels`, and scales
    /// the rest by `1 / (1 - probability)`. Draws from the default generator of the device.
    public func dropout(_ probability: Double, channels: Bool = false) throws -> Tensor {
        try make("dropout", self) { ct_dropout(handle, probability, channels, $0) }
    }

    /// Scaled dot-product attention `softmax(q kᵀ / √d + mask) v`: q `[n, heads, t, d]`, k
    /// `[n, heads, s, d]`, v `[n, heads, s, e]` → `[n, heads, t, e]`.
    ///
    /// - Parameters:
    ///   - q: queries, `[n, heads, t, d]`
    ///   - k: keys, `[n, heads, s, d]`
    ///   - v: values, `[n, heads, s, e]`
    ///   - mask: added to the scores, of their floating-point type and broadcast to
    ///     `[n, heads, t, s]`; nil for none. Give a mask or `causal`, not both: not every version
    ///     of libtorch accepts both
    ///   - causal: whether a query attends only to keys up to its own position
    public static func attention(
        _ q: Tensor, _ k: Tensor, _ v: Tensor, mask: Tensor? = nil, causal: Bool = false
    ) throws
        -> Tensor
    {
        let y = try make("scaled_dot_product_attention", q, k, v) {
            ct_scaled_dot_product_attention(q.handle, k.handle, v.handle, mask?.handle, causal, $0)
        }
        OperationCounter.current?.add(
            .matrixProduct, (Double(q.count) + Double(y.count)) * Double(k.size(-2)))
        return y
    }

    /// Cross-entropy of logits `[n, k, …]` with class indices `[n, …]` int64. A scalar, or `[n, …]`
    /// with `.none`
    ///
    /// - Parameters:
    ///   - target: class indices, `[n, …]` int64
    ///   - weight: of each class, `[k]`; `.mean` divides by the sum of the weights of the elements
    ///     that count
    ///   - reduction: of the losses of the elements
    ///   - ignoreIndex: class index of elements that do not count
    public func crossEntropy(
        _ target: Tensor, weight: Tensor? = nil, reduction: Reduction = .mean,
        ignoreIndex: Int = -100
    )
        throws
        -> Tensor
    {
        try make("cross_entropy", self, target, weight) {
            ct_cross_entropy(
                handle, target.handle, weight?.handle, reduction.code, Int64(ignoreIndex), $0)
        }
    }

    /// Binary cross-entropy of logits with targets in 0…1 of one shape. `[…], […] → []`, or
    /// `[…]` with `.none`
    ///
    /// - Parameters:
    ///   - target: 0…1, of the shape of the logits
    ///   - weight: factor of each element's loss, broadcast to the shape
    ///   - reduction: of the losses of the elements
    public func binaryCrossEntropyWithLogits(
        _ target: Tensor, weight: Tensor? = nil, reduction: Reduction = .mean
    ) throws
        -> Tensor
    {
        try make("binary_cross_entropy_with_logits", self, target, weight) {
            ct_binary_cross_entropy_with_logits(
                handle, target.handle, weight?.handle, reduction.code, $0)
        }
    }
}

private func kernelPair(_ kernel: UnsafePointer<Int64>) -> Size2D {
    Size2D(Int(kernel[0]), Int(kernel[1]))
}
