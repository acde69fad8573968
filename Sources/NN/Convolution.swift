/// Convolution over the last two dimensions. `[n, in, h, w] → [n, out, h', w']`
public final class Conv2d: Module {
    /// Kernels, `[out, in / groups, kh, kw]`.
    @Parameter public var weight: Tensor  // [out, in / groups, kh, kw]
    /// Added to each output channel, `[out]`; nil for none.
    @Parameter public var bias: Tensor?  // [out]
    /// Input positions from one output position to the next.
    public let stride: Size2D
    /// Zeros added on each side of the input, in positions.
    public let padding: Size2D
    /// Input positions from one element of the kernel to the next; 1 for a dense kernel.
    public let dilation: Size2D
    /// Number of groups of channels that are convolved separately; it divides both channel counts.
    public let groups: Int
    @CachedValue private var prepared: PreparedConvolution?

    /// A convolution with a bias unless it is switched off. Weight and bias start as in PyTorch:
    /// uniform within ±1/√fan_in.
    public init(
        _ inChannels: Int, _ outChannels: Int, kernel: Size2D, stride: Size2D = 1,
        padding: Size2D = 0, dilation: Size2D = 1,
        groups: Int = 1,
        bias: Bool = true
    ) throws {
        let made = try Tensor.empty([
            outChannels, inChannels / max(groups, 1), kernel.height, kernel.width,
        ])
        weight = try made.defaultUniformInPlace()
        let fanIn = Double(inChannels / max(groups, 1) * kernel.height * kernel.width)
        self.bias = bias ? try Tensor.empty([outChannels]).defaultUniformInPlace(fanIn: fanIn) : nil
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.groups = groups
    }

    /// The convolution of `x`. `[n, in, h, w] → [n, out, h', w']`
    ///
    /// - Throws: `TorchError` where `x` has other channels, or is smaller than the kernel.
    public func callAsFunction(_ x: Tensor) throws -> Tensor { try self(x, norm: nil) }

    /// The convolution, then batch norm and ReLU where they are requested: `relu(norm(conv(x)))`.
    /// `[n, in, h, w] → [n, out, h', w']`
    ///
    /// At inference without gradients the three run as one pass on folded weights, which are
    /// prepared once and cached until weights, mode or device change. While an `OperationCounter`
    /// counts, they run separately.
    ///
    /// - Parameters:
    ///   - x: `[n, in, h, w]`
    ///   - norm: of the output's channels; nil for none
    ///   - relu: whether ReLU follows
    public func callAsFunction(_ x: Tensor, norm: BatchNorm2d?, relu: Bool = false) throws -> Tensor
    {
        guard !isTraining, norm?.isTraining != true, !gradIsEnabled, !OperationCounter.isCounting
        else {
            let y = try apply(x, weight, bias)
            let normed = try norm?(y) ?? y
            return relu ? try normed.reluInPlace() : normed
        }
        let dtype = autocastType(on: x.device) ?? x.dtype
        if prepared?.suits(norm, relu, dtype, x.device) != true {
            prepared = try PreparedConvolution(self, norm, relu, dtype, like: x)
        }
        return try prepared?(self, x) ?? apply(x, weight, bias)
    }

    /// Discards the weights that were prepared for inference.
    override public func stateDidChange() { prepared = nil }

    /// This convolution with other weights of the same shape.
    func apply(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?) throws -> Tensor {
        try x.conv2d(
            weight, bias, stride: stride, padding: padding, dilation: dilation, groups: groups)
    }

    /// Whether `x` `[n, in, h, w]` has the channels and at least the size that this convolution
    /// needs.
    func fits(_ x: Tensor) -> Bool {
        x.rank == 4 && x.size(1) == weight.size(1) * groups
            && x.size(2) + 2 * padding.height > dilation.height * (weight.size(2) - 1)
            && x.size(3) + 2 * padding.width > dilation.width * (weight.size(3) - 1)
    }
}

/// Transposed convolution. `[n, in, h, w] → [n, out, h', w']`
public final class ConvTranspose2d: Module {
    /// Kernels, `[in, out, kh, kw]`.
    @Parameter public var weight: Tensor  // [in, out, kh, kw]
    /// Added to each output channel, `[out]`; nil for none.
    @Parameter public var bias: Tensor?  // [out]
    /// Output positions from one input position to the next: the upsampling factor.
    public let stride: Size2D
    /// Positions cut off on each side of the output.
    public let padding: Size2D

    /// A transposed convolution with a bias unless it is switched off. Weight and bias start as in
    /// PyTorch: uniform within ±1/√(out · kh · kw).
    public init(
        _ inChannels: Int, _ outChannels: Int, kernel: Size2D, stride: Size2D = 1,
        padding: Size2D = 0, bias: Bool = true
    )
        throws
    {
        weight = try Tensor.empty([inChannels, outChannels, kernel.height, kernel.width])
            .defaultUniformInPlace()
        // as PyTorch counts it: by the weight's second dimension
        let fanIn = Double(outChannels * kernel.height * kernel.width)
        self.bias = bias ? try Tensor.empty([outChannels]).defaultUniformInPlace(fanIn: fanIn) : nil
        self.stride = stride
        self.padding = padding
    }

    /// The transposed convolution of `x`, of height `(h − 1) · stride − 2 · padding + kh` and a
    /// width by the same formula. `[n, in, h, w] → [n, out, h', w']`
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try x.convTranspose2d(weight, bias, stride: stride, padding: padding)
    }
}
