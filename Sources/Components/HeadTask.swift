/// What a head predicts: a class for every pixel, instances, depths, … A head names its task by a
/// value of the task's type, which defines data, evaluation and drawing by conforming to
/// `VisionTask`.
public protocol HeadTask: Sendable {
    /// What heads of the task do, as a verb for messages: `segments`.
    var verb: String { get }
}

/// A class for every pixel.
public struct SegmentationTask: HeadTask, Hashable {
    /// `segments`.
    public let verb = "segments"

    /// The task of every head that predicts a class per pixel.
    public init() {}
}

/// The instances in an image: a box around each, and its mask where the head has masks.
public struct DetectionTask: HeadTask, Hashable {
    /// `detects`, for boxes and for masks.
    public let verb = "detects"
    /// Whether each instance has a mask.
    public let masks: Bool

    /// - Parameter masks: whether each instance has a mask
    public init(masks: Bool) { self.masks = masks }
}
