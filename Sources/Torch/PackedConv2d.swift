import CDenseKitTorch

/// A convolution for inference on the CPU whose weights are stored once in the order that the processor's kernel reads, and whose ReLU
/// happens in the same pass. The same numbers as `conv2d` and `relu`.
public final class PackedConv2d {
    private let handle: ct_packed_conv2d
    /// The element type of weights and maps.
    public let dtype: DType

    /// Packs `weight` `[out, in / groups, kh, kw]` for maps like `x` `[n, in, h, w]`. Later maps may have another size.
    ///
    /// `nil` where this engine or these tensors have no packed form: other devices, element types, or memory layouts.
    public init?(
        _ weight: Tensor, _ bias: Tensor?, stride: Size2D = 1, padding: Size2D = 0, dilation: Size2D = 1, groups: Int = 1,
        relu: Bool = false,
        like x: Tensor
    ) throws {
        guard ct_can_pack_conv2d(), Self.isPackable(x, weight), bias?.dtype ?? x.dtype == x.dtype else { return nil }
        let strides = [Int64(stride.height), Int64(stride.width)]
        let paddings = [Int64(padding.height), Int64(padding.width)]
        let dilations = [Int64(dilation.height), Int64(dilation.width)]
        var made: ct_packed_conv2d?
        try check("pack_conv2d", x, weight, bias) {
            ct_pack_conv2d(
                weight.handle, bias?.handle, strides, paddings, dilations, Int64(groups), x.shape.map(Int64.init), relu, &made)
        }
        guard let made else { return nil }
        (handle, dtype) = (made, weight.dtype)
    }

    deinit { ct_packed_conv2d_release(handle) }

    /// `[n, in, h, w] → [n, out, h', w']`
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try make("conv2d", x) { ct_packed_conv2d_run(handle, x.handle, $0) }
    }

    private static func isPackable(_ x: Tensor, _ weight: Tensor) -> Bool {
        x.device == .cpu && weight.device == .cpu && x.dtype == weight.dtype && [.float32, .bfloat16].contains(x.dtype)
            && x.isChannelsLast && x.count > 0
    }
}
