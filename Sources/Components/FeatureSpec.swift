/// A level of a pyramid: how many channels, and how many pixels of the image a step on the map is.
public struct FeatureSpec: Sendable, Hashable, CustomStringConvertible {
    public let channels: Int
    public let stride: Int

    public init(channels: Int, stride: Int) {
        self.channels = channels
        self.stride = stride
    }

    public var description: String { "\(channels) channels at stride \(stride)" }
}

/// The language side of a backbone that was trained with text: the width of its embeddings and the stride of its language map.
public struct LanguageSpec: Sendable, Hashable {
    public let width: Int
    public let stride: Int
    /// Positions along a side of the language map where it has as many for every image, and belongs to no level of the pyramid.
    public let side: Int?
    /// Whether the encoders of its text were trained with QuickGELU, `x · σ(1.702 x)`, instead of exact GELU.
    public let quickGELU: Bool

    public init(width: Int, stride: Int, side: Int? = nil, quickGELU: Bool = true) {
        self.width = width
        self.stride = stride
        self.side = side
        self.quickGELU = quickGELU
    }
}

/// What a backbone sees in a batch of images.
public struct Features {
    /// The pyramid, finest first: `[n, c, h, w]` each, as the backbone's `outputs` say.
    public var maps: [Tensor]
    /// One embedding an image in the space of the text: `[n, d]`.
    public var globalEmbedding: Tensor?
    /// An embedding for every position in the space of the text: `[n, d, h, w]`.
    public var languageMap: Tensor?

    public init(maps: [Tensor], globalEmbedding: Tensor? = nil, languageMap: Tensor? = nil) {
        self.maps = maps
        self.globalEmbedding = globalEmbedding
        self.languageMap = languageMap
    }
}
