import DenseKitCLIP
import DenseKitCore
import DenseKitLanguageGuidance

/// The context decoder makes contexts from learned queries and the image, placed before the
/// names: the text encoder runs for every image. (Pre-model prompting, section 3.3. Its code is not
/// published; docs/decisions/0013-prompting.md lists our choices.)
final class PreModelPrompting: Module, Prompting {
    let contextDecoder: ContextDecoder
    let textEncoder: CLIPTextContextEncoder
    @Parameter var queries: Tensor  // [1, contexts, text width]

    init(_ settings: Settings, _ encoder: CLIPTextEncoder.Configuration, _ parts: PromptParts)
        throws
    {
        textEncoder = try SettingError.within("text_encoder", namesKey: false) {
            try CLIPTextContextEncoder(encoder, parts.context)
        }
        contextDecoder = try SettingError.within("context_decoder", namesKey: false) {
            try ContextDecoder(
                settings.contextDecoder.configuration(
                    channels: parts.width, queryChannels: encoder.width), parts.context)
        }
        queries = try Tensor.empty([1, settings.numContexts, encoder.width])
            .truncatedNormalInPlace()
    }

    var text: ClassText? { nil }

    func callAsFunction(_ names: [[Int]], _ images: ImageEmbeddings) throws -> Tensor {
        let queries = try queries.expanded([
            images.global.size(0), queries.size(1), queries.size(2),
        ])
        let contexts = try contextDecoder(queries, images.memory())  // v_pre
        return try textEncoder(names, contexts: contexts.to(queries.dtype))
    }

    struct Settings: PromptingSettings {
        static let mode = PromptingMode.pre

        /// Learned queries, and so contexts before every class name, 1…4096.
        var numContexts = 8
        /// Tokens of a class name, start and end included, 2…4096. Byte-pair encoding only: bytes
        /// take the longest name's.
        var contextLength = 5
        /// Size and dropout of the context decoder: six layers, as in the paper, whose parameter
        /// count they meet.
        var contextDecoder = ContextDecoderSettings(layers: 6)

        var form: PromptForm {
            get throws { try PromptForm(contexts: numContexts, length: contextLength) }
        }

        func make(_ parts: PromptParts) throws -> any Prompting {
            guard let tokens = parts.tokens else { throw SettingError(Self.notCached) }
            return try PreModelPrompting(
                self, tokens.encoder(parts.textEncoder, outputDim: parts.width), parts)
        }

        static let notCached =
            "prompting: pre computes the text again for every image, so it cannot be cached in place of the text encoder; test and infer with the "
            + "checkpoint itself"
    }
}
