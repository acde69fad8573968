import CDenseKitTorch

/// The type of a tensor's elements; the raw values are libtorch's `ScalarType`.
public enum DType: Int32, Sendable, CaseIterable {
    /// Unsigned integers of 8 bits.
    case uint8 = 0
    /// Signed integers of 8 bits.
    case int8 = 1
    /// Signed integers of 16 bits.
    case int16 = 2
    /// Signed integers of 32 bits.
    case int32 = 3
    /// Signed integers of 64 bits: indices and class labels.
    case int64 = 4
    /// IEEE half precision.
    case float16 = 5
    /// IEEE single precision, the type of weights.
    case float32 = 6
    /// IEEE double precision.
    case float64 = 7
    /// One byte, 0 or 1.
    case bool = 11
    /// 16 bits: 8 of exponent, as float32, 7 of mantissa.
    case bfloat16 = 15

    /// Bytes of one element.
    public var size: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .int16, .float16, .bfloat16: 2
        case .int32, .float32: 4
        case .int64, .float64: 8
        }
    }

    /// Whether elements are floating-point numbers: float16, bfloat16, float32 or float64.
    public var isFloatingPoint: Bool {
        switch self {
        case .float16, .bfloat16, .float32, .float64: true
        default: false
        }
    }
}
