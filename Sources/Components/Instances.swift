import DenseKitVision

/// The things in one image, as detection heads learn them.
public struct InstanceTargets {
    /// Corners x1, y1, x2, y2 in pixels of the image as the network sees it, `[g, 4]`.
    public var boxes: Tensor
    /// Class indices, `[g]` int64.
    public var labels: Tensor
    /// Regions of crowds, in which nothing is to be learnt, `[i, 4]`.
    public var ignoredBoxes: Tensor
    /// 1 inside the thing, 0 elsewhere, `[g, h, w]` uint8 at the size of the batch; nil where nobody asked for masks.
    public var masks: Tensor?

    public init(boxes: Tensor, labels: Tensor, ignoredBoxes: Tensor, masks: Tensor? = nil) {
        self.boxes = boxes
        self.labels = labels
        self.ignoredBoxes = ignoredBoxes
        self.masks = masks
    }
}

/// How an image of a batch came from its file: what mmdetection keeps as `img_metas`.
public struct ImageGeometry: Sendable, Equatable {
    /// The picture's size in the batch, padding left out: `img_shape`. Boxes are clipped to it.
    public var size: Size2D
    /// With the padding that belongs to the image, without the batch's: `pad_shape`. Anchors outside are not used.
    public var paddedSize: Size2D
    /// The size of the file's picture: `ori_shape`.
    public var originalSize: Size2D
    /// What the picture's width and height were multiplied by: `scale_factor`.
    public var scale: (x: Double, y: Double) { (scaleX, scaleY) }
    private var scaleX: Double
    private var scaleY: Double

    public init(size: Size2D, paddedSize: Size2D, originalSize: Size2D, scale: (x: Double, y: Double)) {
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

/// What is seen in one image, the most certain first.
public struct Detections {
    /// Corners x1, y1, x2, y2 in pixels of the original picture, `[d, 4]`.
    public var boxes: Tensor
    /// Descending, `[d]`.
    public var scores: Tensor
    /// Class indices, `[d]` int64.
    public var labels: Tensor
    /// How certain each part of a box is of the thing, `[d, m, m]` probabilities on a grid over the box; nil for a detector of boxes.
    public var masks: Tensor?

    public init(boxes: Tensor, scores: Tensor, labels: Tensor, masks: Tensor? = nil) {
        self.boxes = boxes
        self.scores = scores
        self.labels = labels
        self.masks = masks
    }

    public var count: Int { boxes.size(0) }
}
