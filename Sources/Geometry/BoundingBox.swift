/// A rectangle by its corners, in pixels; the right and lower edges are not part of it.
public struct BoundingBox: Sendable, Hashable, CustomStringConvertible {
    public var x1: Float
    public var y1: Float
    public var x2: Float
    public var y2: Float

    public init(x1: Float, y1: Float, x2: Float, y2: Float) {
        self.x1 = x1
        self.y1 = y1
        self.x2 = x2
        self.y2 = y2
    }

    /// The corners of a box as COCO writes it, added in double and rounded to float32 once, as mmdetection does.
    public init(_ box: COCOBox) {
        self.init(
            x1: Float(box.x), y1: Float(box.y), x2: Float(box.x + box.width), y2: Float(box.y + box.height))
    }

    public var width: Float { x2 - x1 }
    public var height: Float { y2 - y1 }

    /// `(x1, y1)–(x2, y2)`.
    public var description: String { "(\(x1), \(y1))–(\(x2), \(y2))" }
}
