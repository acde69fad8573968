import DenseKitVision
import Glibc

/// Anchors: boxes of fixed sizes and aspect ratios at every position of a feature pyramid, from
/// which a detector predicts boxes. mmdetection 2.17's `AnchorGenerator`.
///
/// An anchor of scale c and ratio r is `b · c / √r` wide and `b · c · √r` high, where b is the base
/// size of its level; its centre is `centerOffset · b` pixels right of and below the corner of its
/// cell.
public struct AnchorGenerator: Sendable, Hashable {
    /// Pixels of the image from one position to the next, for every level of the pyramid, finest
    /// first.
    public let strides: [Int]
    /// Aspect ratios: height over width.
    public let ratios: [Double]
    /// Sizes as multiples of the base size of the level.
    public let scales: [Double]
    /// Side in pixels of an anchor of scale 1 and ratio 1, for every level.
    public let baseSizes: [Double]
    /// Position of an anchor's centre in its cell, as a fraction of the base size, 0…1: 0 is the
    /// cell's corner, 0.5 its middle.
    public let centerOffset: Double

    /// Anchors of every ratio in every scale on every level.
    ///
    /// - Parameters:
    ///   - strides: of the levels, in pixels, finest first
    ///   - ratios: height divided by width
    ///   - scales: factors of the base sizes
    ///   - baseSizes: one for each stride; nil for the strides themselves
    ///   - centerOffset: place of an anchor's centre in its cell, as a fraction of the base size,
    ///     0…1
    /// - Throws: `SettingError` for an empty list, a number that is not above 0 and up to 1000000,
    ///   base sizes that do not match the strides in number, or an offset outside 0…1.
    public init(
        strides: [Int], ratios: [Double], scales: [Double], baseSizes: [Double]? = nil,
        centerOffset: Double = 0
    ) throws {
        let baseSizes = baseSizes ?? strides.map(Double.init)
        for (name, values) in [
            ("strides", strides.map(Double.init)), ("ratios", ratios), ("scales", scales),
            ("base sizes", baseSizes),
        ] {
            guard !values.isEmpty, values.allSatisfy({ $0 > 0 && $0 <= 1e6 }) else {
                throw SettingError(
                    key: name,
                    "the anchors' \(name) must be one or more numbers above 0 and up to 1000000, found \(values)"
                )
            }
        }
        guard baseSizes.count == strides.count else {
            throw SettingError(
                "the anchors have \(baseSizes.count) base sizes for \(strides.count) strides")
        }
        try SettingError.check("the anchors' centre offset", centerOffset, in: 0...1)
        self.strides = strides
        self.ratios = ratios
        self.scales = scales
        self.baseSizes = baseSizes
        self.centerOffset = centerOffset
    }

    /// RetinaNet's scales: `base · 2^(i / perOctave)` for i from 0 to `perOctave - 1` (Lin et al.,
    /// [arXiv:1708.02002](https://arxiv.org/abs/1708.02002), section 4).
    ///
    /// - Throws: `SettingError` for a count outside 1…100.
    public static func octaveScales(base: Double, perOctave: Int) throws -> [Double] {
        try SettingError.check(
            "scales per octave", perOctave, in: 1...100, key: "scales_per_octave")
        return (0..<perOctave).map { base * exp2(Double($0) / Double(perOctave)) }
    }

    /// Number of anchors at each position: ratios times scales.
    public var perPosition: Int { ratios.count * scales.count }

    /// The anchors of the top left cell, ordered by ratio, then scale: corners in pixels, one
    /// `[perPosition, 4]` for each level.
    public func baseAnchors() throws -> [Tensor] {
        try baseSizes.map { base in
            let size = Float(base)
            let center = Float(centerOffset * base)
            let corners = ratios.flatMap { ratio in
                let root = Float(ratio).squareRoot()
                return scales.flatMap { scale in
                    let width = size * (1 / root) * Float(scale)
                    let height = size * root * Float(scale)
                    return [
                        center - 0.5 * width, center - 0.5 * height, center + 0.5 * width,
                        center + 0.5 * height,
                    ]
                }
            }
            return try Tensor.from(corners, shape: [perPosition, 4])
        }
    }

    /// All anchors for feature maps of `sizes`, ordered by row, then column, then base anchor:
    /// corners in pixels, one `[h · w · perPosition, 4]` for each level.
    ///
    /// - Throws: `SettingError` unless there is one size for each stride.
    public func anchors(for sizes: [Size2D], on device: Device = .standard) throws -> [Tensor] {
        try check(sizes)
        // One copy to the device for all levels. [levels, perPosition, 4]
        let base = try Tensor.stack(baseAnchors()).to(device)
        return try zip(sizes, strides).enumerated().map { level, place in
            let (size, stride) = place
            let x =
                try Tensor.arange(to: Double(size.width), dtype: .float32, device: device)
                * Double(stride)
            let y =
                try Tensor.arange(to: Double(size.height), dtype: .float32, device: device)
                * Double(stride)
            let columns = try x.reshaped([1, size.width]).expanded([size.height, size.width])
            let rows = try y.reshaped([size.height, 1]).expanded([size.height, size.width])
            // [h, w, 1, 4]
            let shifts = try Tensor.stack([columns, rows, columns, rows], dim: -1).unsqueezed(2)
            return try (shifts + base.selected(0, level)).reshaped([
                size.height * size.width * perPosition, 4,
            ])
        }
    }

    /// Whether each anchor's cell begins inside the padded image; the cells beyond it are padding
    /// of the batch. One `[h · w · perPosition]` bool for each level, in the order of
    /// `anchors(for:on:)`.
    ///
    /// - Parameters:
    ///   - sizes: of the feature maps, one for each level
    ///   - paddedSize: the image with its own padding, without the batch's, in pixels
    ///   - device: of the result
    /// - Throws: `SettingError` unless there is one size for each stride.
    public func validFlags(for sizes: [Size2D], paddedSize: Size2D, on device: Device = .standard)
        throws -> [Tensor]
    {
        try check(sizes)
        return try zip(sizes, strides).map { size, stride in
            let rows = cells(paddedSize.height, stride)
            let columns = cells(paddedSize.width, stride)
            let x = try Tensor.arange(to: Double(size.width), device: device).isLess(
                than: Double(columns))
            let y = try Tensor.arange(to: Double(size.height), device: device).isLess(
                than: Double(rows))
            let flags = try y.reshaped([size.height, 1, 1]).and(x.reshaped([1, size.width, 1]))
            return try flags.expanded([size.height, size.width, perPosition]).reshaped([
                size.height * size.width * perPosition
            ])
        }
    }

    /// How many cells of `stride` pixels begin within `length`.
    private func cells(_ length: Int, _ stride: Int) -> Int {
        length / stride + (length % stride == 0 ? 0 : 1)
    }

    private func check(_ sizes: [Size2D]) throws {
        guard sizes.count == strides.count else {
            throw SettingError("\(sizes.count) maps came for anchors of \(strides.count) strides")
        }
    }
}
