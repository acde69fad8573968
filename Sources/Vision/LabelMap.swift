/// A class index for every pixel, `[h, w]`; `LabelMap.ignore` marks the pixels that nobody labelled.
public struct LabelMap: Sendable, Equatable {
    /// No class: such pixels take part in neither loss nor metric. Out of reach of any class index, also with 847 classes.
    public static let ignore = UInt16.max

    public let height: Int
    public let width: Int
    /// `height · width` class indices, row-major.
    public var labels: [UInt16]

    public init(height: Int, width: Int, labels: [UInt16]) {
        precondition(labels.count == height * width, "a label map needs height × width labels")
        self.height = height
        self.width = width
        self.labels = labels
    }

    /// One label everywhere.
    public init(height: Int, width: Int, fill: UInt16 = LabelMap.ignore) {
        self.init(height: height, width: width, labels: [UInt16](repeating: fill, count: height * width))
    }
}

extension LabelMap {
    public var size: Size2D { Size2D(height: height, width: width) }
}
