import DenseKitCLIP
import DenseKitCore
import DenseKitLanguageGuidance

extension CLIPSP {
    /// The defaults are the paper's best row.
    public struct Configuration: YAMLConfiguration {
        /// What is said of every class, with its name for `{}` or `{label}`.
        public var template = "a photo of a {}."
        /// Labels of an image that become scene tokens; all where there are fewer classes.
        public var k = 30
        /// λ₁: factor of the multi-label loss.
        public var lambda1 = 10.0
        /// λ₂: factor of the loss of the attention.
        public var lambda2 = 0.4
        public var multilabelDecoder = ComponentNode(type: "DualGraphFormer")
        public var sceneRefinement = SceneRefinementSettings()
        /// When an image takes its true labels; `none` is never.
        public var batchDrop = BatchDropSetting.schedule(BatchDrop())
        public var asymmetricLoss = ComponentNode(type: "AsymmetricLoss")
        public var tokenizer = TokenizerKind.bpe
        /// The vocabulary file of the byte-pair encoding, where it is not in the usual places.
        public var vocabulary: Located<String>?
        public var textEncoder = CodebookEncoderSettings()
        /// Only for backbones without a language-compatible map.
        public var visualProj = VisualProjectionSettings()

        public init() {}

        enum CodingKeys: String, CodingKey {
            case template, k
            case lambda1 = "lambda_1"
            case lambda2 = "lambda_2"
            case multilabelDecoder, sceneRefinement, batchDrop, asymmetricLoss, tokenizer, vocabulary, textEncoder, visualProj
        }

        /// Throws `SettingError` for numbers out of range.
        func validate() throws {
            try SettingError.check("k", k, in: 1...65535)
            try SettingError.check(weight: lambda1, "lambda_1")
            try SettingError.check(weight: lambda2, "lambda_2")
            if let schedule = batchDrop.schedule { try schedule.validate() }
        }
    }
}

/// The settings of the text encoder that makes the codebook: CLIP's, unless told otherwise.
public struct CodebookEncoderSettings: YAMLConfiguration {
    public var width = 512
    public var heads = 8
    public var layers = 12
    /// Positions of a prompt, start and end included.
    public var contextLength = 77
    /// Rows of the token table, where they are not the tokenizer's.
    public var vocabularySize: Int?
    /// QuickGELU or exact GELU, where no backbone of the same CLIP says it.
    public var quickGelu: Bool?

    public init() {}
}

/// The settings of the projection that a backbone without a language-compatible map gets.
public struct VisualProjectionSettings: YAMLConfiguration {
    /// Width of the embeddings, and of the text.
    public var outputDim = 512
    /// Image size that the fixed grid belongs to: a position for every 32 pixels.
    public var inputResolution = 512
    public var languageGrid = LanguageGrid.fixed

    public init() {}
}

/// `batch_drop`: how often images take their true labels, or `none`.
public enum BatchDropSetting: Codable, Sendable {
    case none
    case schedule(BatchDrop)

    var schedule: BatchDrop? { if case .schedule(let schedule) = self { schedule } else { nil } }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() || (try? container.decode(String.self)) == "none" {
            self = .none
        } else {
            self = .schedule(try container.decode(BatchDrop.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .none: try container.encode("none")
        case .schedule(let schedule): try container.encode(schedule)
        }
    }
}
