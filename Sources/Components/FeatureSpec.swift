/// One level of a feature pyramid: its channels and its stride.
public struct FeatureSpec: Sendable, Hashable, CustomStringConvertible {
    /// Channels of the level's map: c of `[n, c, h, w]`.
    public let channels: Int
    /// Pixels of the image per position of the map, on each axis.
    public let stride: Int

    /// A level with `channels` channels, one position every `stride` pixels of the image.
    public init(channels: Int, stride: Int) {
        self.channels = channels
        self.stride = stride
    }

    /// `256 channels at stride 4`
    public var description: String { "\(channels) channels at stride \(stride)" }
}

/// The language side of a backbone that was trained with text: the width of its embeddings and the
/// stride of its language map.
public struct LanguageSpec: Sendable, Hashable {
    /// Dimensions of an embedding: d of `[n, d]` and `[n, d, h, w]`.
    public let width: Int
    /// Pixels of the image per position of the language map, on each axis.
    public let stride: Int
    /// Positions along a side of the language map, where it has the same number for every image and
    /// belongs to no level of the pyramid; nil where the map grows with the image.
    public let side: Int?
    /// Whether the text encoder that belongs to the backbone was trained with QuickGELU,
    /// `x · σ(1.702 x)`, instead of exact GELU.
    public let quickGELU: Bool

    /// - Parameters:
    ///   - width: dimensions of an embedding
    ///   - stride: pixels of the image per position of the language map
    ///   - side: positions along a side of the language map where their number is fixed
    ///   - quickGELU: whether the text encoder was trained with QuickGELU instead of exact GELU
    public init(width: Int, stride: Int, side: Int? = nil, quickGELU: Bool = true) {
        self.width = width
        self.stride = stride
        self.side = side
        self.quickGELU = quickGELU
    }
}

/// What a backbone returns for a batch of images.
public struct Features {
    /// The pyramid, finest first: `[n, c, h, w]` each, as the backbone's `outputs` declare.
    public var maps: [Tensor]
    /// One embedding per image in the space of the text, `[n, d]`; nil for a backbone without one.
    public var globalEmbedding: Tensor?
    /// An embedding for every position in the space of the text, `[n, d, h, w]`; nil for a backbone
    /// without one.
    public var languageMap: Tensor?

    /// - Parameters:
    ///   - maps: the pyramid, finest first, `[n, c, h, w]` each
    ///   - globalEmbedding: `[n, d]`; nil for a backbone without one
    ///   - languageMap: `[n, d, h, w]`; nil for a backbone without one
    public init(maps: [Tensor], globalEmbedding: Tensor? = nil, languageMap: Tensor? = nil) {
        self.maps = maps
        self.globalEmbedding = globalEmbedding
        self.languageMap = languageMap
    }
}
