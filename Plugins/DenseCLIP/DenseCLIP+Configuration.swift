import DenseKitCore
import DenseKitLanguageGuidance

extension DenseCLIP {
    /// The settings of the chosen way of prompting and those of all ways, side by side in YAML. A setting that another way has is an
    /// error, so that no file says what is not done.
    public struct Configuration: VariantConfiguration {
        var prompting: any PromptingSettings
        public var common = CommonSettings()

        public init() { self.init(.post) }

        /// The settings of one way of prompting at their defaults.
        public init(_ mode: PromptingMode) { prompting = mode.settings.init() }

        public static func defaults(for written: YAMLNode) -> Configuration {
            Configuration(PromptingMode(rawValue: written["prompting"]?.scalar?.text ?? "") ?? .post)
        }

        public init(from decoder: any Decoder) throws {
            let written = try decoder.singleValueContainer().decode(YAMLNode.self)
            let container = try decoder.container(keyedBy: Key.self)
            let mode = try container.decode(PromptingMode.self, forKey: Key("prompting"))
            for entry in written.mapping?.entries ?? [] {
                guard let owners = try mode.owners(of: entry.key) else { continue }
                // Over a base's setting, null takes it away; that it was looked for makes it a known key.
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

    /// What every way of prompting has to be told.
    public struct CommonSettings: YAMLConfiguration {
        public var tokenizer = TokenizerKind.bpe
        /// The vocabulary file of the byte-pair encoding, where it is not in the usual places.
        public var vocabulary: Located<String>?
        public var textEncoder = TextEncoderSettings()
        /// Only for backbones without a language-compatible map.
        public var attentionPool = AttentionPoolSettings()
        /// τ: the score map is divided by it in the auxiliary loss.
        public var temperature = 0.07
        /// Whether the map that joins the features is divided by τ too, as in DenseCLIP's detectors.
        public var scaledScoreMap = false
        /// What the auxiliary loss compares the score map with: `labels` of pixels, or `boxes` of things.
        public var scoreTarget = ScoreTarget.labels
        /// The auxiliary loss on the score map.
        public var loss = ComponentNode("CrossEntropy", ScoreMapLossSettings())

        public init() {}
    }
}

extension PromptingMode {
    /// The ways of prompting that have the setting `key`, where this one has not.
    fileprivate func owners(of key: String) throws -> [PromptingMode]? {
        func has(_ mode: PromptingMode) throws -> Bool { try YAMLNode(encoding: mode.settings.init())[key] != nil }
        guard try !has(self) else { return nil }
        let owners = try PromptingMode.allCases.filter(has)
        return owners.isEmpty ? nil : owners
    }
}
