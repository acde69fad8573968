import DenseKit

/// Scales the picture (bilinear) and the labels (nearest), as mmsegmentation's `Resize`, bit-exact to OpenCV or to Pillow.
///
/// With `ratio_range` the limits are multiplied by a random ratio and truncated to integers first. One draw if there is a range.
public struct Resize: Transform {
    public struct Configuration: DenseKit.Configuration {
        /// `[long, short]`: what the sides may measure at most. Without `keep_ratio` it is `[width, height]`.
        public var scale = [2048, 512]
        /// `[low, high]` of the random ratio; null for none.
        public var ratioRange: [Double]? = [0.5, 2]
        /// Whether the picture keeps the ratio of its sides.
        public var keepRatio = true
        /// Whose arithmetic: weights that were trained with one library lose accuracy with the other's pixels.
        public var backend = ResizeBackend.cv2

        public init() {}
    }

    private var scale: (first: Int, second: Int)
    private let ratios: (low: Double, high: Double)?
    private let keepsRatio: Bool
    private let backend: ResizeBackend

    /// - Throws: `SettingError` for sides or ratios out of range.
    public init(_ configuration: Configuration) throws {
        let sides = configuration.scale
        guard sides.count == 2, sides.allSatisfy((1...65535).contains) else {
            throw SettingError("Resize", "scale", "expected two sides of 1…65535 pixels, found \(sides)")
        }
        scale = (sides[0], sides[1])
        keepsRatio = configuration.keepRatio
        backend = configuration.backend
        ratios = try configuration.ratioRange.map { range in
            guard range.count == 2, range[0] > 0, range[0] <= range[1], range[1] <= 64 else {
                throw SettingError("Resize", "ratio_range", "expected [low, high] with 0 < low ≤ high ≤ 64, found \(range)")
            }
            return (range[0], range[1])
        }
    }

    public func callAsFunction(_ sample: inout Sample, _ random: inout SampleRandom) throws {
        guard backend == .cv2 || !sample.isNormalized else {
            throw SettingError("Resize", "backend", "pil resizes 8-bit pictures only: put Resize before Normalize")
        }
        let ratio = ratios.map { random.uniform($0.low, $0.high) } ?? 1
        guard keepsRatio else {
            let sides = [scale.first, scale.second].map { max(1, Int(Double($0) * ratio)) }
            return sample.resize(to: Size(height: sides[1], width: sides[0]), backend: backend)
        }
        sample.resize(to: sample.size.rescaled(within: ScaleLimit(scale.first, scale.second).scaled(by: ratio)), backend: backend)
    }

    /// Both sides times `ratio`, truncated, as mmsegmentation's multi-scale test does.
    public func scaled(by ratio: Double) -> any Transform {
        var copy = self
        copy.scale = (max(1, Int(Double(scale.first) * ratio)), max(1, Int(Double(scale.second) * ratio)))
        return copy
    }
}
