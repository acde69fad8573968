import DenseKitComponents

/// A stream of random numbers for one sample's augmentation, which depends only on (seed, epoch,
/// index).
public struct SampleRandom: Sendable, RandomNumberGenerator {
    private let key: SIMD2<UInt32>
    private var counter: SIMD4<UInt32>
    private var block = SIMD4<UInt32>()
    private var used = 4

    /// What a stream is drawn for: streams of two purposes have nothing in common.
    enum Purpose: UInt32 {
        case augmentation, order
    }

    /// The stream of sample `index` of the data set in `epoch`.
    public init(seed: UInt64, epoch: Int, index: Int) {
        self.init(seed: seed, epoch: epoch, index: index, purpose: .augmentation)
    }

    init(seed: UInt64, epoch: Int, index: Int, purpose: Purpose) {
        key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        // 24 more bits of the index share a word with the purpose.
        let high = UInt32(truncatingIfNeeded: index >> 32) & 0xFF_FFFF
        counter = SIMD4(
            0, UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: epoch),
            high | purpose.rawValue << 24)
    }

    /// Whether any number was drawn.
    var isUsed: Bool { counter[0] != 0 }

    private mutating func next32() -> UInt32 {
        if used == 4 {
            block = Philox.block(counter, key: key)
            counter[0] &+= 1
            used = 0
        }
        defer { used += 1 }
        return block[used]
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        let high = UInt64(next32()) << 32
        return high | UInt64(next32())
    }

    /// Uniform in [low, high), with 53 random bits.
    public mutating func uniform(_ low: Double = 0, _ high: Double = 1) -> Double {
        low + (high - low) * (Double(next() >> 11) * 0x1p-53)
    }

    /// Uniform in `range`, which must not be empty; every value is equally likely.
    ///
    /// By Lemire's multiplication with rejection, written out so that the draws do not change with
    /// releases of the standard library.
    public mutating func integer(in range: Range<Int>) -> Int {
        precondition(!range.isEmpty, "a random number needs a range that is not empty")
        let width = UInt64(bitPattern: Int64(range.upperBound &- range.lowerBound))
        var product = next().multipliedFullWidth(by: width)
        if product.low < width {
            let threshold = (0 &- width) % width
            while product.low < threshold { product = next().multipliedFullWidth(by: width) }
        }
        return range.lowerBound &+ Int(truncatingIfNeeded: product.high)
    }

    /// True with `probability`, 0…1. Always uses one random number.
    public mutating func chance(_ probability: Double = 0.5) -> Bool { uniform() < probability }
}
