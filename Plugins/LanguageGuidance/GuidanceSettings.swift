import DenseKitCLIP
import DenseKitCore

/// The text encoder's settings within a model: CLIP's, unless told otherwise.
public struct TextEncoderSettings: YAMLConfiguration {
    public var width = 512
    public var heads = 8
    public var layers = 12
    /// Rows of the token table, where they are not the tokenizer's.
    public var vocabularySize: Int?
    /// QuickGELU or exact GELU, where no backbone of the same CLIP says it.
    public var quickGelu: Bool?

    public init() {}
}

extension BuildContext {
    /// Whether a text encoder computes with QuickGELU: as the backbone that was trained with it, else as `setting` says, else as OpenAI's.
    ///
    /// Throws `SettingError` where the two contradict each other.
    public func quickGELU(_ setting: Bool?) throws -> Bool {
        guard let language, let setting, setting != language.quickGELU else { return language?.quickGELU ?? setting ?? true }
        throw SettingError(
            key: "text_encoder.quick_gelu",
            "text_encoder.quick_gelu is \(setting), and the backbone's quick_gelu is \(language.quickGELU): both belong to one CLIP; say it at "
                + "the backbone alone")
    }
}

/// The settings of the attention pool that a prompter brings to a backbone without a language-compatible map.
public struct AttentionPoolSettings: YAMLConfiguration {
    /// Width of the embeddings.
    public var outputDim = 512
    /// Image size that the grid of positions belongs to.
    public var inputResolution = 512
    /// What the grid does on an image of another size: segmentation resizes, detection crops.
    public var positions = GridPositions.resize

    public init() {}
}

/// What the auxiliary loss on the score map sets of a loss's own settings.
public struct ScoreMapLossSettings: YAMLConfiguration {
    public var weight = 0.4

    public init() {}
}

/// The context decoder's settings within a model, where its widths come from the other parts.
public struct ContextDecoderSettings: YAMLConfiguration {
    public var width = 256
    public var heads = 4
    /// The DenseCLIP paper says 6, every released configuration 3.
    public var layers = 3
    public var dropout = 0.1

    public init() {}

    public init(layers: Int) { self.layers = layers }

    public func configuration(channels: Int, queryChannels: Int? = nil) -> ContextDecoder.Configuration {
        var configuration = ContextDecoder.Configuration()
        (configuration.width, configuration.heads, configuration.layers) = (width, heads, layers)
        (configuration.dropout, configuration.channels, configuration.queryChannels) = (dropout, channels, queryChannels)
        return configuration
    }
}
