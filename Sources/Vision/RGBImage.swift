/// An 8-bit RGB image, row-major and interleaved: `[h, w, 3]`.
public struct RGBImage: Sendable, Equatable {
    /// The number of rows, in pixels.
    public let height: Int
    /// The number of columns, in pixels.
    public let width: Int
    /// The `height · width · 3` bytes, row-major, in the order R, G, B.
    public var pixels: [UInt8]

    /// - Parameters:
    ///   - height: in pixels
    ///   - width: in pixels
    ///   - pixels: exactly `height · width · 3` bytes, row-major, in the order R, G, B
    public init(height: Int, width: Int, pixels: [UInt8]) {
        precondition(pixels.count == height * width * 3, "an image needs height × width × 3 bytes")
        self.height = height
        self.width = width
        self.pixels = pixels
    }

    /// An image of one colour; black by default.
    public init(height: Int, width: Int, fill: RGBColor = RGBColor(0, 0, 0)) {
        self.height = height
        self.width = width
        pixels = [UInt8](unsafeUninitializedCapacity: height * width * 3) { buffer, count in
            for i in 0..<height * width {
                buffer[3 * i] = fill.red
                buffer[3 * i + 1] = fill.green
                buffer[3 * i + 2] = fill.blue
            }
            count = height * width * 3
        }
    }
}

/// An 8-bit RGB colour.
public struct RGBColor: Sendable, Hashable {
    /// The red level, 0…255.
    public var red: UInt8
    /// The green level, 0…255.
    public var green: UInt8
    /// The blue level, 0…255.
    public var blue: UInt8

    /// A colour of three levels, 0…255 each.
    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }
}

extension RGBImage {
    /// Height and width in pixels.
    public var size: Size2D { Size2D(height: height, width: width) }
}
