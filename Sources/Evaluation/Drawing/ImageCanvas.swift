import DenseKitVision

/// Draws on a copy of an image. Parts beyond the edges are cut off.
public struct ImageCanvas: Sendable {
    /// The image with everything drawn so far.
    public private(set) var image: RGBImage

    /// A canvas on a copy of `image`.
    public init(_ image: RGBImage) { self.image = image }

    /// The size of a line of `text` in pixels, at `scale` pixels for a dot of the font.
    public static func size(of text: String, scale: Int = 1) -> (width: Int, height: Int) {
        (max(text.count * BitmapFont.advance - 1, 0) * scale, BitmapFont.height * scale)
    }

    /// Fills a rectangle.
    public mutating func fill(_ rectangle: PixelWindow, _ color: RGBColor) {
        let columns = clamped(rectangle.x, rectangle.width, to: image.width)
        let rows = clamped(rectangle.y, rectangle.height, to: image.height)
        let width = image.width
        image.pixels.withUnsafeMutableBufferPointer { pixels in
            for y in rows {
                for x in columns {
                    let pixel = 3 * (y * width + x)
                    pixels[pixel] = color.red
                    pixels[pixel + 1] = color.green
                    pixels[pixel + 2] = color.blue
                }
            }
        }
    }

    /// Draws the outline of a rectangle, `thickness` pixels wide, inside of it.
    public mutating func outline(_ rectangle: PixelWindow, _ color: RGBColor, thickness: Int = 1) {
        let x = rectangle.x
        let y = rectangle.y
        let width = rectangle.width
        let height = rectangle.height
        let thickness = min(thickness, min(width, height))
        fill(PixelWindow(y: y, x: x, height: thickness, width: width), color)
        fill(PixelWindow(y: y + height - thickness, x: x, height: thickness, width: width), color)
        fill(PixelWindow(y: y, x: x, height: height, width: thickness), color)
        fill(PixelWindow(y: y, x: x + width - thickness, height: height, width: thickness), color)
    }

    /// Draws a line of text with its upper left corner at (`x`, `y`). Characters other than
    /// printable ASCII show as `?`.
    /// - Parameters:
    ///   - text: one line
    ///   - x: the left edge, in pixels
    ///   - y: the upper edge, in pixels
    ///   - color: of the dots
    ///   - scale: pixels for a dot of the font
    public mutating func text(_ text: String, x: Int, y: Int, _ color: RGBColor, scale: Int = 1) {
        for (position, character) in text.enumerated() {
            let left = x + position * BitmapFont.advance * scale
            if left >= image.width { return }
            for (row, bits) in zip(0..., BitmapFont.glyph(character)) where bits != 0 {
                for column in 0..<BitmapFont.width
                where bits >> (BitmapFont.width - 1 - column) & 1 == 1 {
                    fill(
                        PixelWindow(
                            y: y + row * scale, x: left + column * scale, height: scale,
                            width: scale), color)
                }
            }
        }
    }

    /// Draws a line of text on a filled rectangle with its upper left corner at (`x`, `y`). The
    /// text is black or white, whichever is easier to read.
    /// - Parameters:
    ///   - text: one line
    ///   - x: the left edge of the rectangle, in pixels
    ///   - y: the upper edge of the rectangle, in pixels
    ///   - background: the colour of the rectangle
    ///   - scale: pixels for a dot of the font
    public mutating func label(_ text: String, x: Int, y: Int, background: RGBColor, scale: Int = 1)
    {
        let size = ImageCanvas.size(of: text, scale: scale)
        fill(
            PixelWindow(y: y, x: x, height: size.height + 2 * scale, width: size.width + 4 * scale),
            background)
        self.text(text, x: x + 2 * scale, y: y + 2 * scale, background.readableInk, scale: scale)
    }

    /// Draws a box with its name: the outline, and the label above it, or inside where there is no
    /// room above.
    /// - Parameters:
    ///   - rectangle: the box, in pixels
    ///   - label: the text of the label
    ///   - color: of the outline, and of the label's rectangle
    ///   - thickness: of the outline, in pixels
    ///   - scale: pixels for a dot of the font
    public mutating func box(
        _ rectangle: PixelWindow, label: String, _ color: RGBColor, thickness: Int = 2,
        scale: Int = 1
    ) {
        outline(rectangle, color, thickness: thickness)
        name(rectangle, label, color, scale: scale)
    }

    /// The label of a box alone: above it, or inside where there is no room above.
    mutating func name(_ rectangle: PixelWindow, _ label: String, _ color: RGBColor, scale: Int = 1)
    {
        if label.isEmpty { return }
        let size = ImageCanvas.size(of: label, scale: scale)
        let above = rectangle.y - size.height - 2 * scale
        let x = max(0, min(rectangle.x, image.width - size.width - 4 * scale))
        self.label(
            label, x: x, y: above >= 0 ? above : max(rectangle.y, 0), background: color,
            scale: scale)
    }

    /// Copies `other` onto the canvas with its upper left corner at (`x`, `y`).
    public mutating func paste(_ other: RGBImage, x: Int, y: Int) {
        let columns = clamped(x, other.width, to: image.width)
        let rows = clamped(y, other.height, to: image.height)
        let width = image.width
        if columns.isEmpty { return }
        image.pixels.withUnsafeMutableBufferPointer { pixels in
            other.pixels.withUnsafeBufferPointer { source in
                for row in rows {
                    let from = 3 * ((row - y) * other.width + columns.lowerBound - x)
                    let to = 3 * (row * width + columns.lowerBound)
                    for offset in 0..<(3 * columns.count) {
                        pixels[to + offset] = source[from + offset]
                    }
                }
            }
        }
    }

    /// The part of `start..<start + length` that lies in `0..<limit`.
    private func clamped(_ start: Int, _ length: Int, to limit: Int) -> Range<Int> {
        let (end, overflow) = start.addingReportingOverflow(max(length, 0))
        let low = min(max(start, 0), limit)
        return low..<max(low, min(overflow ? limit : end, limit))
    }
}

extension RGBColor {
    /// Black or white: what is read better on this colour.
    var readableInk: RGBColor {
        // Rec. 601's weights of the channels in brightness, in thousandths.
        299 * Int(red) + 587 * Int(green) + 114 * Int(blue) > 140_000
            ? RGBColor(0, 0, 0) : RGBColor(255, 255, 255)
    }
}
