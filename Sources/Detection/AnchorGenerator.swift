import Glibc
import DenseKitVision

/// Boxes of fixed sizes and ratios at every position of a pyramid, from which a detector's predictions start.
/// mmdetection 2.17's `AnchorGenerator`.
///
/// On a level of stride s, an anchor of scale c and ratio r is `b · c / √r` wide and `b · c · √r` high, where b is the level's base size;
/// its centre is `centerOffset · b` right of and below the cell's corner.
public struct AnchorGenerator: Sendable, Hashable {
    /// Pixels of the image from one position to the next, for every level of the pyramid, finest first.
    public let strides: [Int]
    /// Heights over widths.
    public let ratios: [Double]
    /// Multiples of the base sizes.
    public let scales: [Double]
    /// The side of an anchor of scale 1 and ratio 1, for every level.
    public let baseSizes: [Double]
    /// Where in its cell an anchor's centre is: 0 the corner, 0.5 the middle (of a cell of the base size).
    public let centerOffset: Double

    /// - Parameter baseSizes: the strides unless given
    ///
    /// Throws `SettingError` for lists that are empty or have numbers that are not positive.
    public init(
        strides: [Int], ratios: [Double], scales: [Double], baseSizes: [Double]? = nil, centerOffset: Double = 0
    ) throws {
        let baseSizes = baseSizes ?? strides.map(Double.init)
        for (name, values) in [
            ("strides", strides.map(Double.init)), ("ratios", ratios), ("scales", scales), ("base sizes", baseSizes),
        ] {
            guard !values.isEmpty, values.allSatisfy({ $0 > 0 && $0 <= 1e6 }) else {
                throw SettingError(
                    key: name, "the anchors' \(name) must be one or more numbers above 0 and up to 1000000, found \(values)")
            }
        }
        guard baseSizes.count == strides.count else {
            throw SettingError("the anchors have \(baseSizes.count) base sizes for \(strides.count) strides")
        }
        try SettingError.check("the anchors' centre offset", centerOffset, in: 0...1)
        (self.strides, self.ratios, self.scales) = (strides, ratios, scales)
        (self.baseSizes, self.centerOffset) = (baseSizes, centerOffset)
    }

    /// RetinaNet's scales: `base · 2^(i / perOctave)`.
    ///
    /// Throws `SettingError` for a count outside 1…100.
    public static func octaveScales(base: Double, perOctave: Int) throws -> [Double] {
        try SettingError.check("scales per octave", perOctave, in: 1...100, key: "scales_per_octave")
        return (0..<perOctave).map { base * exp2(Double($0) / Double(perOctave)) }
    }

    /// Anchors at every position.
    public var perPosition: Int { ratios.count * scales.count }

    /// The anchors of every level around the corner of the image: ratios outer, scales inner. `[perPosition, 4]` each
    public func baseAnchors() throws -> [Tensor] {
        try baseSizes.map { base in
            let size = Float(base)
            let center = Float(centerOffset * base)
            let corners = ratios.flatMap { ratio in
                let root = Float(ratio).squareRoot()
                return scales.flatMap { scale in
                    let (width, height) = (size * (1 / root) * Float(scale), size * root * Float(scale))
                    return [center - 0.5 * width, center - 0.5 * height, center + 0.5 * width, center + 0.5 * height]
                }
            }
            return try Tensor.from(corners, shape: [perPosition, 4])
        }
    }

    /// All anchors of maps of `sizes`: by row, then column, then base anchor. `[h · w · perPosition, 4]` for every level
    ///
    /// Throws `SettingError` unless there is a size for every stride.
    public func anchors(for sizes: [Size2D], on device: Device = .standard) throws -> [Tensor] {
        try check(sizes)
        return try zip(zip(sizes, strides), baseAnchors()).map { level, base in
            let (size, stride) = level
            let x = try Tensor.arange(to: Double(size.width), dtype: .float32, device: device) * Double(stride)
            let y = try Tensor.arange(to: Double(size.height), dtype: .float32, device: device) * Double(stride)
            let columns = try x.reshaped([1, size.width]).expanded([size.height, size.width])
            let rows = try y.reshaped([size.height, 1]).expanded([size.height, size.width])
            let shifts = try Tensor.stack([columns, rows, columns, rows], dim: -1).unsqueezed(2)  // [h, w, 1, 4]
            return try (shifts + base.to(device)).reshaped([size.height * size.width * perPosition, 4])
        }
    }

    /// Which anchors stand at positions within the padded image, `[h · w · perPosition]` bool for every level: a batch's padding, which
    /// is not the image's own, has none that count.
    ///
    /// Throws `SettingError` unless there is a size for every stride.
    public func validFlags(for sizes: [Size2D], paddedSize: Size2D, on device: Device = .standard) throws -> [Tensor] {
        try check(sizes)
        return try zip(sizes, strides).map { size, stride in
            let (rows, columns) = (cells(paddedSize.height, stride), cells(paddedSize.width, stride))
            let x = try Tensor.arange(to: Double(size.width), device: device).isLess(than: Double(columns))
            let y = try Tensor.arange(to: Double(size.height), device: device).isLess(than: Double(rows))
            let flags = try y.reshaped([size.height, 1, 1]).and(x.reshaped([1, size.width, 1]))
            return try flags.expanded([size.height, size.width, perPosition]).reshaped([size.height * size.width * perPosition])
        }
    }

    /// How many cells of `stride` pixels begin within `length`.
    private func cells(_ length: Int, _ stride: Int) -> Int { length / stride + (length % stride == 0 ? 0 : 1) }

    private func check(_ sizes: [Size2D]) throws {
        guard sizes.count == strides.count else {
            throw SettingError("\(sizes.count) maps came for anchors of \(strides.count) strides")
        }
    }
}
