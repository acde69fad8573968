/// A class index for every pixel, `[h, w]`; `LabelMap.ignore` marks pixels without a class.
public struct LabelMap: Sendable, Equatable {
    /// The label of pixels without a class (65535), which count neither in losses nor in metrics.
    /// No class has this index.
    public static let ignore = UInt16.max

    /// The number of rows, in pixels.
    public let height: Int
    /// The number of columns, in pixels.
    public let width: Int
    /// `height · width` class indices, row-major.
    public var labels: [UInt16]

    /// - Parameters:
    ///   - height: in pixels
    ///   - width: in pixels
    ///   - labels: exactly `height · width` class indices, row-major
    public init(height: Int, width: Int, labels: [UInt16]) {
        precondition(labels.count == height * width, "a label map needs height × width labels")
        self.height = height
        self.width = width
        self.labels = labels
    }

    /// A map with the label `fill` for every pixel.
    public init(height: Int, width: Int, fill: UInt16 = LabelMap.ignore) {
        self.init(
            height: height, width: width, labels: [UInt16](repeating: fill, count: height * width))
    }
}

extension LabelMap {
    /// Height and width in pixels.
    public var size: Size2D { Size2D(height: height, width: width) }
}
