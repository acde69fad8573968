import DenseKitVision

/// An instance as a data set's file says it.
public struct AnnotatedInstance: Sendable, Equatable {
    /// The annotation's number in its file.
    public var id: Int64
    /// The index of its class.
    public var label: Int
    /// In pixels of the file's image.
    public var box: COCOBox
    /// Its pixels in the file's image, as the annotation says.
    public var area: Double
    /// Whether it is a region from which nothing is to be learnt: many instances that nobody told apart, or, in a sample with masks, one whose
    /// mask is not known.
    public var isCrowd: Bool
    /// Nil where the file does not say it, or nobody asked.
    public var shape: Instance.Shape?
    /// Why what the file says of its pixels is no shape; nil where it is one, or nobody asked.
    public var shapeProblem: String?
    /// Whether the file says that training is to pass it over.
    public var isIgnored = false

    public init(id: Int64, label: Int, box: COCOBox, area: Double, isCrowd: Bool, shape: Instance.Shape? = nil) {
        self.id = id
        self.label = label
        self.box = box
        self.area = area
        self.isCrowd = isCrowd
        self.shape = shape
    }
}

/// An instance in a sample: what is annotated, and where transforms took it.
@dynamicMemberLookup
public struct Instance: Sendable, Equatable {
    /// What an instance covers, in pixels of the file's image; transforms leave it as it is.
    public enum Shape: Sendable, Equatable {
        /// Closed outlines x0, y0, x1, y1, …, whose union it is.
        case polygons([[Double]])
        case runLengths(RunLengthMask)
    }

    /// What the data set's file says of it, which transforms leave as it is. Its properties are the instance's too: `instance.label`.
    public var annotation: AnnotatedInstance
    /// Where it is in the sample's image; transforms move it with the pixels.
    public var box: BoundingBox

    /// An instance where its file says it is.
    public init(_ annotation: AnnotatedInstance) {
        self.annotation = annotation
        box = BoundingBox(annotation.box)
    }

    /// An instance of no file.
    public init(box: BoundingBox, label: Int, isCrowd: Bool = false, area: Double, id: Int64, shape: Shape? = nil) {
        annotation = AnnotatedInstance(
            id: id, label: label, box: COCOBox(box), area: area, isCrowd: isCrowd, shape: shape)
        self.box = box
    }

    public subscript<Value>(dynamicMember property: WritableKeyPath<AnnotatedInstance, Value>) -> Value {
        get { annotation[keyPath: property] }
        set { annotation[keyPath: property] = newValue }
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
