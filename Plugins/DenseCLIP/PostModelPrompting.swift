import DenseKitCore
import DenseKitLanguageGuidance

/// Adds γ times what the context decoder makes of text and image to the text embeddings.
/// (Post-model prompting, section 3.3)
final class PostModelPrompting: Module, Prompting {
    let contextDecoder: ContextDecoder
    let classText: ClassText
    @Parameter var gamma: Tensor  // [d]

    override var keys: [String: String] { ["classText": ""] }

    init(
        _ text: ClassText, _ decoder: ContextDecoderSettings, gamma: Double, width: Int,
        _ context: BuildContext
    ) throws {
        classText = text
        try SettingError.check("gamma", gamma, in: -1e6...1e6)
        contextDecoder = try SettingError.within("context_decoder", namesKey: false) {
            try ContextDecoder(decoder.configuration(channels: width), context)
        }
        self.gamma = try Tensor.full([width], gamma)
    }

    var text: ClassText? { classText }

    func callAsFunction(_ names: [[Int]], _ images: ImageEmbeddings) throws -> Tensor {
        let plain = try classText(names)
        let text = try plain.expanded([images.global.size(0), plain.size(1), plain.size(2)])
        return try text + gamma * contextDecoder(text, images.memory())  // t + γ·v_post
    }

    struct Settings: PromptingSettings {
        static let mode = PromptingMode.post

        /// Learned context vectors before every class name, 1…4096.
        var numContexts = 8
        /// Tokens of a class name, start and end included, 2…4096. Byte-pair encoding only: bytes
        /// take the longest name's.
        var contextLength = 5
        /// Size and dropout of the context decoder.
        var contextDecoder = ContextDecoderSettings()
        /// γ at the start: how much of the context decoder's output is added to the text.
        /// `model.freeze: [gamma]` keeps it fixed.
        var gamma = 1e-4

        var form: PromptForm {
            get throws { try PromptForm(contexts: numContexts, length: contextLength) }
        }

        func make(_ parts: PromptParts) throws -> any Prompting {
            let text = try parts.text { try LearnedContexts($0, count: numContexts, parts.context) }
            return try PostModelPrompting(
                text, contextDecoder, gamma: gamma, width: parts.width, parts.context)
        }
    }

    struct TemplateSettings: PromptingSettings {
        static let mode = PromptingMode.postTemplate

        /// The prompt of every class, with one `{}` for the class name.
        var template = "a photo of a {}."
        /// Tokens of a whole prompt, start and end included, 2…4096. Byte-pair encoding only: bytes
        /// take the longest prompt's.
        var contextLength = 77
        /// Size and dropout of the context decoder.
        var contextDecoder = ContextDecoderSettings()
        /// γ at the start: how much of the context decoder's output is added to the text.
        /// `model.freeze: [gamma]` keeps it fixed.
        var gamma = 1e-4

        var form: PromptForm {
            get throws { try PromptForm(template: template, length: contextLength) }
        }

        func make(_ parts: PromptParts) throws -> any Prompting {
            let text = try parts.text { try FixedTemplate($0, parts.context) }
            return try PostModelPrompting(
                text, contextDecoder, gamma: gamma, width: parts.width, parts.context)
        }
    }
}
