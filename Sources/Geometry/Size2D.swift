/// Height and width, in pixels or in elements: of an image, a window, a kernel, a stride. An integer literal means both: `stride: 2`.
public struct Size2D: Sendable, Hashable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    public var height: Int
    public var width: Int

    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    public init(_ height: Int, _ width: Int) { self.init(height: height, width: width) }

    /// The same height and width.
    public init(_ both: Int) { self.init(both, both) }
    public init(integerLiteral value: Int) { self.init(value) }

    public var longSide: Int { max(height, width) }
    public var shortSide: Int { min(height, width) }

    /// `h×w`.
    public var description: String { "\(height)×\(width)" }

    /// The size scaled by `factor`, rounded to the nearest pixel as mmcv does (`Int(x · factor + 0.5)`), at least 1×1.
    public func scaled(by factor: Double) -> Size2D {
        func side(_ length: Int) -> Int {
            let scaled = Double(length) * factor + 0.5
            return scaled < 1 ? 1 : Int(min(scaled, Double(Int32.max)))
        }
        return Size2D(height: side(height), width: side(width))
    }

    /// The factor that makes the size as large as both limits allow, the ratio of its sides kept (mmcv's `rescale_size`).
    public func scale(within limit: ScaleLimit) -> Double {
        min(Double(limit.long) / Double(longSide), Double(limit.short) / Double(shortSide))
    }

    /// The size at `scale(within:)`.
    public func rescaled(within limit: ScaleLimit) -> Size2D { scaled(by: scale(within: limit)) }
}
