/// Where an object of a scene is; coordinates in image sizes, y downwards.
enum SceneShape {
    case everything
    /// Behind a line with waves: the points with `normal · p > offset`, the offset moved by noise
    /// along the line.
    case beyond(normal: SIMD2<Float>, offset: Float, roughness: Float, PlaneNoise)
    /// From one corner to the other.
    case rectangle(SIMD2<Float>, SIMD2<Float>)
    /// A rotated rectangle; `axis` is the direction of its half width.
    case block(centre: SIMD2<Float>, half: SIMD2<Float>, axis: SIMD2<Float>)
    case discs([(centre: SIMD2<Float>, radius: Float)])

    func contains(_ p: SIMD2<Float>) -> Bool {
        switch self {
        case .everything: return true
        case .beyond(let normal, let offset, let roughness, let noise):
            let along = p.x * normal.y - p.y * normal.x
            return (p * normal).sum() > offset + roughness * (noise(along * 6, 0) - 0.5)
        case .rectangle(let low, let high):
            return p.x >= low.x && p.x < high.x && p.y >= low.y && p.y < high.y
        case .block(let centre, let half, let axis):
            let q = p - centre
            return abs((q * axis).sum()) < half.x && abs(q.x * axis.y - q.y * axis.x) < half.y
        case .discs(let discs):
            return discs.contains {
                (($0.centre - p) * ($0.centre - p)).sum() < $0.radius * $0.radius
            }
        }
    }
}
