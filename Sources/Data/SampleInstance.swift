import DenseKitVision

/// An instance as the data set's annotation file describes it.
public struct AnnotatedInstance: Sendable, Equatable {
    /// The annotation's id in its file.
    public var id: Int64
    /// The index of its class.
    public var label: Int
    /// Its box, in pixels of the image in its file.
    public var box: COCOBox
    /// Its area in pixels of the image in its file, as the annotation gives it.
    public var area: Double
    /// Whether it is a region on which nothing is trained: a crowd of instances that are not
    /// annotated separately, or, in a sample with masks, an instance whose mask is not known.
    public var isCrowd: Bool
    /// What it covers; nil where the file does not define it, or shapes were not requested.
    public var shape: SampleInstance.Shape?
    /// Why its segmentation in the file is not a valid shape; nil where it is valid, or shapes were
    /// not requested.
    public var shapeProblem: String?
    /// Whether the file marks it to be skipped in training.
    public var isIgnored = false

    /// - Parameters:
    ///   - id: the annotation's id in its file
    ///   - label: the index of its class
    ///   - box: in pixels of the image in its file
    ///   - area: in pixels
    ///   - isCrowd: whether it is a crowd region, on which nothing is trained
    ///   - shape: what it covers; nil where it is not known
    public init(
        id: Int64, label: Int, box: COCOBox, area: Double, isCrowd: Bool,
        shape: SampleInstance.Shape? = nil
    ) {
        self.id = id
        self.label = label
        self.box = box
        self.area = area
        self.isCrowd = isCrowd
        self.shape = shape
    }
}

/// An instance in a sample: its annotation, and its box after the transforms so far.
@dynamicMemberLookup
public struct SampleInstance: Sendable, Equatable {
    /// What an instance covers, in pixels of the file's image; transforms leave it as it is.
    public enum Shape: Sendable, Equatable {
        /// Closed polygons x0, y0, x1, y1, …, whose union is the shape.
        case polygons([[Double]])
        /// A mask of the size of the image in its file.
        case runLengths(RunLengthMask)
    }

    /// Its annotation, which transforms do not change. The annotation's properties are the
    /// instance's too: `instance.label`.
    public var annotation: AnnotatedInstance
    /// Its box in the sample's image; transforms move it with the pixels.
    public var box: BoundingBox

    /// An instance with the box of its annotation, before any transform.
    public init(_ annotation: AnnotatedInstance) {
        self.annotation = annotation
        box = BoundingBox(annotation.box)
    }

    /// An instance that does not come from an annotation file.
    public init(
        box: BoundingBox, label: Int, isCrowd: Bool = false, area: Double, id: Int64,
        shape: Shape? = nil
    ) {
        annotation = AnnotatedInstance(
            id: id, label: label, box: COCOBox(box), area: area, isCrowd: isCrowd, shape: shape)
        self.box = box
    }

    /// A property of `annotation`.
    public subscript<Value>(dynamicMember property: WritableKeyPath<AnnotatedInstance, Value>)
        -> Value
    {
        get { annotation[keyPath: property] }
        set { annotation[keyPath: property] = newValue }
    }
}

extension BoundingBox {
    /// The box after the image's sides were multiplied by `scale`, clipped to the new image's
    /// `size`: mmdetection's `Resize`, in float32.
    public func resized(by scale: (x: Double, y: Double), to size: Size2D) -> BoundingBox {
        let x = Float(scale.x)
        let y = Float(scale.y)
        return BoundingBox(x1: x1 * x, y1: y1 * y, x2: x2 * x, y2: y2 * y).clipped(to: size)
    }

    /// The box after an image of `width` pixels was mirrored: left and right are exchanged.
    public func flippedHorizontally(width: Int) -> BoundingBox {
        BoundingBox(x1: Float(width) - x2, y1: y1, x2: Float(width) - x1, y2: y2)
    }

    /// The part of the box inside `window`, relative to the window's top left corner; nil where
    /// nothing is left.
    public func cropped(to window: PixelWindow) -> BoundingBox? {
        let x = Float(window.x)
        let y = Float(window.y)
        let box = BoundingBox(x1: x1 - x, y1: y1 - y, x2: x2 - x, y2: y2 - y).clipped(
            to: window.size)
        return box.x2 > box.x1 && box.y2 > box.y1 ? box : nil
    }

    /// The box with its corners clipped to an image of `size`.
    public func clipped(to size: Size2D) -> BoundingBox {
        let width = Float(size.width)
        let height = Float(size.height)
        return BoundingBox(
            x1: min(max(x1, 0), width), y1: min(max(y1, 0), height), x2: min(max(x2, 0), width),
            y2: min(max(y2, 0), height))
    }
}
