/// The random numbers of a scene: SplitMix64 (Steele et al. 2014), the same on every machine.
struct SceneRandom {
    private var state: UInt64

    /// A stream of its own for each scene of each seed.
    init(seed: UInt64, index: Int) {
        state =
            SceneRandom.mixed(seed &+ 0x9E37_79B9_7F4A_7C15)
            ^ SceneRandom.mixed(UInt64(bitPattern: Int64(index)))
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return SceneRandom.mixed(state)
    }

    /// Uniform in `[low, high)`.
    mutating func number(_ low: Float, _ high: Float) -> Float {
        low + (high - low) * Float(next() >> 40) * 0x1p-24
    }

    /// Uniform in `0..<count`.
    mutating func index(_ count: Int) -> Int { Int(next() >> 33) % count }

    mutating func chance(_ probability: Float) -> Bool { number(0, 1) < probability }

    mutating func element<Element>(_ elements: [Element]) -> Element {
        elements[index(elements.count)]
    }

    /// A direction, by rational functions alone: sines differ from one mathematics library to the
    /// next.
    mutating func direction() -> SIMD2<Float> {
        let t = number(-1, 1)
        let half = SIMD2((1 - t * t) / (1 + t * t), 2 * t / (1 + t * t))
        return chance(0.5) ? half : -half
    }

    fileprivate static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Smooth noise in the plane: random values at whole coordinates, blended in between.
struct PlaneNoise {
    private let key: UInt64

    init(_ random: inout SceneRandom) { key = random.next() }

    /// In `[0, 1)`; features have the size 1.
    func callAsFunction(_ x: Float, _ y: Float) -> Float {
        let column = x.rounded(.down)
        let row = y.rounded(.down)
        let u = PlaneNoise.smooth(x - column)
        let v = PlaneNoise.smooth(y - row)
        let i = Int32(column)
        let j = Int32(row)
        let top = value(i, j) + u * (value(i &+ 1, j) - value(i, j))
        let bottom = value(i, j &+ 1) + u * (value(i &+ 1, j &+ 1) - value(i, j &+ 1))
        return top + v * (bottom - top)
    }

    /// The value of one whole coordinate, in `[0, 1)`.
    func value(_ i: Int32, _ j: Int32) -> Float {
        let position = UInt64(UInt32(bitPattern: i)) << 32 | UInt64(UInt32(bitPattern: j))
        return Float(SceneRandom.mixed(key ^ position) >> 40) * 0x1p-24
    }

    private static func smooth(_ t: Float) -> Float { t * t * (3 - 2 * t) }
}

/// A wave of period 1 between -1 and 1, made of parabolas.
func wave(_ t: Float) -> Float {
    let phase = t - t.rounded(.down)
    return phase < 0.5 ? 16 * phase * (0.5 - phase) : -16 * (phase - 0.5) * (1 - phase)
}
