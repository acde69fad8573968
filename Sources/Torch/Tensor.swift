import CDenseKitTorch

/// An n-dimensional array on a device, with its place in the autograd graph.
///
/// It owns one libtorch tensor. Operations return new tensors, except those whose name ends in
/// `InPlace`, which change their own; all throw `TorchError`. Not Sendable: a tensor is used by one
/// thread at a time.
public final class Tensor {
    let handle: ct_tensor

    /// Module path of a parameter or buffer, for error messages; nil for other tensors. Set by
    /// `Module.assignNames()`.
    public var name: String?

    init(owning handle: ct_tensor) {
        Engine.prepare()
        self.handle = handle
    }

    deinit { ct_release(handle) }

    /// Number of dimensions; 0 for a scalar.
    public var rank: Int { Int(ct_dim(handle)) }
    /// Length of each dimension; empty for a scalar.
    public var shape: [Int] { (0..<ct_dim(handle)).map { Int(ct_size(handle, $0)) } }
    /// Number of elements; 1 for a scalar.
    public var count: Int { shape.reduce(1, *) }
    /// Type of the elements.
    public var dtype: DType { DType(rawValue: ct_dtype(handle)) ?? .float32 }
    /// Whether the elements lie in row-major order without gaps.
    public var isContiguous: Bool { ct_is_contiguous(handle, Int32(CT_CONTIGUOUS)) }
    /// Whether a map `[n, c, h, w]` is laid out as `[n, h, w, c]` in memory without gaps; false for
    /// other ranks.
    public var isChannelsLast: Bool {
        rank == 4 && ct_is_contiguous(handle, Int32(CT_CHANNELS_LAST))
    }

    /// The device that holds the memory.
    public var device: Device {
        var type = Int32(0)
        var index = Int32(0)
        guard ct_device(handle, &type, &index) == 0, let device = Device(type: type, index: index)
        else {
            // A tensor comes from a function that was given one of these devices.
            fatalError("a tensor on no known device: \(String(cString: ct_last_error()))")
        }
        return device
    }

    /// Length of dimension `dim`, where negative numbers count from the end; 1 for a dimension that
    /// does not exist.
    public func size(_ dim: Int) -> Int {
        let index = dim < 0 ? dim + rank : dim
        return index >= 0 && index < rank ? Int(ct_size(handle, Int64(index))) : 1
    }

    /// The value of a tensor with one element.
    ///
    /// - Throws: `TorchError` for a tensor with another number of elements.
    public func item() throws -> Double {
        var value = 0.0
        try check("item", self) { ct_item(handle, &value) }
        return value
    }

    /// The values of tensors with one element each, as `item()` gives them, by one copy for all
    /// that are on one device and of one type: a GPU is waited for once.
    ///
    /// - Throws: `TorchError` for a tensor with another number of elements.
    public static func items(_ tensors: [Tensor]) throws -> [Double] {
        var values = [Double](repeating: 0, count: tensors.count)
        let groups = Dictionary(grouping: tensors.indices) { place in
            "\(tensors[place].device) \(tensors[place].dtype)"
        }
        for places in groups.values {
            let members = places.map { tensors[$0] }
            guard members.count > 1, members[0].device != .cpu,
                members.allSatisfy({ $0.count == 1 })
            else {
                for place in places { values[place] = try tensors[place].item() }
                continue
            }
            let all = try withoutGrad { try stack(members.map { try $0.reshaped([]) }) }
            for (place, value) in zip(places, try all.elements(.float64) as [Double]) {
                values[place] = value
            }
        }
        return values
    }

    /// A copy of the elements in row-major order, converted to `Float`.
    public func floats() throws -> [Float] { try elements(.float32) }

    /// A copy of the elements in row-major order, converted to `Int64`; fractions are cut off.
    public func integers() throws -> [Int64] { try elements(.int64) }

    /// A copy of the elements' bytes in row-major order, little-endian, in the tensor's own type.
    public func bytes() throws -> [UInt8] {
        let source = try to(.cpu).contiguous()
        return try source.withUnsafeBytes { Array($0) }
    }

    private func elements<Element: BitwiseCopyable>(_ dtype: DType) throws -> [Element] {
        let source = try to(.cpu).to(dtype).contiguous()
        return try source.withUnsafeBytes { Array($0.bindMemory(to: Element.self)) }
    }

    /// Calls `body` with the memory of a tensor on the CPU, in row-major order or, where the tensor
    /// is channels-last, as `[n, h, w, c]`.
    ///
    /// - Throws: `TorchError` for a tensor on another device or with another layout, and what
    ///   `body` throws.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws
        -> Result
    {
        try body(UnsafeRawBufferPointer(memory()))
    }

    /// Calls `body` with the memory of a tensor on the CPU for writing, in row-major order or,
    /// where the tensor is channels-last, as `[n, h, w, c]`. Autograd does not notice the change.
    ///
    /// - Throws: `TorchError` for a tensor on another device or with another layout, and what
    ///   `body` throws.
    public func withUnsafeMutableBytes<Result>(
        _ body: (UnsafeMutableRawBufferPointer) throws -> Result
    ) throws -> Result {
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
    /// Shape, type and device, not the elements: `Tensor[2, 3] float32 cpu`.
    public var description: String { "Tensor\(shape) \(dtype) \(device)" }
}
