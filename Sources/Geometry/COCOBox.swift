/// A rectangle by its upper left corner and its extent, in pixels: how COCO writes boxes.
public struct COCOBox: Sendable, Hashable, CustomStringConvertible {
    public var x: Double
    public var y: Double
    public var width: Double
    public var height: Double

    public init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    public init(_ box: BoundingBox) {
        self.init(x: Double(box.x1), y: Double(box.y1), width: Double(box.width), height: Double(box.height))
    }

    public var area: Double { width * height }

    /// Intersection over union, as pycocotools computes it; over this rectangle's area alone where `other` is a crowd, in which any number of
    /// things may lie. Rectangles that share no area have 0.
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
