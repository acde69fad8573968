/// A window of pixels, which may reach beyond an image: rows `y ..< y + height`, columns
/// `x ..< x + width`.
public struct PixelWindow: Sendable, Hashable, CustomStringConvertible {
    /// First row; negative above the image.
    public var y: Int
    /// First column; negative left of the image.
    public var x: Int
    /// Number of rows.
    public var height: Int
    /// Number of columns.
    public var width: Int

    /// A window at row `y` and column `x`. Nothing is checked against an image: see `lies(in:)`.
    public init(y: Int, x: Int, height: Int, width: Int) {
        self.y = y
        self.x = x
        self.height = height
        self.width = width
    }

    /// The window that covers a whole image of `size`.
    public init(_ size: Size2D) {
        self.init(y: 0, x: 0, height: size.height, width: size.width)
    }

    /// The height and width of the window.
    public var size: Size2D { Size2D(height: height, width: width) }

    /// `h×w at (y, x)`.
    public var description: String { "\(height)×\(width) at (\(y), \(x))" }

    /// Whether the window lies inside an image of `size` and holds at least one pixel.
    public func lies(in size: Size2D) -> Bool {
        y >= 0 && x >= 0 && height > 0 && width > 0 && height <= size.height - y
            && width <= size.width - x
    }

    /// `inner`, whose position is relative to this window's corner, in coordinates of the image.
    public func subwindow(_ inner: PixelWindow) -> PixelWindow {
        PixelWindow(y: y + inner.y, x: x + inner.x, height: inner.height, width: inner.width)
    }
}
