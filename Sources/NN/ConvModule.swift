/// Convolution, batch normalisation and ReLU in one, under the keys `conv` and `bn`: mmcv's building block.
/// `[n, in, h, w] → [n, out, h', w']`
public final class ConvModule: Module, UnaryLayer {
    public let conv: Conv2d
    public let bn: BatchNorm2d?
    public let activates: Bool

    /// The convolution has a bias only where there is no norm; weights start by He's rule over the outputs, biases at 0.
    public init(
        _ inChannels: Int, _ outChannels: Int, kernel: Size2D = 1, stride: Size2D = 1, padding: Size2D = 0, dilation: Size2D = 1,
        norm: Bool = true, activation: Bool = true
    ) throws {
        conv = try Conv2d(
            inChannels, outChannels, kernel: kernel, stride: stride, padding: padding, dilation: dilation, bias: !norm)
        bn = norm ? try BatchNorm2d(outChannels) : nil
        activates = activation
        super.init()
        try conv.weight.kaimingNormalInPlace(.out)
        try withoutGrad { _ = try conv.bias?.fillInPlace(0) }
    }

    public func callAsFunction(_ x: Tensor) throws -> Tensor { try conv(x, norm: bn, relu: activates) }
}
