import DenseKitCLIP
import DenseKitCore
import DenseKitTokenizer

/// How class names become token ids, by the names in YAML.
public enum TokenizerKind: String, Codable, Sendable, CaseIterable {
    /// CLIP's byte-pair encoding of 49,408 ids; needs its vocabulary file.
    case bpe
    /// One id for each byte, 258 with start and end; for models trained from scratch.
    case bytes
}

/// The form of a prompt: the text around a class name, and how many tokens there are.
public struct PromptForm: Sendable {
    /// The text around the class name, which takes the place of `{}`; `{}` for the name alone.
    public let template: String
    /// Context vectors between the start token and the name; 0 with a fixed template.
    public let contexts: Int
    /// Tokens of a prompt, start and end included, without the contexts; nil: those of the longest.
    /// Bytes always take the longest's.
    public let length: Int?
    /// The least number of tokens where `length` is nil.
    let shortest: Int

    /// Contexts, learned or made from an image, before the bare class name.
    ///
    /// - Parameters:
    ///   - contexts: number of context vectors, 1…4096
    ///   - length: tokens of a name, start and end included, 2…4096; nil: those of the longest, at
    ///     least 5 with byte-pair encoding
    /// - Throws: `SettingError` for numbers out of range.
    public init(contexts: Int, length: Int?) throws {
        try SettingError.check("num_contexts", contexts, in: 1...4096)
        if let length { try SettingError.check("context_length", length, in: 2...4096) }
        template = "{}"
        self.contexts = contexts
        self.length = length
        shortest = 5
    }

    /// A fixed template around the class name.
    ///
    /// - Parameters:
    ///   - template: text with one `{}` for the name
    ///   - length: tokens of the whole prompt, start and end included, 2…4096; nil: those of the
    ///     longest
    /// - Throws: `SettingError` for a template without one place for the name, and numbers out of
    ///   range.
    public init(template: String, length: Int?) throws {
        guard template.split(separator: "{}", omittingEmptySubsequences: false).count == 2 else {
            throw SettingError(
                key: "template",
                "template needs one {} where the class's name goes, found '\(template)'")
        }
        if let length { try SettingError.check("context_length", length, in: 2...4096) }
        self.template = template
        contexts = 0
        self.length = length
        shortest = 2
    }

    func filled(_ name: String) -> String { template.replacing("{}", with: name) }
}

/// The prompts of the classes as rows of token ids, and the vocabulary that they come from.
public struct PromptTokens {
    /// A row for each class, `[k][length]`: start, tokens of the text, end, padding of 0.
    public let rows: [[Int]]
    /// Ids of the tokenizer: 49,408 for byte-pair encoding, 258 for bytes.
    public let vocabularySize: Int
    /// Rows for other class names, of the same form and length: `SettingError` where one is too
    /// long. Nil where `BuildContext.tokenIDs` gave the rows, and in a model of shapes alone.
    public let tokenize: (([String]) throws -> [[Int]])?
    private let contexts: Int
    private let context: BuildContext

    /// Tokenizes `context.classNames`, or takes `context.tokenIDs` where they are given.
    ///
    /// - Parameters:
    ///   - context: what the model around the prompter knows: class names, and token ids where they
    ///     are given
    ///   - form: the length of the rows, and the learned contexts in them
    ///   - kind: the vocabulary, and what happens to a name that is too long
    ///   - vocabulary: path of CLIP's vocabulary file, or of its folder; nil: the first of
    ///     `$DENSEKIT_ASSETS` and the user's cache folder that has it
    /// - Throws: `SettingError` without classes; `TokenizerError` for a missing or damaged
    ///   vocabulary and for a name that is too long.
    public init(
        _ context: BuildContext, _ form: PromptForm, _ kind: TokenizerKind, vocabulary: String?
    ) throws {
        try context.requireClasses()
        contexts = form.contexts
        self.context = context
        if let ids = context.tokenIDs {
            rows = ids
            vocabularySize = 49408
            tokenize = nil
            return
        }
        guard kind == .bytes || Device.standard != .meta else {
            // A model of shapes alone needs no vocabulary: it takes one token for each word of the
            // form, three for each name.
            rows = context.classNames.indices.map { index in
                let words = form.template.split(separator: " ").flatMap { word in
                    word.contains("{}") ? [Int](repeating: 1 + index % 49405, count: 3) : [0]
                }
                let row = [49406] + words.prefix((form.length ?? .max) - 2) + [49407]
                return row
                    + [Int](repeating: 0, count: max(0, (form.length ?? form.shortest) - row.count))
            }
            vocabularySize = 49408
            tokenize = nil
            return
        }
        let tokenizer: any Tokenizer
        let length: Int?
        switch kind {
        case .bytes: (tokenizer, length) = (ByteTokenizer(), nil)
        case .bpe:
            let file = try VocabularyAsset.find(vocabulary, environment: FilePaths.environment)
            tokenizer = try BPETokenizer(vocabulary: file)
            length = form.length
        }
        var rows = try tokenizer.tokenize(context.classNames.map(form.filled), length: length)
        if kind == .bpe, let short = rows.first?.count, short < form.shortest {
            rows = rows.map { $0 + [Int](repeating: 0, count: form.shortest - short) }
        }
        let room = rows.first?.count ?? 0
        self.rows = rows
        vocabularySize = tokenizer.vocabularySize
        tokenize = { words in
            try words.map { word in
                let row = try tokenizer.tokenize([form.filled(word)])[0]
                guard row.count <= room else {
                    throw SettingError(
                        "'\(word)' makes a prompt of \(row.count) tokens with start and end, and the text encoder of this model has room for "
                            + "\(room): use a shorter word")
                }
                return row + [Int](repeating: 0, count: room - row.count)
            }
        }
    }

    /// The configuration of a text encoder that fits these rows and the contexts before the names.
    ///
    /// - Parameters:
    ///   - settings: of the encoder, as the configuration gives them
    ///   - outputDim: width of the text embeddings
    /// - Throws: `SettingError` where the GELU of `settings` contradicts the backbone's.
    public func encoder(_ settings: TextEncoderSettings, outputDim: Int) throws
        -> CLIPTextEncoder.Configuration
    {
        var encoder = CLIPTextEncoder.Configuration()
        encoder.vocabularySize = settings.vocabularySize ?? vocabularySize
        encoder.width = settings.width
        encoder.heads = settings.heads
        encoder.layers = settings.layers
        encoder.contextLength = contexts + (rows.first?.count ?? 0)
        encoder.outputDim = outputDim
        encoder.quickGelu = try context.quickGELU(settings.quickGelu)
        return encoder
    }
}
