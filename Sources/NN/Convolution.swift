/// Convolution over the last two dimensions. `[n, in, h, w] → [n, out, h', w']`
public final class Conv2d: Module {
    @Parameter public var weight: Tensor  // [out, in / groups, kh, kw]
    @Parameter public var bias: Tensor?  // [out]
    public let stride: Size2D
    public let padding: Size2D
    public let dilation: Size2D
    public let groups: Int
    @Cached private var prepared: PreparedConvolution?

    /// Weights start as PyTorch's do: uniform within ±1/√fan_in.
    public init(
        _ inChannels: Int, _ outChannels: Int, kernel: Size2D, stride: Size2D = 1, padding: Size2D = 0, dilation: Size2D = 1,
        groups: Int = 1,
        bias: Bool = true
    ) throws {
        let made = try Tensor.empty([outChannels, inChannels / max(groups, 1), kernel.height, kernel.width])
        weight = try made.defaultUniformInPlace()
        let fanIn = Double(inChannels / max(groups, 1) * kernel.height * kernel.width)
        self.bias = bias ? try Tensor.empty([outChannels]).defaultUniformInPlace(fanIn: fanIn) : nil
        (self.stride, self.padding, self.dilation, self.groups) = (stride, padding, dilation, groups)
    }

    public func callAsFunction(_ x: Tensor) throws -> Tensor { try self(x, norm: nil) }

    /// The convolution, the batch norm of its output, and ReLU, where wanted: `relu(norm(conv(x)))`.
    ///
    /// At inference the three are one pass, with norm and weights made ready once, until weights or mode change; where operations are
    /// counted they are three.
    public func callAsFunction(_ x: Tensor, norm: BatchNorm2d?, relu: Bool = false) throws -> Tensor {
        guard !isTraining, norm?.isTraining != true, !gradIsEnabled, !OperationCounter.isCounting else {
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

    override public func stateDidChange() { prepared = nil }

    /// This convolution with other weights of the same shape.
    func apply(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?) throws -> Tensor {
        try x.conv2d(weight, bias, stride: stride, padding: padding, dilation: dilation, groups: groups)
    }

    /// Whether `x` `[n, in, h, w]` has the channels and at least the size that this convolution needs.
    func fits(_ x: Tensor) -> Bool {
        x.rank == 4 && x.size(1) == weight.size(1) * groups
            && x.size(2) + 2 * padding.height > dilation.height * (weight.size(2) - 1)
            && x.size(3) + 2 * padding.width > dilation.width * (weight.size(3) - 1)
    }
}

/// Transposed convolution. `[n, in, h, w] → [n, out, h', w']`
public final class ConvTranspose2d: Module {
    @Parameter public var weight: Tensor  // [in, out, kh, kw]
    @Parameter public var bias: Tensor?  // [out]
    public let stride: Size2D
    public let padding: Size2D

    public init(_ inChannels: Int, _ outChannels: Int, kernel: Size2D, stride: Size2D = 1, padding: Size2D = 0, bias: Bool = true)
        throws
    {
        weight = try Tensor.empty([inChannels, outChannels, kernel.height, kernel.width]).defaultUniformInPlace()
        let fanIn = Double(outChannels * kernel.height * kernel.width)  // as PyTorch counts it: by the weight's second dimension
        self.bias = bias ? try Tensor.empty([outChannels]).defaultUniformInPlace(fanIn: fanIn) : nil
        (self.stride, self.padding) = (stride, padding)
    }

    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try x.convTranspose2d(weight, bias, stride: stride, padding: padding)
    }
}
