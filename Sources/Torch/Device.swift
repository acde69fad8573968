import CDenseKitTorch

/// Where a tensor's memory is.
public enum Device: Sendable, Hashable, CustomStringConvertible {
    /// The processor and its main memory.
    case cpu
    /// The NVIDIA GPU of this index, from 0.
    case cuda(Int)
    /// Shapes and element types without memory.
    case meta
    /// The device of a backend that is no part of libtorch and registered itself at libtorch's key
    /// PrivateUse1, as the tests' own device does. A program without such a backend has none.
    case privateUse1

    /// The device of new tensors for which none is given: the CPU, or the one of `withDevice`.
    @TaskLocal public static var standard: Device = .cpu

    /// Reads `cpu`, `cuda` (the first GPU), `cuda:1` or `privateuse1`; nil for any other text.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        switch (parts.first, parts.count) {
        case ("cpu", 1): self = .cpu
        case ("cuda", 1): self = .cuda(0)
        case ("privateuse1", 1): self = .privateUse1
        case ("cuda", 2):
            // The engine counts devices in a byte.
            guard let index = Int(parts[1]), 0...Int(Int8.max) ~= index else { return nil }
            self = .cuda(index)
        default: return nil
        }
    }

    /// `cpu`, `cuda:0`, `meta` or `privateuse1`.
    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        case .meta: "meta"
        case .privateUse1: "privateuse1"
        }
    }

    var type: Int32 {
        switch self {
        case .cpu: Int32(CT_CPU)
        case .cuda: Int32(CT_CUDA)
        case .meta: Int32(CT_META)
        case .privateUse1: Int32(CT_PRIVATEUSE1)
        }
    }

    /// Nil for numbers that are none of ct.h's.
    init?(type: Int32, index: Int32) {
        switch Int(type) {
        case CT_CPU: self = .cpu
        case CT_CUDA: self = .cuda(Int(index))
        case CT_META: self = .meta
        case CT_PRIVATEUSE1: self = .privateUse1
        default: return nil
        }
    }

    var index: Int32 {
        if case .cuda(let index) = self { Int32(index) } else { 0 }
    }
}

/// Runs `body` with `device` as the device of new tensors for which none is given. On `.meta` a
/// model of any size is built from shapes alone. Synchronous, since the device belongs to the
/// thread.
public func withDevice<Result>(_ device: Device, _ body: () throws -> Result) rethrows -> Result {
    try Device.$standard.withValue(device, operation: body)
}
