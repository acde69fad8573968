/// A rectangle by its corners, in pixels; the right and lower edges are not part of it.
public struct BoundingBox: Sendable, Hashable, CustomStringConvertible {
    /// Left edge.
    public var x1: Float
    /// Top edge.
    public var y1: Float
    /// Right edge, the first column that is not part of the box.
    public var x2: Float
    /// Bottom edge, the first row that is not part of the box.
    public var y2: Float

    /// A box of any corners; their order is not checked.
    public init(x1: Float, y1: Float, x2: Float, y2: Float) {
        self.x1 = x1
        self.y1 = y1
        self.x2 = x2
        self.y2 = y2
    }

    /// The corners of a COCO box, added in float64 and rounded to float32 once, as mmdetection
    /// does.
    public init(_ box: COCOBox) {
        self.init(
            x1: Float(box.x), y1: Float(box.y), x2: Float(box.x + box.width),
            y2: Float(box.y + box.height))
    }

    /// `x2 - x1` in pixels; negative where the corners are swapped.
    public var width: Float { x2 - x1 }
    /// `y2 - y1` in pixels; negative where the corners are swapped.
    public var height: Float { y2 - y1 }

    /// `(x1, y1)–(x2, y2)`.
    public var description: String { "(\(x1), \(y1))–(\(x2), \(y2))" }
}
