/// Philox4x32-10, a counter-based random number generator: a counter and a key always give the same
/// four numbers, in whatever order they are requested.
///
/// Salmon et al., *Parallel Random Numbers: As Easy as 1, 2, 3*, SC 2011.
public enum Philox {
    /// The four random 32-bit numbers of a counter under a key, after ten rounds.
    public static func block(_ counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
        var x = counter
        var key = key
        for _ in 0..<10 {
            let even = UInt64(x[0]) &* 0xD251_1F53
            let odd = UInt64(x[2]) &* 0xCD9E_8D57
            x = SIMD4(
                UInt32(truncatingIfNeeded: odd >> 32) ^ x[1] ^ key[0],
                UInt32(truncatingIfNeeded: odd),
                UInt32(truncatingIfNeeded: even >> 32) ^ x[3] ^ key[1],
                UInt32(truncatingIfNeeded: even))
            key = key &+ SIMD2(0x9E37_79B9, 0xBB67_AE85)
        }
        return x
    }
}
