import DenseKitCLIP
import DenseKitCore
import DenseKitLanguageGuidance

/// S: the text embeddings of all classes from one template, by a frozen text encoder.
/// They are not normalised. (section 3.2)
///
/// Made once before training and once for a loaded model, without gradients and in full precision.
final class Codebook: Module {
    let source: any TextSource
    private let names: [[Int]]  // token ids of the classes; empty where the text is cached
    @CachedValue private var made: Tensor?

    override var keys: [String: String] { ["source": ""] }

    init(_ configuration: CLIPSP.Configuration, width: Int, _ context: BuildContext) throws {
        guard !context.textIsCached else {
            source = try CachedTextEmbeddings(classes: context.classCount, width: width)
            names = []
            return
        }
        let settings = configuration.textEncoder
        let form = try PromptForm(
            template: configuration.template.replacing("{label}", with: "{}"), length: nil)
        let tokens = try PromptTokens(
            context, form, configuration.tokenizer, vocabulary: configuration.vocabulary?.resolved)
        var encoder = CLIPTextEncoder.Configuration()
        encoder.vocabularySize = settings.vocabularySize ?? tokens.vocabularySize
        encoder.width = settings.width
        encoder.heads = settings.heads
        encoder.layers = settings.layers
        encoder.contextLength = settings.contextLength
        encoder.outputDim = width
        encoder.quickGelu = try context.quickGELU(settings.quickGelu)
        source = try FixedTemplate(encoder, context)
        names = tokens.rows
    }

    /// `[K, c]`
    func callAsFunction() throws -> Tensor {
        if let made { return made }
        let embeddings = try withoutGrad {
            try withoutAutocast { try source(names).selected(0, 0) }
        }
        made = embeddings
        return embeddings
    }

    override func stateDidChange() { made = nil }
}

extension CLIPSP: TextCaching {
    /// The codebook as `text_embeddings [K, c]`, which an exported model has in place of the text
    /// encoder.
    public func cachedText() throws -> [String: Tensor] { ["text_embeddings": try codebook()] }
}
