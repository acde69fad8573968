import DenseKitCore
import DenseKitLanguageGuidance

extension DenseCLIP {
    /// Settings of the chosen `prompting` and the settings that every way of prompting has, side by
    /// side in YAML. A setting that only another way of prompting has is an error: it would have no
    /// effect.
    public struct Configuration: VariantConfiguration {
        var prompting: any PromptingSettings
        /// The settings that do not depend on `prompting`.
        public var common = CommonSettings()

        /// The defaults of post-model prompting.
        public init() { self.init(.post) }

        /// The defaults of one way of prompting.
        public init(_ mode: PromptingMode) { prompting = mode.settings.init() }

        /// The defaults of the way of prompting that `prompting` names in `written`; those of
        /// `post` where it is missing or unknown.
        public static func defaults(for written: YAMLNode) -> Configuration {
            Configuration(
                PromptingMode(rawValue: written["prompting"]?.scalar?.text ?? "") ?? .post)
        }

        /// Reads the settings of the way of prompting that `prompting` names.
        ///
        /// - Throws: `ConfigurationError` for a setting of another way, at its key.
        public init(from decoder: any Decoder) throws {
            let written = try decoder.singleValueContainer().decode(YAMLNode.self)
            let container = try decoder.container(keyedBy: Key.self)
            let mode = try container.decode(PromptingMode.self, forKey: Key("prompting"))
            for entry in written.mapping?.entries ?? [] {
                guard let owners = try mode.owners(of: entry.key) else { continue }
                // Over a base's setting, null takes it away; that it was looked for makes it a
                // known key.
                if try container.decodeNil(forKey: Key(entry.key)) { continue }
                let names = owners.map { "`\($0.rawValue)`" }.joined(separator: ", ")
                throw ConfigurationError(
                    at: entry.keyLocation,
                    "'\(entry.key)' is a setting of prompting \(names), and the prompting here is `\(mode.rawValue)`",
                    hint: "remove it, or over a base that has it write \(entry.key): null")
            }
            prompting = try mode.settings.init(from: decoder)
            common = try CommonSettings(from: decoder)
        }

        /// Writes `prompting`, and the settings of that way.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(type(of: prompting).mode, forKey: Key("prompting"))
            try prompting.encode(to: encoder)
            try common.encode(to: encoder)
        }

        private struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }

            init(_ name: String) { stringValue = name }
            init?(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }
    }

    /// The settings that every way of prompting has.
    public struct CommonSettings: YAMLConfiguration {
        /// How class names become token ids: `bpe`, CLIP's byte-pair encoding, or `bytes`.
        public var tokenizer = TokenizerKind.bpe
        /// Path of CLIP's vocabulary file, or of its folder; nil: the first of `$DENSEKIT_ASSETS`
        /// and the user's cache folder that has it. Used by `tokenizer: bpe` alone.
        public var vocabulary: LocatedValue<String>?
        /// Size of the text encoder, and its GELU.
        public var textEncoder = TextEncoderSettings()
        /// Attention pool on the last stage, for backbones without a language-compatible map alone.
        public var attentionPool = AttentionPoolSettings()
        /// τ, 1e-6…1e6: the auxiliary loss reads the score map divided by it.
        public var temperature = 0.07
        /// Whether the score map is divided by τ already where it is appended to the features, as
        /// in DenseCLIP's detectors. `false`: cosines are appended.
        public var scaledScoreMap = false
        /// What the auxiliary loss compares the score map with: `labels`, the class of every pixel,
        /// or `boxes`, the filled boxes of objects.
        public var scoreTarget = ScoreTarget.labels
        /// The auxiliary loss on the score map: for `labels` one of pixel classes, for `boxes` one
        /// of yes or no for each class, such as `BinaryCrossEntropy`.
        public var loss = ComponentNode("CrossEntropy", ScoreMapLossSettings())

        public init() {}
    }
}

extension PromptingMode {
    /// The ways of prompting that have the setting `key`, where this one has not.
    fileprivate func owners(of key: String) throws -> [PromptingMode]? {
        func has(_ mode: PromptingMode) throws -> Bool {
            try YAMLNode(encoding: mode.settings.init())[key] != nil
        }
        guard try !has(self) else { return nil }
        let owners = try PromptingMode.allCases.filter(has)
        return owners.isEmpty ? nil : owners
    }
}
