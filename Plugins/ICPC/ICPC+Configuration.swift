import DenseKitCLIP
import DenseKitCore
import DenseKitLanguageGuidance

/// The tokens before a class name in its prompt, by the names in YAML. V are learned contexts, 8
/// by default; I is a context made from the image. (Tables 3 and 4)
public enum InstancePrompting: String, Codable, Sendable, CaseIterable {
    /// V₁ … V₈, I: learned contexts, and behind them the image's own. (Eq. 2)
    case icpc
    /// V₁ … V₈: learned contexts alone, equal for all images. (CoOp, Zhou et al. 2022)
    case coop
    /// V₁ + I … V₈ + I: learned contexts, each with the image's own added. (CoCoOp, Zhou et al.
    /// 2022)
    case cocoop
    /// I: the image's own context alone.
    case instance
    /// The fixed text of the setting `template`; no contexts.
    case template
}

/// What predictions are made from, by the names in YAML. (Table 11)
public enum PredictFrom: String, Codable, Sendable, CaseIterable {
    /// The logits of the head.
    case head
    /// The coarsest score map over τ; the head is trained but predicts nothing.
    case alignment
}

extension ICPC {
    /// Settings of the ICPC prompter.
    public struct Configuration: YAMLConfiguration {
        /// The tokens before a class name: learned contexts, the image's own context, or a
        /// template.
        public var prompting = InstancePrompting.icpc
        /// Learned context vectors before every class name, 1…4095; unused with `instance` and
        /// `template`.
        public var numContexts = 8
        /// The prompt of every class with `prompting: template`, with one `{}` for the class name.
        public var template = "a photo of a {}."
        /// Tokens of a class name (of the whole prompt with `template`), start and end included,
        /// 2…4096; nil: those of the longest, at least 5 for a name. Byte-pair encoding only: bytes
        /// take the longest's.
        public var contextLength: Int?
        /// Width between the two layers of the projector, which makes the image's context, 1…65536;
        /// nil: a sixteenth of the embeddings' width.
        public var projectorHidden: Int?
        /// Size and dropout of the context decoder.
        public var contextDecoder = ContextDecoderSettings()
        /// γ at the start (the paper's λ): the factor of what the context decoder adds to the text.
        /// (Eq. 4)
        public var gamma = 1e-4
        /// Whether there are score maps at every stride from the language map's down to 4 (Eq. 8);
        /// `false`: one, at the language map's.
        public var multiScale = true
        /// The align-guided contrastive loss; nil (`null` in YAML): none.
        public var contrastive: ContrastiveSettings? = ContrastiveSettings()
        /// Factor of the contrastive loss in the sum of all losses (the paper's γ in Eq. 9).
        public var contrastWeight = 0.5
        /// What predictions are made from: the head's logits, or the coarsest score map.
        public var predictFrom = PredictFrom.head
        /// How class names become token ids: `bpe`, CLIP's byte-pair encoding, or `bytes`.
        public var tokenizer = TokenizerKind.bpe
        /// Path of CLIP's vocabulary file, or of its folder; nil: the first of `$DENSEKIT_ASSETS`
        /// and the user's cache folder that has it. Used by `tokenizer: bpe` alone.
        public var vocabulary: LocatedValue<String>?
        /// Size of the text encoder, and its GELU.
        public var textEncoder = TextEncoderSettings()
        /// Attention pool on the last stage, for backbones without a language-compatible map alone.
        public var attentionPool = AttentionPoolSettings()
        /// τ, 1e-6…1e6: the auxiliary loss, and predictions from the alignment, read the coarsest
        /// score map divided by it.
        public var temperature = 0.07
        /// The auxiliary loss on the coarsest score map; one of pixel classes.
        public var loss = ComponentNode("CrossEntropy", ScoreMapLossSettings())

        public init() {}

        /// - Throws: `SettingError` for numbers out of range.
        func validate() throws {
            try SettingError.check("temperature", temperature, in: 1e-6...1e6)
            try SettingError.check("gamma", gamma, in: -1e6...1e6)
            if let projectorHidden {
                try SettingError.check("projector_hidden", projectorHidden, in: 1...65536)
            }
            try SettingError.check(weight: contrastWeight, "contrast_weight")
            try contrastive?.validate()
        }

        /// The text around a class name.
        var form: PromptForm {
            get throws {
                switch prompting {
                case .template: try PromptForm(template: template, length: contextLength)
                case .icpc:
                    try PromptForm(contexts: checked(numContexts) + 1, length: contextLength)
                case .coop, .cocoop:
                    try PromptForm(contexts: checked(numContexts), length: contextLength)
                case .instance: try PromptForm(contexts: 1, length: contextLength)
                }
            }
        }

        private func checked(_ contexts: Int) throws -> Int {
            try SettingError.check("num_contexts", contexts, in: 1...4095)
            return contexts
        }

        /// - Parameter width: of visual and text embeddings
        func prompting(_ tokens: PromptTokens, width: Int, _ context: BuildContext) throws
            -> any Prompting
        {
            let encoder = try tokens.encoder(textEncoder, outputDim: width)
            switch prompting {
            case .template: return SharedPrompts(ClassText(try FixedTemplate(encoder, context)))
            case .coop:
                return SharedPrompts(
                    ClassText(try LearnedContexts(encoder, count: numContexts, context)))
            case .icpc, .cocoop, .instance:
                return try InstancePrompts(
                    prompting, encoder, contexts: numContexts, projectorHidden: projectorHidden,
                    context)
            }
        }
    }
}
