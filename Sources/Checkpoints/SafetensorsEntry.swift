/// The element types of safetensors; raw values are their names in the file.
public enum SafetensorsType: String, Sendable, CaseIterable {
    /// One byte, 0 or 1.
    case bool = "BOOL"
    /// Unsigned integers of 8 bits.
    case uint8 = "U8"
    /// Signed integers of 8 bits.
    case int8 = "I8"
    /// 8 bits: 4 of exponent, 3 of mantissa.
    case float8E4M3 = "F8_E4M3"
    /// 8 bits: 5 of exponent, 2 of mantissa.
    case float8E5M2 = "F8_E5M2"
    /// Signed integers of 16 bits.
    case int16 = "I16"
    /// Unsigned integers of 16 bits.
    case uint16 = "U16"
    /// IEEE half precision.
    case float16 = "F16"
    /// 16 bits: 8 of exponent, as float32, 7 of mantissa.
    case bfloat16 = "BF16"
    /// Signed integers of 32 bits.
    case int32 = "I32"
    /// Unsigned integers of 32 bits.
    case uint32 = "U32"
    /// IEEE single precision.
    case float32 = "F32"
    /// Signed integers of 64 bits.
    case int64 = "I64"
    /// Unsigned integers of 64 bits.
    case uint64 = "U64"
    /// IEEE double precision.
    case float64 = "F64"

    /// The size of one element in bytes.
    public var byteSize: Int {
        switch self {
        case .bool, .uint8, .int8, .float8E4M3, .float8E5M2: 1
        case .int16, .uint16, .float16, .bfloat16: 2
        case .int32, .uint32, .float32: 4
        case .int64, .uint64, .float64: 8
        }
    }

    /// The bytes of a tensor of `shape`; nil where they are more than a computer can count, or a
    /// size is negative.
    ///
    /// So they are for an empty tensor of sizes whose product is, whatever their order: its strides
    /// cannot be counted either.
    func byteCount(_ shape: [Int]) -> Int? {
        var total = byteSize
        for size in shape where size != 0 {
            let (product, overflow) = total.multipliedReportingOverflow(by: size)
            guard size > 0, !overflow else { return nil }
            total = product
        }
        return shape.contains(0) ? 0 : total
    }
}

/// A tensor in a safetensors file.
public struct SafetensorsEntry: Sendable, Equatable {
    /// The tensor's name in the file.
    public let name: String
    /// The type of its elements.
    public let dtype: SafetensorsType
    /// The sizes of its dimensions; empty for a scalar.
    public let shape: [Int]
    /// The range of bytes in the file that holds its elements, row-major and little-endian.
    public let byteRange: Range<Int>
}
