/// What a head does: finds a class for every pixel, instances, depths, … A head names its task by a value of the task's type; what follows from it
/// (data, evaluation, drawing) the type says by conforming to `VisionTask`.
public protocol HeadTask: Sendable {
    /// What heads of the task do, as a word for messages: `segments`.
    var verb: String { get }
}

/// A class for every pixel.
public struct SegmentationTask: HeadTask, Hashable {
    public let verb = "segments"

    public init() {}
}

/// The instances in an image: a box around each, and its mask where the head has masks.
public struct DetectionTask: HeadTask, Hashable {
    public let verb = "detects"
    /// Whether each instance has a mask.
    public let masks: Bool

    /// - Parameter masks: whether each instance has a mask
    public init(masks: Bool) { self.masks = masks }
}
