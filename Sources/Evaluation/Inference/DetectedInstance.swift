import DenseKitData
import DenseKitVision

/// A thing in a picture, in the picture's own pixels: seen by a model, or annotated by a person.
public struct DetectedInstance: Sendable, Equatable {
    public var box: BoundingBox
    /// The index of its class.
    public var label: Int
    /// How certain the model is, 0…1; nil for an annotation.
    public var score: Float?
    /// As large as the picture; nil where there are boxes alone.
    public var mask: RunLengthMask?
    /// Whether it is a region of many things that are not told apart.
    public var isCrowd: Bool

    public init(box: BoundingBox, label: Int, score: Float? = nil, mask: RunLengthMask? = nil, isCrowd: Bool = false) {
        self.box = box
        self.label = label
        self.score = score
        self.mask = mask
        self.isCrowd = isCrowd
    }
}

extension DetectedInstance {
    /// An annotation of a picture of `size`, with the mask that it is measured by, where there is one.
    public init(_ thing: AnnotatedInstance, size: Size2D) {
        self.init(
            box: BoundingBox(thing.box), label: thing.label, mask: thing.shape?.measuredMask(in: size),
            isCrowd: thing.isCrowd)
    }
}
