import CDenseKitTorch

/// A 3×3 convolution (stride 1, padding 1) for inference on the CPU in float32 that needs a quarter
/// of the multiplications of the direct sum, with an optional ReLU in one pass. (Winograd's F(4×4,
/// 3×3); Lavin & Gray 2016)
///
/// Equal to `conv2d` except for rounding errors, which are about twice those of the direct sum.
public struct WinogradConv2d {
    private let kernels: Tensor  // [36, in, out]
    private let bias: Tensor?
    private let relu: Bool

    /// Transforms `weight` `[out, in, 3, 3]`, which takes four times its memory, for maps like `x`
    /// `[n, in, h, w]`.
    ///
    /// nil where it would not be faster: below 32 channels, channels that are no multiple of 16, or
    /// small maps (fewer than 64 tiles of 4×4 positions); and for other kernels, devices and
    /// element types.
    public init?(_ weight: Tensor, _ bias: Tensor?, relu: Bool = false, like x: Tensor) throws {
        let channels = [weight.size(0), weight.size(1)]
        let tiles = x.size(0) * ((x.size(2) + 3) / 4) * ((x.size(3) + 3) / 4)
        guard weight.shape.suffix(2) == [3, 3],
            channels.allSatisfy({ $0 >= 32 && $0.isMultiple(of: 16) }), tiles >= 64,
            [weight, x].allSatisfy({ $0.device == .cpu && $0.dtype == .float32 })
        else { return nil }
        kernels = try make("winograd_kernels", weight) { ct_winograd_kernels(weight.handle, $0) }
        self.bias = try bias?.contiguous()
        self.relu = relu
    }

    /// The convolution, after ReLU where it was requested. `[n, in, h, w] → [n, out, h, w]`,
    /// channels-last
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try make("conv2d", x) {
            ct_winograd_conv2d(x.handle, kernels.handle, bias?.handle, relu, $0)
        }
    }
}
