import CDenseKitTorch

/// A 3×3 convolution (stride 1, padding 1) for inference on the CPU in float32 that multiplies a quarter as often as the direct sum,
/// with the ReLU in the same pass. Equal to `conv2d` but for rounding, which is about twice that of the direct sum.
/// (Winograd's F(4×4, 3×3); Lavin & Gray 2016)
public struct WinogradConv2d {
    private let kernels: Tensor  // [36, in, out]
    private let bias: Tensor?
    private let relu: Bool

    /// Transforms `weight` `[out, in, 3, 3]`, in four times its memory, for maps like `x` `[n, in, h, w]`.
    ///
    /// `nil` where it would not be faster: few channels, small maps, or numbers of channels that are no multiple of 16; and for other
    /// kernels, devices and element types.
    public init?(_ weight: Tensor, _ bias: Tensor?, relu: Bool = false, like x: Tensor) throws {
        let channels = [weight.size(0), weight.size(1)]
        let tiles = x.size(0) * ((x.size(2) + 3) / 4) * ((x.size(3) + 3) / 4)
        guard weight.shape.suffix(2) == [3, 3], channels.allSatisfy({ $0 >= 32 && $0.isMultiple(of: 16) }), tiles >= 64,
            [weight, x].allSatisfy({ $0.device == .cpu && $0.dtype == .float32 })
        else { return nil }
        kernels = try make("winograd_kernels", weight) { ct_winograd_kernels(weight.handle, $0) }
        (self.bias, self.relu) = (try bias?.contiguous(), relu)
    }

    /// `[n, in, h, w] → [n, out, h, w]`, channels-last
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try make("conv2d", x) { ct_winograd_conv2d(x.handle, kernels.handle, bias?.handle, relu, $0) }
    }
}
