import DenseKitData
import DenseKitVision

/// An object in an image, in the image's own pixels: detected by a model, or annotated.
public struct DetectedInstance: Sendable, Equatable {
    /// The bounding box, in pixels of the image.
    public var box: BoundingBox
    /// The index of the class.
    public var label: Int
    /// The confidence of the model, 0…1; nil for an annotation.
    public var score: Float?
    /// The mask, of the image's size; nil where there are only boxes.
    public var mask: RunLengthMask?
    /// Whether the region holds many objects that are not distinguished.
    public var isCrowd: Bool

    /// An object in an image; without a `score`, an annotation.
    public init(
        box: BoundingBox, label: Int, score: Float? = nil, mask: RunLengthMask? = nil,
        isCrowd: Bool = false
    ) {
        self.box = box
        self.label = label
        self.score = score
        self.mask = mask
        self.isCrowd = isCrowd
    }
}

extension DetectedInstance {
    /// An annotated object of an image of `size`, with the mask that metrics are measured against,
    /// where it has one.
    public init(_ instance: AnnotatedInstance, size: Size2D) {
        self.init(
            box: BoundingBox(instance.box), label: instance.label,
            mask: instance.shape?.measuredMask(in: size),
            isCrowd: instance.isCrowd)
    }
}
