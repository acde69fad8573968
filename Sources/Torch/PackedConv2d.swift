import CDenseKitTorch

/// A convolution for inference on the CPU whose weights are stored once in the order that the
/// processor's kernel reads, with an optional ReLU in one pass. The results are those of `conv2d`
/// and `relu`.
public final class PackedConv2d {
    private let handle: ct_packed_conv2d
    /// Element type of weights, inputs and results: float32 or bfloat16.
    public let dtype: DType

    /// Packs `weight` `[out, in / groups, kh, kw]` for maps like `x` `[n, in, h, w]`; later maps
    /// may have another size.
    ///
    /// nil where there is no packed form: other devices than the CPU, element types other than
    /// float32 and bfloat16, maps that are not channels-last or are empty, or an engine without it.
    ///
    /// - Throws: `TorchError` for shapes that do not fit.
    public init?(
        _ weight: Tensor, _ bias: Tensor?, stride: Size2D = 1, padding: Size2D = 0,
        dilation: Size2D = 1, groups: Int = 1,
        relu: Bool = false,
        like x: Tensor
    ) throws {
        guard ct_can_pack_conv2d(), Self.isPackable(x, weight), bias?.dtype ?? x.dtype == x.dtype
        else { return nil }
        let strides = [Int64(stride.height), Int64(stride.width)]
        let paddings = [Int64(padding.height), Int64(padding.width)]
        let dilations = [Int64(dilation.height), Int64(dilation.width)]
        var made: ct_packed_conv2d?
        try check("pack_conv2d", x, weight, bias) {
            ct_pack_conv2d(
                weight.handle, bias?.handle, strides, paddings, dilations, Int64(groups),
                x.shape.map(Int64.init), relu, &made)
        }
        guard let made else { return nil }
        handle = made
        dtype = weight.dtype
    }

    deinit { ct_packed_conv2d_release(handle) }

    /// The convolution of a channels-last map of type `dtype`, after ReLU where it was requested.
    /// `[n, in, h, w] → [n, out, h', w']`
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try make("conv2d", x) { ct_packed_conv2d_run(handle, x.handle, $0) }
    }

    private static func isPackable(_ x: Tensor, _ weight: Tensor) -> Bool {
        x.device == .cpu && weight.device == .cpu && x.dtype == weight.dtype
            && [.float32, .bfloat16].contains(x.dtype)
            && x.isChannelsLast && x.count > 0
    }
}
