import CDenseKitTorch
import Glibc

extension Tensor {
    /// A tensor of `shape` with uninitialised memory.
    ///
    /// - Parameters:
    ///   - shape: lengths of the dimensions
    ///   - dtype: type of the elements
    ///   - device: where the memory is
    ///   - channelsLast: whether `[n, c, h, w]` is laid out as `[n, h, w, c]` in memory
    public static func empty(
        _ shape: [Int], dtype: DType = .float32, device: Device = .standard,
        channelsLast: Bool = false
    ) throws -> Tensor {
        let format = channelsLast ? Int32(CT_CHANNELS_LAST) : Int32(CT_CONTIGUOUS)
        return try making("empty", shape) {
            ct_empty($0, $1, dtype.rawValue, device.type, device.index, format, $2)
        }
    }

    /// A tensor of `shape` whose elements are all `value`.
    public static func full(
        _ shape: [Int], _ value: Double, dtype: DType = .float32, device: Device = .standard
    ) throws -> Tensor {
        try making("full", shape) {
            ct_full($0, $1, value, dtype.rawValue, device.type, device.index, $2)
        }
    }

    /// A tensor of `shape` filled with 0.
    public static func zeros(_ shape: [Int], dtype: DType = .float32, device: Device = .standard)
        throws -> Tensor
    {
        try full(shape, 0, dtype: dtype, device: device)
    }

    /// A tensor of `shape` filled with 1.
    public static func ones(_ shape: [Int], dtype: DType = .float32, device: Device = .standard)
        throws -> Tensor
    {
        try full(shape, 1, dtype: dtype, device: device)
    }

    /// The numbers `start`, `start + step`, … before `end`. `[n]`
    public static func arange(
        _ start: Double = 0, to end: Double, step: Double = 1, dtype: DType = .int64,
        device: Device = .standard
    ) throws -> Tensor {
        try make("arange") {
            ct_arange(start, end, step, dtype.rawValue, device.type, device.index, $0)
        }
    }

    /// A float32 tensor with a copy of `values` in row-major order, of one dimension unless `shape`
    /// is given.
    ///
    /// - Throws: `TorchError` where `shape` does not hold as many elements.
    public static func from(_ values: [Float], shape: [Int]? = nil) throws -> Tensor {
        try values.withUnsafeBytes {
            try from(bytes: $0, shape: shape ?? [values.count], dtype: .float32)
        }
    }

    /// An int64 tensor with a copy of `values` in row-major order, of one dimension unless `shape`
    /// is given.
    ///
    /// - Throws: `TorchError` where `shape` does not hold as many elements.
    public static func from(_ values: [Int64], shape: [Int]? = nil) throws -> Tensor {
        try values.withUnsafeBytes {
            try from(bytes: $0, shape: shape ?? [values.count], dtype: .int64)
        }
    }

    /// An int64 tensor `[n]` on `device` for each of `lists`, by one copy for all of them: they
    /// share their memory.
    public static func from(_ lists: [[Int64]], on device: Device) throws -> [Tensor] {
        let all = try from(Array(lists.joined())).to(device)
        var start = 0
        return try lists.map { list in
            defer { start += list.count }
            return try all.narrowed(0, start, list.count)
        }
    }

    /// A tensor with a copy of `bytes`: the elements in row-major order, little-endian.
    ///
    /// - Parameters:
    ///   - bytes: the elements
    ///   - shape: lengths of the dimensions
    ///   - dtype: type of the elements
    ///   - channelsLast: whether the bytes lie as `[n, h, w, c]` while `shape` is `[n, c, h, w]`
    /// - Throws: `TorchError` where the number of bytes does not fit `shape` and `dtype`.
    public static func from(
        bytes: UnsafeRawBufferPointer, shape: [Int], dtype: DType, channelsLast: Bool = false
    ) throws -> Tensor {
        let made = try empty(shape, dtype: dtype, device: .cpu, channelsLast: channelsLast)
        guard bytes.count == made.count * dtype.size else {
            throw TorchError(
                operation: "from(bytes:)", operands: [made],
                message:
                    "expected \(made.count * dtype.size) bytes for \(shape) of \(dtype), found \(bytes.count)"
            )
        }
        try made.withUnsafeMutableBytes { $0.copyMemory(from: bytes) }
        return Device.standard == .cpu ? made : try made.to(Device.standard)
    }

    /// The tensor converted to another element type; the tensor itself where it has that type.
    /// `[…] → […]`
    public func to(_ dtype: DType) throws -> Tensor {
        let place = device
        return try make("to", self) { ct_to(handle, dtype.rawValue, place.type, place.index, $0) }
    }

    /// The tensor copied to another device; the tensor itself where it is there. `[…] → […]`
    public func to(_ device: Device) throws -> Tensor {
        try make("to", self) { ct_to(handle, dtype.rawValue, device.type, device.index, $0) }
    }

    /// The elements laid out in row-major order; a copy only where they are not. `[…] → […]`
    public func contiguous() throws -> Tensor {
        try make("contiguous", self) { ct_contiguous(handle, Int32(CT_CONTIGUOUS), $0) }
    }

    /// A map `[n, c, h, w]` laid out as `[n, h, w, c]` in memory; the shape stays, and it is a copy
    /// only where the layout differs.
    public func channelsLast() throws -> Tensor {
        try make("channels_last", self) { ct_contiguous(handle, Int32(CT_CHANNELS_LAST), $0) }
    }

    /// A copy with its own memory. `[…] → […]`
    public func cloned() throws -> Tensor { try make("clone", self) { ct_clone(handle, $0) } }

    /// Overwrites the elements with those of `source`, broadcast to this shape and converted to
    /// this type, and returns this tensor. `[…], […] → […]`
    @discardableResult
    public func copyInPlace(_ source: Tensor) throws -> Tensor {
        try check("copy_", self, source) { ct_copy_(handle, source.handle) }
        return self
    }

    /// Overwrites every element with `value`, and returns this tensor. `[…] → […]`
    @discardableResult
    public func fillInPlace(_ value: Double) throws -> Tensor {
        try check("fill_", self) { ct_fill_(handle, value) }
        return self
    }

    private static func making(
        _ operation: StaticString, _ shape: [Int],
        _ body: (UnsafePointer<Int64>?, Int64, UnsafeMutablePointer<ct_tensor?>) -> Int32
    ) throws -> Tensor {
        try withDims(shape) { dims, count in
            var result: ct_tensor?
            guard body(dims, count, &result) == 0, let result else {
                throw TorchError(
                    operation: "\(operation)", operands: [],
                    message: String(cString: ct_last_error()) + " (requested shape \(shape))")
            }
            return Tensor(owning: result)
        }
    }
}

/// Hands integers to C.
@inline(__always)
func withDims<Result>(_ values: [Int], _ body: (UnsafePointer<Int64>?, Int64) throws -> Result)
    rethrows -> Result
{
    try values.withUnsafeBytes {
        try body($0.bindMemory(to: Int64.self).baseAddress, Int64(values.count))
    }
}

/// The distribution function of the standard normal distribution.
func normalCDF(_ x: Double) -> Double { (1 + erf(x / 2.0.squareRoot())) / 2 }
