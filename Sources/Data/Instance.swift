import DenseKitVision

/// A thing in a picture, as a data set annotates it.
public struct Instance: Sendable, Equatable {
    /// What a thing covers, in pixels of the file's picture; transforms leave it as it is.
    public enum Shape: Sendable, Equatable {
        /// Closed outlines x0, y0, x1, y1, …, whose union it is.
        case polygons([[Double]])
        case runLengths(RunLengthMask)
    }

    /// Where it is in the sample's picture; transforms move it with the pixels.
    public var box: BoundingBox
    /// The index of its class.
    public var label: Int
    /// Whether it is a region from which nothing is to be learnt: many things that nobody told apart, or, where masks are learnt, one whose
    /// mask is not known.
    public var isCrowd: Bool
    /// Its pixels in the file's picture, as the annotation says.
    public var area: Double
    /// The annotation's number in its file.
    public var id: Int64
    /// Nil where the annotation has none, or nobody wants masks.
    public var shape: Shape?

    public init(box: BoundingBox, label: Int, isCrowd: Bool = false, area: Double, id: Int64, shape: Shape? = nil) {
        self.box = box
        self.label = label
        self.isCrowd = isCrowd
        self.area = area
        self.id = id
        self.shape = shape
    }
}

extension BoundingBox {
    /// The box in a picture whose sides were multiplied by `scale`, clipped to the result's `size`: mmdetection's `Resize`, in float32.
    public func resized(by scale: (x: Double, y: Double), to size: Size2D) -> BoundingBox {
        let (x, y) = (Float(scale.x), Float(scale.y))
        return BoundingBox(x1: x1 * x, y1: y1 * y, x2: x2 * x, y2: y2 * y).clipped(to: size)
    }

    /// The box in a picture of `width` whose left and right are exchanged.
    public func flippedHorizontally(width: Int) -> BoundingBox {
        BoundingBox(x1: Float(width) - x2, y1: y1, x2: Float(width) - x1, y2: y2)
    }

    /// The part of the box inside `window`, counted from the window's corner; nil where nothing is left.
    public func cropped(to window: PixelWindow) -> BoundingBox? {
        let (x, y) = (Float(window.x), Float(window.y))
        let box = BoundingBox(x1: x1 - x, y1: y1 - y, x2: x2 - x, y2: y2 - y).clipped(to: window.size)
        return box.x2 > box.x1 && box.y2 > box.y1 ? box : nil
    }

    /// The box with its corners moved into a picture of `size`.
    public func clipped(to size: Size2D) -> BoundingBox {
        let (width, height) = (Float(size.width), Float(size.height))
        return BoundingBox(
            x1: min(max(x1, 0), width), y1: min(max(y1, 0), height), x2: min(max(x2, 0), width), y2: min(max(y2, 0), height))
    }
}
