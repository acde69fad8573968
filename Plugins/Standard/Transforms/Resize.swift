import DenseKitCore

/// Scales the image (bilinear), the labels and masks (nearest) and the boxes, as mmsegmentation's
/// and mmdetection's `Resize`; pixels are bit-exact to OpenCV's or to Pillow's.
///
/// With `ratio_range` the limits are multiplied by a random ratio and truncated to integers first.
/// With `scales` the limits are one of several, or drawn between the smallest and the largest.
/// Takes one random number for a ratio or a choice, two for limits drawn between.
public struct Resize: Transform {
    /// The settings of `Resize` in YAML.
    public struct Configuration: IdleKeysConfiguration {
        /// `[long, short]`: the limits of the two sides in pixels, 1…65535. Without `keep_ratio` it
        /// is `[width, height]`.
        public var scale = [2048, 512]
        /// `[low, high]` of the random ratio, 0 < low ≤ high ≤ 64, by default `[0.5, 2]`; nil for
        /// no ratio. Must be nil beside `scales`.
        public var ratioRange: [Double]? = [0.5, 2]
        /// Several `[long, short]` in place of `scale`, from which one is drawn for each image;
        /// empty for `scale`.
        public var scales: [[Int]] = []
        /// How a scale is drawn from `scales`.
        public var scalesMode = ScalesMode.choice
        /// Whether the image keeps its aspect ratio and is as large as fits within the limits.
        public var keepRatio = true
        /// The library whose pixels are reproduced: a model trained with those of one loses
        /// accuracy with those of the other. `pil` resizes 8-bit images alone.
        public var backend = ResizeBackend.cv2

        public init() {}

        /// `scale` where `scales` replaces it, and `scales_mode` without two or more `scales`.
        public var idleKeys: [(key: String, reason: String)] {
            if scales.isEmpty { return [("scales_mode", "there are no scales to draw from")] }
            return [("scale", "scales takes its place")]
                + (scales.count == 1 ? [("scales_mode", "there is one of scales")] : [])
        }
    }

    /// How a scale is drawn from several.
    public enum ScalesMode: String, Codable, Sendable, CaseIterable {
        /// One of the scales as it is.
        case choice
        /// Long and short side drawn separately, each a whole number from the smallest to the
        /// largest of the scales.
        case range
    }

    private var scales: [(first: Int, second: Int)]
    private let scalesMode: ScalesMode
    private let ratios: (low: Double, high: Double)?
    private let keepsRatio: Bool
    private let backend: ResizeBackend

    /// The transform with these settings.
    ///
    /// - Throws: `SettingError` for sides or ratios out of range, and for a `ratio_range` beside
    ///   `scales`.
    public init(_ configuration: Configuration) throws {
        let isSeveral = !configuration.scales.isEmpty
        scales = try (isSeveral ? configuration.scales : [configuration.scale]).map { sides in
            guard sides.count == 2, sides.allSatisfy((1...65535).contains) else {
                throw SettingError(
                    "Resize", isSeveral ? "scales" : "scale",
                    "expected two sides of 1…65535 pixels, found \(sides)")
            }
            return (sides[0], sides[1])
        }
        guard !isSeveral || configuration.ratioRange == nil else {
            throw SettingError(
                "Resize", "ratio_range",
                "expected null beside scales: an image is scaled by the one or the other")
        }
        scalesMode = configuration.scalesMode
        keepsRatio = configuration.keepRatio
        backend = configuration.backend
        ratios = try configuration.ratioRange.map { range in
            guard range.count == 2, range[0] > 0, range[0] <= range[1], range[1] <= 64 else {
                throw SettingError(
                    "Resize", "ratio_range",
                    "expected [low, high] with 0 < low ≤ high ≤ 64, found \(range)")
            }
            return (range[0], range[1])
        }
    }

    /// Resizes the image, labels and instances of `sample` in place.
    ///
    /// - Throws: `SettingError` with the backend `pil` after `Normalize`.
    public func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) throws {
        guard backend == .cv2 || !sample.isNormalized else {
            throw SettingError(
                "Resize", "backend", "pil resizes 8-bit images only: put Resize before Normalize")
        }
        let scale = scale(&random)
        let ratio = ratios.map { random.uniform($0.low, $0.high) } ?? 1
        guard keepsRatio else {
            let sides = [scale.first, scale.second].map { max(1, Int(Double($0) * ratio)) }
            return sample.resize(to: Size2D(height: sides[1], width: sides[0]), backend: backend)
        }
        sample.resize(
            to: sample.size.rescaled(
                within: ScaleLimit(scale.first, scale.second).scaled(by: ratio)), backend: backend)
    }

    /// `scales` where the size is fixed; `refused` where a scale or a ratio is drawn for each
    /// image.
    public var testTimeUse: TestTimeUse {
        if scales.count > 1 {
            return .refused(
                key: "scales", reason: "one of \(scales.count) scales is drawn for each image",
                remedy: "give one `scale`; \(Term.testTimeAugmentation) takes several")
        }
        if let ratios, ratios.low < ratios.high {
            return .refused(
                key: "ratio_range",
                reason:
                    "its ratio_range is [\(ratios.low), \(ratios.high)], so the scale is drawn for each image",
                remedy: "write ratio_range: null, which is not the default")
        }
        return .scales
    }

    private func scale(_ random: inout SampleRandom) -> (first: Int, second: Int) {
        guard scales.count > 1 else { return scales[0] }
        if scalesMode == .choice { return scales[random.integer(in: 0..<scales.count)] }
        func side(_ sides: [Int]) -> Int {
            random.integer(in: (sides.min() ?? 1)..<(sides.max() ?? 1) + 1)
        }
        // By `keep_ratio` the order of the two means nothing, else it is width and height.
        let firsts = scales.map { keepsRatio ? max($0.first, $0.second) : $0.first }
        let seconds = scales.map { keepsRatio ? min($0.first, $0.second) : $0.second }
        return (side(firsts), side(seconds))
    }

    /// The transform with both limits multiplied by `ratio` and truncated, at least 1 pixel, as in
    /// mmsegmentation's multi-scale test.
    public func scaled(by ratio: Double) -> any Transform {
        var copy = self
        copy.scales = scales.map {
            (max(1, Int(Double($0.first) * ratio)), max(1, Int(Double($0.second) * ratio)))
        }
        return copy
    }
}
