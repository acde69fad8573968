import DenseKitFoundations
import DenseKitNN

/// Values that follow from a name, equal in any programming language: the weights and inputs of
/// golden cases.
///
/// They come from the SplitMix64 stream that starts at the FNV-1a hash of the seed.
public enum NameSeeded {
    /// The start of a seed's stream: the 64-bit FNV-1a hash of its UTF-8 bytes.
    public static func hash(_ text: String) -> UInt64 { FNV1a(text.utf8).value }

    /// The i-th number (from 0) of the stream of `hash`.
    @inline(__always)
    static func bits(_ hash: UInt64, _ index: Int) -> UInt64 {
        var z = hash &+ (UInt64(truncatingIfNeeded: index) &+ 1) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// `count` floats in `[offset − scale, offset + scale)`: `offset + scale · u`, with u in
    /// `[-1, 1)` from the upper 24 bits of the stream's numbers.
    public static func floats(_ seed: String, count: Int, offset: Double, scale: Double) -> [Float]
    {
        let hash = hash(seed)
        return [Float](unsafeUninitializedCapacity: count) { buffer, filled in
            for index in 0..<count {
                let u = Double(bits(hash, index) >> 40) * 0x1p-23 - 1
                buffer[index] = Float(offset + scale * u)
            }
            filled = count
        }
    }

    /// `count` integers in `low..<high`: `low` plus the upper 31 bits of the stream's numbers
    /// modulo the span.
    /// - Precondition: `low < high`.
    public static func integers(_ seed: String, count: Int, low: Int64, high: Int64) -> [Int64] {
        let hash = hash(seed)
        let span = UInt64(bitPattern: high &- low)
        return (0..<count).map { low &+ Int64((bits(hash, $0) >> 33) % span) }
    }
}
