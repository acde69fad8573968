/// The orientation of the camera when it stored an image's rows: the values of EXIF's orientation
/// tag.
public enum Orientation: Int, Sendable, CaseIterable {
    /// The rows and columns are stored as they are to be shown.
    case upright = 1
    /// One of the values 2…8 of the tag, in the order of the cases: mirrored, rotated or both.
    case mirrored, turnedHalf, flipped, transposed, turnedRight, transverse, turnedLeft

    /// Whether height and width are exchanged when the image is turned upright.
    public var swapsSides: Bool { rawValue >= 5 }
}

extension Size2D {
    /// The size of an image of this stored size once it is turned upright.
    public func oriented(_ orientation: Orientation) -> Size2D {
        orientation.swapsSides ? Size2D(height: width, width: height) : self
    }
}

extension RGBImage {
    /// The image turned upright, where its rows and columns are stored in `orientation`.
    public func oriented(_ orientation: Orientation) -> RGBImage {
        guard orientation != .upright, !pixels.isEmpty else { return self }
        let size = self.size.oriented(orientation)
        let flipsRows = [.turnedHalf, .flipped, .turnedRight, .transverse].contains(orientation)
        let flipsColumns = [.mirrored, .turnedHalf, .transverse, .turnedLeft].contains(orientation)
        // Where the output's first pixel is read, and how far apart its neighbours across and down
        // lie in the source.
        let first = ((flipsRows ? height - 1 : 0) * width + (flipsColumns ? width - 1 : 0)) * 3
        let row = flipsRows ? -width * 3 : width * 3
        let column = flipsColumns ? -3 : 3
        let (down, across) = orientation.swapsSides ? (column, row) : (row, column)
        let pixels = [UInt8](unsafeUninitializedCapacity: self.pixels.count) { target, count in
            self.pixels.withUnsafeBufferPointer { source in
                var to = 0
                for y in 0..<size.height {
                    var from = first + y * down
                    for _ in 0..<size.width {
                        target[to] = source[from]
                        target[to &+ 1] = source[from &+ 1]
                        target[to &+ 2] = source[from &+ 2]
                        to &+= 3
                        from &+= across
                    }
                }
            }
            count = self.pixels.count
        }
        return RGBImage(height: size.height, width: size.width, pixels: pixels)
    }
}
