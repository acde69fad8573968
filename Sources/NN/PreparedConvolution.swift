/// A convolution made ready for inference: the batch norm that follows folded into the weights, the
/// ReLU in the same pass and, on a CPU, the weights packed or, for most 3×3 kernels, transformed.
/// Equal to the layers apart but for rounding.
struct PreparedConvolution {
    private let norm: BatchNorm2d?
    private let relu: Bool
    private let dtype: DType
    private let device: Device
    private let kernel: Kernel

    private enum Kernel {
        case winograd(WinogradConv2d)
        case packed(PackedConv2d)
        case plain(weight: Tensor, bias: Tensor?)
    }

    /// Makes `relu(norm(conv(x)))` ready for maps like `x` `[n, in, h, w]`, computed in `dtype`.
    init(_ conv: Conv2d, _ norm: BatchNorm2d?, _ relu: Bool, _ dtype: DType, like x: Tensor) throws
    {
        self.norm = norm
        self.relu = relu
        self.dtype = dtype
        device = x.device
        let folded = try norm?.folded(into: conv) ?? (weight: conv.weight, bias: conv.bias)
        let weight = try folded.weight.to(dtype)
        let bias = try folded.bias?.to(dtype)
        weight.name = conv.weight.name
        kernel = try Self.kernel(conv, weight, bias, relu, like: x.to(dtype))
    }

    private static func kernel(
        _ conv: Conv2d, _ weight: Tensor, _ bias: Tensor?, _ relu: Bool, like x: Tensor
    ) throws -> Kernel {
        guard conv.fits(x), x.isChannelsLast else { return .plain(weight: weight, bias: bias) }
        if conv.stride == 1, conv.padding == 1, conv.dilation == 1, conv.groups == 1,
            let winograd = try WinogradConv2d(weight, bias, relu: relu, like: x)
        {
            return .winograd(winograd)
        }
        let packed = try PackedConv2d(
            weight, bias, stride: conv.stride, padding: conv.padding, dilation: conv.dilation,
            groups: conv.groups, relu: relu,
            like: x)
        return packed.map(Kernel.packed) ?? .plain(weight: weight, bias: bias)
    }

    /// Whether it was made for these.
    func suits(_ norm: BatchNorm2d?, _ relu: Bool, _ dtype: DType, _ device: Device) -> Bool {
        self.norm === norm && self.relu == relu && self.dtype == dtype && self.device == device
    }

    func callAsFunction(_ conv: Conv2d, _ x: Tensor) throws -> Tensor {
        let isReadable = conv.fits(x) && x.isChannelsLast && x.count > 0
        switch kernel {
        case .winograd(let winograd) where isReadable:
            return try winograd(x.to(dtype))
        case .packed(let packed) where isReadable:
            return try packed(x.to(dtype))
        case .winograd, .packed:  // for the error, or the layout, that the layers themselves give
            let y = try conv.apply(x, conv.weight, conv.bias)
            let normed = try norm?(y) ?? y
            return relu ? try normed.reluInPlace() : normed
        case .plain(let weight, let bias):
            let y = try conv.apply(x, weight, bias)
            return relu ? try y.reluInPlace() : y
        }
    }
}
