import DenseKitCLIP
import DenseKitCore
import DenseKitLanguageGuidance

extension CLIPSP {
    /// Settings of the CLIP-SP prompter; the defaults are the paper's best row.
    public struct Configuration: YAMLConfiguration {
        /// The prompt of every class, with one `{}` or `{label}` for the class name.
        public var template = "a photo of a {}."
        /// Labels of an image that become scene tokens, 1…65535; all where there are fewer classes.
        public var k = 30
        /// λ₁: factor of the multi-label loss in the sum of all losses, 0…1,000,000.
        public var lambda1 = 10.0
        /// λ₂: factor of the loss of the attention in the sum of all losses, 0…1,000,000.
        public var lambda2 = 0.4
        /// What classifies whole images: `DualGraphFormer`, `MLP`, or a decoder of another plugin.
        public var multilabelDecoder = ComponentNode(type: "DualGraphFormer")
        /// Widths and gate of the module that refines the last stage by the scene tokens.
        public var sceneRefinement = SceneRefinementSettings()
        /// How often images take their true labels in training; `none`: never.
        public var batchDrop = BatchDropSetting.schedule(BatchDrop())
        /// The multi-label loss: one of the classes that an image shows.
        public var asymmetricLoss = ComponentNode(type: "AsymmetricLoss")
        /// How class names become token ids: `bpe`, CLIP's byte-pair encoding, or `bytes`.
        public var tokenizer = TokenizerKind.bpe
        /// Path of CLIP's vocabulary file, or of its folder; nil: the first of `$DENSEKIT_ASSETS`
        /// and the user's cache folder that has it. Used by `tokenizer: bpe` alone.
        public var vocabulary: LocatedValue<String>?
        /// Size of the text encoder that makes the codebook, and its GELU.
        public var textEncoder = CodebookEncoderSettings()
        /// Projection to the space of the text, for backbones without a language-compatible map
        /// alone.
        public var visualProj = VisualProjectionSettings()

        public init() {}

        enum CodingKeys: String, CodingKey {
            case template, k
            case lambda1 = "lambda_1"
            case lambda2 = "lambda_2"
            case multilabelDecoder, sceneRefinement, batchDrop, asymmetricLoss, tokenizer,
                vocabulary, textEncoder, visualProj
        }

        /// - Throws: `SettingError` for numbers out of range.
        func validate() throws {
            try SettingError.check("k", k, in: 1...65535)
            try SettingError.check(weight: lambda1, "lambda_1")
            try SettingError.check(weight: lambda2, "lambda_2")
            if let schedule = batchDrop.schedule { try schedule.validate() }
        }
    }
}

/// Size and GELU of the text encoder that makes the codebook; the defaults are those of CLIP's RN50
/// and ViT-B.
public struct CodebookEncoderSettings: YAMLConfiguration {
    /// Channels of a token, a multiple of `heads`.
    public var width = 512
    /// Attention heads of every block; `width` is divided among them.
    public var heads = 8
    /// Transformer blocks, 1…1000.
    public var layers = 12
    /// Positions of a prompt, start and end included: CLIP's 77. Longer prompts are an error.
    public var contextLength = 77
    /// Rows of the token table; nil: as many as the tokenizer has ids.
    public var vocabularySize: Int?
    /// QuickGELU (`true`) or exact GELU (`false`); nil: the backbone's where it has one, else
    /// QuickGELU. A value that contradicts the backbone's is an error.
    public var quickGelu: Bool?

    public init() {}
}

/// Settings of the 1×1 convolution to the space of the text, for backbones without a
/// language-compatible map.
public struct VisualProjectionSettings: YAMLConfiguration {
    /// c: width of the visual embeddings, and so of the text embeddings, 1…65536.
    public var outputDim = 512
    /// Side of the images, in pixels, that a fixed grid belongs to, 32…32768: one position for
    /// every 32 pixels.
    public var inputResolution = 512
    /// The grid of the visual tokens: `fixed`, the last stage averaged to a square of
    /// `input_resolution` / 32 positions a side, or `native`, its own positions.
    public var languageGrid = LanguageGrid.fixed

    public init() {}
}

/// The setting `batch_drop`: a schedule by which images take their true labels in training, or
/// `none`.
public enum BatchDropSetting: Codable, Sendable {
    /// Images always take their most probable labels.
    case none
    /// Images take their true labels with a probability that falls with the iteration.
    case schedule(BatchDrop)

    var schedule: BatchDrop? { if case .schedule(let schedule) = self { schedule } else { nil } }

    /// Reads `none`, or the settings of a schedule.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() || (try? container.decode(String.self)) == "none" {
            self = .none
        } else {
            self = .schedule(try container.decode(BatchDrop.self))
        }
    }

    /// Writes `none`, or the settings of the schedule.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .none: try container.encode("none")
        case .schedule(let schedule): try container.encode(schedule)
        }
    }
}
