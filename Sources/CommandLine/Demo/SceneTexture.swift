/// How the surface of a class looks; colours are red, green, blue in `[0, 1]`, coordinates in image
/// sizes.
enum SceneTexture {
    /// A gradient towards the horizon, with clouds.
    case sky(top: SIMD3<Float>, bottom: SIMD3<Float>, horizon: Float, PlaneNoise)
    /// Upright blades.
    case grass(SIMD3<Float>, PlaneNoise)
    /// Level ripples.
    case water(SIMD3<Float>, frequency: Float, PlaneNoise)
    /// Grains.
    case sand(SIMD3<Float>, PlaneNoise)
    /// Rows of bricks, every other row shifted by half a brick.
    case bricks(SIMD3<Float>, mortar: SIMD3<Float>, height: Float, PlaneNoise)
    /// Clumps of leaves with dark gaps.
    case leaves(SIMD3<Float>, PlaneNoise)
    /// Fine upright grain.
    case bark(SIMD3<Float>, PlaneNoise)
    /// A shaded sphere with a band around it.
    case sphere(
        SIMD3<Float>, band: SIMD3<Float>, centre: SIMD2<Float>, radius: Float, axis: SIMD2<Float>)
    /// Stripes of two colours.
    case stripes(SIMD3<Float>, SIMD3<Float>, axis: SIMD2<Float>, width: Float)
    /// One colour.
    case plain(SIMD3<Float>)

    func color(_ p: SIMD2<Float>) -> SIMD3<Float> {
        switch self {
        case .sky(let top, let bottom, let horizon, let noise):
            let height = min(p.y / horizon, 1)
            let cloud = max(
                0, noise(p.x * 4, p.y * 9) * 0.7 + noise(p.x * 9, p.y * 20) * 0.3 - 0.45)
            return top + height * (bottom - top) + cloud * 0.9 * (SIMD3(repeating: 1) - top)
        case .grass(let color, let noise):
            return color * (0.6 + 0.55 * noise(p.x * 70, p.y * 16) + 0.25 * noise(p.x * 8, p.y * 8))
        case .water(let color, let frequency, let noise):
            let ripple = wave(p.y * frequency + 0.6 * noise(p.x * 7, p.y * 14))
            return color * (0.9 + 0.16 * ripple + 0.1 * noise(p.x * 10, p.y * 60))
        case .sand(let color, let noise):
            return color
                * (0.82 + 0.22 * noise(p.x * 100, p.y * 100) + 0.1 * noise(p.x * 6, p.y * 12))
        case .bricks(let color, let mortar, let height, let noise):
            let row = (p.y / height).rounded(.down)
            let offset: Float = Int(row) % 2 == 0 ? 0 : 0.5
            let along = p.x / (2.2 * height) + offset
            let brick = along.rounded(.down)
            let isMortar = p.y / height - row < 0.18 || along - brick < 0.09
            return isMortar
                ? mortar
                : color
                    * (0.75 + 0.4 * noise.value(Int32(brick), Int32(row)) + 0.1
                        * noise(p.x * 60, p.y * 60))
        case .leaves(let color, let noise):
            let clump = noise(p.x * 22, p.y * 22)
            let gap: Float = clump < 0.3 ? 0.55 : 1
            return color * gap * (0.5 + 0.6 * clump + 0.25 * noise(p.x * 45, p.y * 45))
        case .bark(let color, let noise):
            return color * (0.7 + 0.5 * noise(p.x * 90, p.y * 12))
        case .sphere(let color, let band, let centre, let radius, let axis):
            let q = (p - centre) / radius
            let light = max(0, 1 - ((q + SIMD2(0.35, 0.4)) * (q + SIMD2(0.35, 0.4))).sum() / 2.2)
            let isBand = abs((q * axis).sum()) < 0.28
            let highlight: Float = light > 0.93 ? 0.35 : 0
            return (isBand ? band : color) * (0.4 + 0.75 * light) + SIMD3(repeating: highlight)
        case .stripes(let first, let second, let axis, let width):
            let position = (p * axis).sum() / width
            return Int(position.rounded(.down)) & 1 == 0 ? first : second
        case .plain(let color):
            return color
        }
    }
}
