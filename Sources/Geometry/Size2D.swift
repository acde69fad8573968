/// Height and width of an image, a window, a kernel or a stride, in pixels or in elements. An
/// integer literal means both: `stride: 2`.
public struct Size2D: Sendable, Hashable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// Rows: pixels or elements from top to bottom.
    public var height: Int
    /// Columns: pixels or elements from left to right.
    public var width: Int

    /// A size by named sides. Nothing is checked: 0 and negative values are possible.
    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    /// Height first, then width.
    public init(_ height: Int, _ width: Int) { self.init(height: height, width: width) }

    /// `both` as height and as width.
    public init(_ both: Int) { self.init(both, both) }
    /// `Size2D(value)`: an integer literal as height and as width.
    public init(integerLiteral value: Int) { self.init(value) }

    /// The larger of height and width.
    public var longSide: Int { max(height, width) }
    /// The smaller of height and width.
    public var shortSide: Int { min(height, width) }

    /// `h×w`.
    public var description: String { "\(height)×\(width)" }

    /// The size scaled by `factor`, rounded to the nearest pixel as mmcv does
    /// (`Int(x · factor + 0.5)`), at least 1×1.
    public func scaled(by factor: Double) -> Size2D {
        func side(_ length: Int) -> Int {
            let scaled = Double(length) * factor + 0.5
            return scaled < 1 ? 1 : Int(min(scaled, Double(Int32.max)))
        }
        return Size2D(height: side(height), width: side(width))
    }

    /// The largest factor at which both sides stay within `limit`, with the same aspect ratio
    /// (mmcv's `rescale_size`).
    public func scale(within limit: ScaleLimit) -> Double {
        min(Double(limit.long) / Double(longSide), Double(limit.short) / Double(shortSide))
    }

    /// The size scaled as large as `limit` allows, with the same aspect ratio:
    /// `scaled(by: scale(within: limit))`.
    public func rescaled(within limit: ScaleLimit) -> Size2D { scaled(by: scale(within: limit)) }
}
