import CDenseKitTorch

/// Where a tensor's memory is.
public enum Device: Sendable, Hashable, CustomStringConvertible {
    /// The processor and its main memory.
    case cpu
    /// The NVIDIA GPU of this index, from 0.
    case cuda(Int)
    /// Shapes and element types without memory.
    case meta

    /// The device of new tensors for which none is given: the CPU, or the one of `withDevice`.
    @TaskLocal public static var standard: Device = .cpu

    /// Reads `cpu`, `cuda` (the first GPU) or `cuda:1`; nil for any other text.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        switch (parts.first, parts.count) {
        case ("cpu", 1): self = .cpu
        case ("cuda", 1): self = .cuda(0)
        case ("cuda", 2):
            // The engine counts devices in a byte.
            guard let index = Int(parts[1]), 0...Int(Int8.max) ~= index else { return nil }
            self = .cuda(index)
        default: return nil
        }
    }

    /// `cpu`, `cuda:0` or `meta`.
    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        case .meta: "meta"
        }
    }

    var type: Int32 {
        switch self {
        case .cpu: Int32(CT_CPU)
        case .cuda: Int32(CT_CUDA)
        case .meta: Int32(CT_META)
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
