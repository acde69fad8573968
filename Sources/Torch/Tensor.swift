import CDenseKitTorch

/// An n-dimensional array on a device, with its place in the autograd graph.
///
/// A thin owner of one libtorch tensor: operations return new tensors (names that end in `InPlace` change theirs) and throw
/// `TorchError`. Not Sendable: a tensor is used by one thread at a time.
public final class Tensor {
    let handle: ct_tensor

    /// The module path of a parameter or buffer, for error messages. Set by `Module.assignNames()`.
    public var name: String?

    init(owning handle: ct_tensor) {
        Engine.prepare()
        self.handle = handle
    }

    deinit { ct_release(handle) }

    public var rank: Int { Int(ct_dim(handle)) }
    public var shape: [Int] { (0..<ct_dim(handle)).map { Int(ct_size(handle, $0)) } }
    public var count: Int { shape.reduce(1, *) }
    public var dtype: DType { DType(rawValue: ct_dtype(handle)) ?? .float32 }
    public var isContiguous: Bool { ct_is_contiguous(handle, Int32(CT_CONTIGUOUS)) }
    public var isChannelsLast: Bool { rank == 4 && ct_is_contiguous(handle, Int32(CT_CHANNELS_LAST)) }

    public var device: Device {
        var (type, index) = (Int32(0), Int32(0))
        _ = ct_device(handle, &type, &index)  // cannot fail for a defined tensor
        return type == CT_CUDA ? .cuda(Int(index)) : type == CT_META ? .meta : .cpu
    }

    /// The length of dimension `dim`; negative counts from the end. A dimension that does not exist has length 1.
    public func size(_ dim: Int) -> Int {
        let index = dim < 0 ? dim + rank : dim
        return index >= 0 && index < rank ? Int(ct_size(handle, Int64(index))) : 1
    }

    /// The one element of a tensor that has one.
    public func item() throws -> Double {
        var value = 0.0
        try check("item", self) { ct_item(handle, &value) }
        return value
    }

    /// A copy of the elements in row-major order, as `Float`.
    public func floats() throws -> [Float] { try elements(.float32) }

    /// A copy of the elements in row-major order, as `Int64`.
    public func integers() throws -> [Int64] { try elements(.int64) }

    /// A copy of the elements' bytes in row-major order, little-endian, in the tensor's own element type.
    public func bytes() throws -> [UInt8] {
        let source = try to(.cpu).contiguous()
        return try source.withUnsafeBytes { Array($0) }
    }

    private func elements<Element: BitwiseCopyable>(_ dtype: DType) throws -> [Element] {
        let source = try to(.cpu).to(dtype).contiguous()
        return try source.withUnsafeBytes { Array($0.bindMemory(to: Element.self)) }
    }

    /// The memory of a contiguous tensor on the CPU (`isContiguous`, or channels-last for who knows how to read it).
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        try body(UnsafeRawBufferPointer(try memory()))
    }

    /// The memory of a contiguous tensor on the CPU, for writing. Autograd does not see such a change.
    public func withUnsafeMutableBytes<Result>(_ body: (UnsafeMutableRawBufferPointer) throws -> Result) throws -> Result {
        try body(memory())
    }

    private func memory() throws -> UnsafeMutableRawBufferPointer {
        guard device == .cpu, isContiguous || isChannelsLast else {
            throw TorchError(
                operation: "withUnsafeBytes", operands: [self],
                message: "needs a contiguous tensor on the CPU, found one on \(device)")
        }
        var pointer: UnsafeMutableRawPointer?
        try check("data", self) { ct_data(handle, &pointer) }
        return UnsafeMutableRawBufferPointer(start: pointer, count: count * dtype.size)
    }
}

extension Tensor: CustomStringConvertible {
    public var description: String { "Tensor\(shape) \(dtype) \(device)" }
}
