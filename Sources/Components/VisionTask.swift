/// What a head predicts. It decides which data a model learns from, and how the model is measured.
public enum VisionTask: Sendable, Hashable {
    /// A class for every pixel.
    case segmentation
    /// The things in an image: a box around each, and its mask where the head has masks.
    case detection(masks: Bool)
}
