import DenseKitCLIP
import DenseKitCore
import DenseKitLanguageGuidance

/// What stands before a class's name, in YAML's words. (Tables 3 and 4)
public enum InstancePrompting: String, Codable, Sendable, CaseIterable {
    /// V₁ … V₈, I: learned contexts, and behind them the image's own. (Eq. 2)
    case icpc
    /// V₁ … V₈: learned contexts, the same for all images, as in DenseCLIP. (CoOp)
    case coop
    /// V₁ + I … V₈ + I: learned contexts, all moved by the image. (CoCoOp)
    case cocoop
    /// I: the image's own alone.
    case instance
    /// The words of a template.
    case template
}

/// What the prediction of a model is made of. (Table 11)
public enum PredictFrom: String, Codable, Sendable, CaseIterable {
    case head
    /// The coarsest score map.
    case alignment
}

extension ICPC {
    public struct Configuration: YAMLConfiguration {
        public var prompting = InstancePrompting.icpc
        /// Learned context vectors before every class name.
        public var numContexts = 8
        /// With `prompting: template`, what is said of every class, with its name for `{}`.
        public var template = "a photo of a {}."
        /// Tokens of a class name, start and end included; left out, those of the longest and 5 at least.
        public var contextLength: Int?
        /// Width between the projector's two layers; left out, a sixteenth of the embeddings'.
        public var projectorHidden: Int?
        public var contextDecoder = ContextDecoderSettings()
        /// γ of the context decoder (the paper's λ) at the start.
        public var gamma = 1e-4
        /// Score maps at every level from the language map's stride down to 4; otherwise at the language map's alone.
        public var multiScale = true
        /// The align-guided contrastive loss; `null` is without.
        public var contrastive: ContrastiveSettings? = ContrastiveSettings()
        /// Factor of the contrastive loss (the paper's γ in Eq. 9).
        public var contrastWeight = 0.5
        /// What predictions are made of: the head's logits, or the coarsest score map.
        public var predictFrom = PredictFrom.head
        public var tokenizer = TokenizerKind.bpe
        /// The vocabulary file of the byte-pair encoding, where it is not in the usual places.
        public var vocabulary: Located<String>?
        public var textEncoder = TextEncoderSettings()
        /// Only for backbones without a language-compatible map.
        public var attentionPool = AttentionPoolSettings()
        /// τ: the coarsest score map is divided by it in the auxiliary loss, and where predictions are made of it.
        public var temperature = 0.07
        /// The auxiliary loss on the coarsest score map.
        public var loss = ComponentNode("CrossEntropy", ScoreMapLossSettings())

        public init() {}

        /// Throws `SettingError` for numbers out of range.
        func validate() throws {
            try SettingError.check("temperature", temperature, in: 1e-6...1e6)
            try SettingError.check("gamma", gamma, in: -1e6...1e6)
            if let projectorHidden { try SettingError.check("projector_hidden", projectorHidden, in: 1...65536) }
            try SettingError.check(weight: contrastWeight, "contrast_weight")
            try contrastive?.validate()
        }

        /// What stands around a class's name.
        var form: PromptForm {
            get throws {
                switch prompting {
                case .template: try PromptForm(template: template, length: contextLength)
                case .icpc:
                    try PromptForm(contexts: try checked(numContexts) + 1, length: contextLength)
                case .coop, .cocoop: try PromptForm(contexts: try checked(numContexts), length: contextLength)
                case .instance: try PromptForm(contexts: 1, length: contextLength)
                }
            }
        }

        private func checked(_ contexts: Int) throws -> Int {
            try SettingError.check("num_contexts", contexts, in: 1...4095)
            return contexts
        }

        /// - Parameter width: of visual and text embeddings
        func prompting(_ tokens: PromptTokens, width: Int, _ context: BuildContext) throws -> any Prompting {
            let encoder = try tokens.encoder(textEncoder, outputDim: width)
            switch prompting {
            case .template: return SharedPrompts(ClassText(try FixedTemplate(encoder, context)))
            case .coop: return SharedPrompts(ClassText(try LearnedContexts(encoder, count: numContexts, context)))
            case .icpc, .cocoop, .instance:
                return try InstancePrompts(
                    prompting, encoder, contexts: numContexts, projectorHidden: projectorHidden, context)
            }
        }
    }
}
