/// The Fowler–Noll–Vo hash, variant 1a, of 64 bits: for names of cache files, seeds that follow
/// from a name, fingerprints of content.
///
/// Values are part of file names, so they are equal on every machine and in every version. Not safe
/// against attacks.
public struct FNV1a: Sendable, Equatable {
    /// The hash, 64 bits, of all that was added so far.
    public private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    /// The hash of nothing.
    public init() {}

    /// The hash of `bytes`; for text, pass its `utf8`.
    public init(_ bytes: some Sequence<UInt8>) { add(bytes) }

    /// Adds `bytes` after what was added before.
    public mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { add(UInt64(byte)) }
    }

    /// Adds one value of up to 64 bits in a single step.
    public mutating func add(_ value: UInt64) {
        self.value = (self.value ^ value) &* 0x0100_0000_01B3
    }

    /// The hash in lower-case hexadecimal, without leading zeros.
    public var hexadecimal: String { String(value, radix: 16) }

    /// The hash in lower-case hexadecimal, always 16 digits.
    public var digits: String {
        let text = hexadecimal
        return String(repeating: "0", count: 16 - text.count) + text
    }

    /// The 32-bit FNV-1a hash of `bytes`.
    public static func short(_ bytes: some Sequence<UInt8>) -> UInt32 {
        bytes.reduce(0x811C_9DC5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    }
}
