/// Convolution over the last two dimensions. `[n, in, h, w] → [n, out, h', w']`
public final class Conv2d: Module {
    @Parameter public var weight: Tensor  // [out, in / groups, kh, kw]
    @Parameter public var bias: Tensor?  // [out]
    public let stride: Pair
    public let padding: Pair
    public let dilation: Pair
    public let groups: Int

    /// Weights start as PyTorch's do: uniform within ±1/√fan_in.
    public init(
        _ inChannels: Int, _ outChannels: Int, kernel: Pair, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1,
        groups: Int = 1,
        bias: Bool = true
    ) throws {
        let made = try Tensor.empty([outChannels, inChannels / max(groups, 1), kernel.height, kernel.width])
        weight = try made.defaultUniformInPlace()
        let fanIn = Double(inChannels / max(groups, 1) * kernel.height * kernel.width)
        self.bias = bias ? try Tensor.empty([outChannels]).defaultUniformInPlace(fanIn: fanIn) : nil
        (self.stride, self.padding, self.dilation, self.groups) = (stride, padding, dilation, groups)
    }

    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try x.conv2d(weight, bias, stride: stride, padding: padding, dilation: dilation, groups: groups)
    }
}

/// Transposed convolution. `[n, in, h, w] → [n, out, h', w']`
public final class ConvTranspose2d: Module {
    @Parameter public var weight: Tensor  // [in, out, kh, kw]
    @Parameter public var bias: Tensor?  // [out]
    public let stride: Pair
    public let padding: Pair

    public init(_ inChannels: Int, _ outChannels: Int, kernel: Pair, stride: Pair = 1, padding: Pair = 0, bias: Bool = true)
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
