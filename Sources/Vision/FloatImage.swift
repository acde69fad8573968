/// A 32-bit float image with three channels, row-major and interleaved: `[h, w, 3]`, in the order
/// R, G, B.
public struct FloatImage: Sendable, Equatable {
    /// The number of rows, in pixels.
    public let height: Int
    /// The number of columns, in pixels.
    public let width: Int
    /// The `height · width · 3` values, row-major, in the order R, G, B.
    public var pixels: [Float]

    /// - Parameters:
    ///   - height: in pixels
    ///   - width: in pixels
    ///   - pixels: exactly `height · width · 3` values, row-major, in the order R, G, B
    public init(height: Int, width: Int, pixels: [Float]) {
        precondition(pixels.count == height * width * 3, "an image needs height × width × 3 values")
        self.height = height
        self.width = width
        self.pixels = pixels
    }

    /// The levels of an 8-bit image as floats of 0…255.
    public init(_ image: RGBImage) {
        self.init(height: image.height, width: image.width, pixels: image.pixels.map(Float.init))
    }

    /// Height and width in pixels.
    public var size: Size2D { Size2D(height: height, width: width) }

    /// The image resized to `size`, bilinear with aligned half pixels (OpenCV's `INTER_LINEAR` on
    /// floats, up to rounding). Both sizes are at least 1×1.
    public func resized(to size: Size2D) -> FloatImage {
        precondition(
            height > 0 && width > 0 && size.height > 0 && size.width > 0, "a resize needs pixels")
        if size == self.size { return self }
        let columns = LinearAxis(
            source: width, target: size.width, range: 0..<size.width, clamped: true)
        let rows = LinearAxis(
            source: height, target: size.height, range: 0..<size.height, clamped: true)
        var result = [Float]()
        result.reserveCapacity(size.height * size.width * 3)
        for y in 0..<size.height {
            let upper = rows.first[y] * width
            let lower = min(rows.first[y] + 1, height - 1) * width
            let down = rows.fraction[y]
            for x in 0..<size.width {
                let left = columns.first[x]
                let right = min(left + 1, width - 1)
                let across = columns.fraction[x]
                for c in 0..<3 {
                    let top =
                        pixels[(upper + left) * 3 + c] * (1 - across) + pixels[
                            (upper + right) * 3 + c] * across
                    let bottom =
                        pixels[(lower + left) * 3 + c] * (1 - across) + pixels[
                            (lower + right) * 3 + c] * across
                    result.append(top * (1 - down) + bottom * down)
                }
            }
        }
        return FloatImage(height: size.height, width: size.width, pixels: result)
    }
}
