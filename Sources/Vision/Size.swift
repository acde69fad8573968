/// Height and width in pixels.
public struct Size: Sendable, Hashable, CustomStringConvertible {
    public var height: Int
    public var width: Int

    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    public var longSide: Int { max(height, width) }
    public var shortSide: Int { min(height, width) }

    /// `h×w`.
    public var description: String { "\(height)×\(width)" }

    /// The size scaled by `factor`, rounded to the nearest pixel as mmcv does (`Int(x · factor + 0.5)`), at least 1×1.
    public func scaled(by factor: Double) -> Size {
        func side(_ length: Int) -> Int {
            let scaled = Double(length) * factor + 0.5
            return scaled < 1 ? 1 : Int(min(scaled, Double(Int32.max)))
        }
        return Size(height: side(height), width: side(width))
    }

    /// The factor that makes the size as large as both limits allow, the ratio of its sides kept (mmcv's `rescale_size`).
    public func scale(within limit: ScaleLimit) -> Double {
        min(Double(limit.long) / Double(longSide), Double(limit.short) / Double(shortSide))
    }

    /// The size at `scale(within:)`.
    public func rescaled(within limit: ScaleLimit) -> Size { scaled(by: scale(within: limit)) }
}

/// What the long and the short side of a picture may measure, whichever way up it is.
public struct ScaleLimit: Sendable, Hashable, CustomStringConvertible {
    public let long: Int
    public let short: Int

    /// The order of the two does not matter.
    public init(_ one: Int, _ other: Int) {
        long = max(one, other)
        short = min(one, other)
    }

    /// Both limits times `ratio`, truncated to integers as mmsegmentation does.
    public func scaled(by ratio: Double) -> ScaleLimit {
        ScaleLimit(Int(Double(long) * ratio), Int(Double(short) * ratio))
    }

    /// `(long, short)`.
    public var description: String { "(\(long), \(short))" }
}

/// A rectangle of pixels: rows `y ..< y + height`, columns `x ..< x + width`.
public struct Window: Sendable, Hashable, CustomStringConvertible {
    public var y: Int
    public var x: Int
    public var height: Int
    public var width: Int

    public init(y: Int, x: Int, height: Int, width: Int) {
        self.y = y
        self.x = x
        self.height = height
        self.width = width
    }

    /// Everything of a picture of `size`.
    public init(_ size: Size) {
        self.init(y: 0, x: 0, height: size.height, width: size.width)
    }

    public var size: Size { Size(height: height, width: width) }

    /// `h×w at (y, x)`.
    public var description: String { "\(height)×\(width) at (\(y), \(x))" }

    /// Whether the window lies inside a picture of `size` and holds at least one pixel.
    public func lies(in size: Size) -> Bool {
        y >= 0 && x >= 0 && height > 0 && width > 0 && height <= size.height - y && width <= size.width - x
    }

    /// The window that `inner`, which counts from this window's corner, covers in this window's picture.
    public func subwindow(_ inner: Window) -> Window {
        Window(y: y + inner.y, x: x + inner.x, height: inner.height, width: inner.width)
    }
}

extension RGBImage {
    public var size: Size { Size(height: height, width: width) }
}

extension LabelMap {
    public var size: Size { Size(height: height, width: width) }
}
