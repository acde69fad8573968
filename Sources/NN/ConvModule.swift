/// Convolution, optional batch normalisation and optional ReLU, under the checkpoint keys `conv`
/// and `bn`: mmcv's `ConvModule`. `[n, in, h, w] → [n, out, h', w']`
public final class ConvModule: Module, UnaryLayer {
    /// The convolution; it has a bias only where there is no norm.
    public let conv: Conv2d
    /// Batch normalisation of the convolution's output; nil for none.
    public let bn: BatchNorm2d?
    /// Whether the result passes through ReLU.
    public let activates: Bool

    /// A block with norm and ReLU unless they are switched off. Weights start from He's normal
    /// distribution over the outputs (`kaimingNormalInPlace(.out)`), biases at 0.
    public init(
        _ inChannels: Int, _ outChannels: Int, kernel: Size2D = 1, stride: Size2D = 1,
        padding: Size2D = 0, dilation: Size2D = 1,
        norm: Bool = true, activation: Bool = true
    ) throws {
        conv = try Conv2d(
            inChannels, outChannels, kernel: kernel, stride: stride, padding: padding,
            dilation: dilation, bias: !norm)
        bn = norm ? try BatchNorm2d(outChannels) : nil
        activates = activation
        super.init()
        try conv.weight.kaimingNormalInPlace(.out)
        try withoutGrad { _ = try conv.bias?.fillInPlace(0) }
    }

    /// `relu(bn(conv(x)))`, without the parts that the block does not have.
    /// `[n, in, h, w] → [n, out, h', w']`
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try conv(x, norm: bn, relu: activates)
    }
}
