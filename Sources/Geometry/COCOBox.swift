/// A box by its top left corner, width and height, in pixels: the `bbox` of a COCO annotation.
public struct COCOBox: Sendable, Hashable, CustomStringConvertible {
    /// Left edge.
    public var x: Double
    /// Top edge.
    public var y: Double
    /// Pixels from the left to the right edge.
    public var width: Double
    /// Pixels from the top to the bottom edge.
    public var height: Double

    /// A box of any corner and sides; a negative side is not refused.
    public init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// A box given by its corners; the sides are computed in float32.
    public init(_ box: BoundingBox) {
        self.init(
            x: Double(box.x1), y: Double(box.y1), width: Double(box.width),
            height: Double(box.height))
    }

    /// Width times height, in square pixels.
    public var area: Double { width * height }

    /// Intersection over union (IoU), 0…1, as pycocotools computes it; 0 for boxes that do not
    /// overlap.
    ///
    /// - Parameters:
    ///   - other: the box to compare with
    ///   - crowd: whether `other` is a crowd region (`iscrowd`), which may hold any number of
    ///     objects: the intersection is then divided by the area of this box alone
    public func iou(with other: COCOBox, crowd: Bool = false) -> Double {
        let overlapWidth = min(width + x, other.width + other.x) - max(x, other.x)
        guard overlapWidth > 0 else { return 0 }
        let overlapHeight = min(height + y, other.height + other.y) - max(y, other.y)
        guard overlapHeight > 0 else { return 0 }
        let shared = overlapWidth * overlapHeight
        return shared / (crowd ? area : area + other.area - shared)
    }

    /// `w×h at (x, y)`.
    public var description: String { "\(width)×\(height) at (\(x), \(y))" }
}
