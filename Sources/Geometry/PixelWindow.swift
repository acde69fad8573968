/// A rectangle of pixels, which may reach beyond an image: rows `y ..< y + height`, columns `x ..< x + width`.
public struct PixelWindow: Sendable, Hashable, CustomStringConvertible {
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

    /// Everything of an image of `size`.
    public init(_ size: Size2D) {
        self.init(y: 0, x: 0, height: size.height, width: size.width)
    }

    public var size: Size2D { Size2D(height: height, width: width) }

    /// `h×w at (y, x)`.
    public var description: String { "\(height)×\(width) at (\(y), \(x))" }

    /// Whether the window lies inside an image of `size` and holds at least one pixel.
    public func lies(in size: Size2D) -> Bool {
        y >= 0 && x >= 0 && height > 0 && width > 0 && height <= size.height - y && width <= size.width - x
    }

    /// The window that `inner`, which counts from this window's corner, covers in this window's image.
    public func subwindow(_ inner: PixelWindow) -> PixelWindow {
        PixelWindow(y: y + inner.y, x: x + inner.x, height: inner.height, width: inner.width)
    }
}
