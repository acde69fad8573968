import DenseKitCLIP
import DenseKitCore

/// Size and GELU of a text encoder within a model; the defaults are those of CLIP's RN50 and ViT-B.
public struct TextEncoderSettings: YAMLConfiguration {
    /// Channels of a token, a multiple of `heads`.
    public var width = 512
    /// Attention heads of every block; `width` is divided among them.
    public var heads = 8
    /// Transformer blocks, 1…1000.
    public var layers = 12
    /// Rows of the token table; nil: as many as the tokenizer has ids.
    public var vocabularySize: Int?
    /// QuickGELU (`true`) or exact GELU (`false`); nil: the backbone's where it has one, else
    /// QuickGELU. A value that contradicts the backbone's is an error.
    public var quickGelu: Bool?

    public init() {}
}

extension BuildContext {
    /// Whether a text encoder computes with QuickGELU: as the backbone was trained, else as
    /// `setting` defines, else `true`, as in OpenAI's weights.
    ///
    /// - Throws: `SettingError` where `setting` contradicts the backbone.
    public func quickGELU(_ setting: Bool?) throws -> Bool {
        guard let language, let setting, setting != language.quickGELU else {
            return language?.quickGELU ?? setting ?? true
        }
        throw SettingError(
            key: "text_encoder.quick_gelu",
            "text_encoder.quick_gelu is \(setting), and the backbone's quick_gelu is \(language.quickGELU): both belong to one CLIP; set it at "
                + "the backbone alone")
    }
}

/// Settings of the attention pool that a prompter adds to a backbone without a language-compatible
/// map.
public struct AttentionPoolSettings: YAMLConfiguration {
    /// Width of the visual embeddings, and so of the text embeddings, 1…65536.
    public var outputDim = 512
    /// Side of the images, in pixels, that the grid of positions belongs to, 32…32768: one position
    /// for every 32 pixels.
    public var inputResolution = 512
    /// What the grid of positions does on an image of another size: `resize` (segmentation) or
    /// `crop` (detection).
    public var positions = GridPositions.resize

    public init() {}
}

/// What a prompter sets of the settings of its auxiliary loss: the weight alone.
public struct ScoreMapLossSettings: YAMLConfiguration {
    /// Factor of the auxiliary loss in the sum of all losses.
    public var weight = 0.4

    public init() {}
}

/// Settings of the context decoder within a model, where the widths of text and image come from the
/// other parts.
public struct ContextDecoderSettings: YAMLConfiguration {
    /// Channels inside the decoder, a multiple of `heads`, 1…65536.
    public var width = 256
    /// Attention heads of every layer; `width` is divided among them.
    public var heads = 4
    /// Decoder layers, 1…1000. The DenseCLIP paper says 6, every released configuration 3.
    public var layers = 3
    /// Probability, 0…1, to zero an element of what attention and MLP add, in training.
    public var dropout = 0.1

    public init() {}

    /// The defaults with another number of layers.
    public init(layers: Int) { self.layers = layers }

    /// The configuration of a decoder for given widths.
    ///
    /// - Parameters:
    ///   - channels: width of the visual embeddings
    ///   - queryChannels: width of the queries; nil: `channels`
    public func configuration(channels: Int, queryChannels: Int? = nil)
        -> ContextDecoder.Configuration
    {
        var configuration = ContextDecoder.Configuration()
        configuration.width = width
        configuration.heads = heads
        configuration.layers = layers
        configuration.dropout = dropout
        configuration.channels = channels
        configuration.queryChannels = queryChannels
        return configuration
    }
}
