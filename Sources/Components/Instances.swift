import DenseKitVision

/// The ground-truth instances of one image, as detection heads are trained on them.
public struct InstanceTargets {
    /// Corners x1, y1, x2, y2 in pixels of the image that the network is given, `[g, 4]`.
    public var boxes: Tensor
    /// Class indices, `[g]` int64.
    public var labels: Tensor
    /// Boxes of crowd regions, on which nothing is trained, `[i, 4]`.
    public var ignoredBoxes: Tensor
    /// 1 inside the instance, 0 elsewhere, `[g, h, w]` uint8 at the size of the batch; nil where
    /// masks are not used.
    public var masks: Tensor?

    /// - Parameters:
    ///   - boxes: corners x1, y1, x2, y2 in pixels, `[g, 4]`
    ///   - labels: class indices, `[g]` int64
    ///   - ignoredBoxes: boxes of crowd regions, `[i, 4]`
    ///   - masks: `[g, h, w]` uint8; nil where masks are not used
    public init(boxes: Tensor, labels: Tensor, ignoredBoxes: Tensor, masks: Tensor? = nil) {
        self.boxes = boxes
        self.labels = labels
        self.ignoredBoxes = ignoredBoxes
        self.masks = masks
    }
}

/// Sizes, padding and scale of an image of a batch relative to its file: mmdetection's `img_metas`.
public struct ImageGeometry: Sendable, Equatable {
    /// The image's size in the batch, without padding: `img_shape`. Boxes are clipped to it.
    public var size: Size2D
    /// The size with the padding of the pipeline, without that of the batch: `pad_shape`. Anchors
    /// outside it are not used.
    public var paddedSize: Size2D
    /// The size of the image in its file: `ori_shape`.
    public var originalSize: Size2D
    /// The factors by which the image's width (x) and height (y) were multiplied: `scale_factor`.
    public var scale: (x: Double, y: Double) { (scaleX, scaleY) }
    private var scaleX: Double
    private var scaleY: Double

    /// - Parameters:
    ///   - size: the image's size in the batch, without padding
    ///   - paddedSize: its size with the padding of the pipeline
    ///   - originalSize: its size in the file
    ///   - scale: the factors of its width (x) and height (y)
    public init(
        size: Size2D, paddedSize: Size2D, originalSize: Size2D, scale: (x: Double, y: Double)
    ) {
        self.size = size
        self.paddedSize = paddedSize
        self.originalSize = originalSize
        (scaleX, scaleY) = scale
    }

    /// An image that fills its batch and was not resized.
    public init(_ size: Size2D) {
        self.init(size: size, paddedSize: size, originalSize: size, scale: (1, 1))
    }
}

/// The instances detected in one image, the highest score first.
public struct Detections {
    /// Corners x1, y1, x2, y2 in pixels of the original image, `[d, 4]`.
    public var boxes: Tensor
    /// Scores of 0…1, `[d]`, descending.
    public var scores: Tensor
    /// Class indices, `[d]` int64.
    public var labels: Tensor
    /// Probabilities that each cell of a grid over the box lies in the instance, `[d, m, m]`; nil
    /// for a detector of boxes alone.
    public var masks: Tensor?

    /// - Parameters:
    ///   - boxes: corners x1, y1, x2, y2 in pixels of the original image, `[d, 4]`
    ///   - scores: 0…1, `[d]`, descending
    ///   - labels: class indices, `[d]` int64
    ///   - masks: probabilities on a grid over each box, `[d, m, m]`; nil for boxes alone
    public init(boxes: Tensor, scores: Tensor, labels: Tensor, masks: Tensor? = nil) {
        self.boxes = boxes
        self.scores = scores
        self.labels = labels
        self.masks = masks
    }

    /// The number of detections d.
    public var count: Int { boxes.size(0) }
}
