import DenseKitCLIP
import DenseKitCore
import DenseKitTokenizer

/// How class names become token ids.
public enum TokenizerKind: String, Codable, Sendable, CaseIterable {
    /// CLIP's byte-pair encoding: needs its vocabulary file.
    case bpe
    /// One id a byte: for models trained from nothing.
    case bytes
}

/// What stands around a class's name.
public struct PromptForm: Sendable {
    /// The words around the name, which takes the place of `{}`.
    public let template: String
    /// Vectors that are put before it, behind the start token.
    public let contexts: Int
    /// Tokens of the words, start and end included; nil: those of the longest.
    public let length: Int?
    /// Where they are those of the longest, never fewer than these.
    let shortest: Int

    /// Learned or visual contexts before the bare name. Without a length that of the longest name, at least 5.
    ///
    /// Throws `SettingError` for numbers out of range.
    public init(contexts: Int, length: Int?) throws {
        try SettingError.check("num_contexts", contexts, in: 1...4096)
        if let length { try SettingError.check("context_length", length, in: 2...4096) }
        (template, self.contexts, self.length, shortest) = ("{}", contexts, length, 5)
    }

    /// A fixed template. Without a length that of the longest prompt.
    ///
    /// Throws `SettingError` for a template without one place for the name, and numbers out of range.
    public init(template: String, length: Int?) throws {
        guard template.split(separator: "{}", omittingEmptySubsequences: false).count == 2 else {
            throw SettingError(key: "template", "template needs one {} where the class's name goes, found '\(template)'")
        }
        if let length { try SettingError.check("context_length", length, in: 2...4096) }
        (self.template, contexts, self.length, shortest) = (template, 0, length, 2)
    }

    func filled(_ name: String) -> String { template.replacing("{}", with: name) }
}

/// The class names as rows of token ids, and the vocabulary they come from.
public struct PromptTokens {
    public let rows: [[Int]]
    public let vocabularySize: Int
    /// Rows for other words than the classes', where there is a tokenizer.
    public let tokenize: (([String]) throws -> [[Int]])?
    private let contexts: Int
    private let context: BuildContext

    /// Throws `SettingError` without classes, and the tokenizer's errors, such as for a name that is too long.
    ///
    /// - Parameter vocabulary: the vocabulary file of the byte-pair encoding, where it is not in the usual places
    public init(_ context: BuildContext, _ form: PromptForm, _ kind: TokenizerKind, vocabulary: String?) throws {
        guard context.classCount > 0 else { throw SettingError("needs the names of the classes, and the data set has none") }
        (contexts, self.context) = (form.contexts, context)
        if let ids = context.tokenIDs {
            (rows, vocabularySize, tokenize) = (ids, 49408, nil)
            return
        }
        guard kind == .bytes || Device.standard != .meta else {
            // A model of shapes alone needs no vocabulary: a token for each word of the form, three for each name.
            rows = context.classNames.indices.map { index in
                let words = form.template.split(separator: " ").flatMap { word in
                    word.contains("{}") ? [Int](repeating: 1 + index % 49405, count: 3) : [0]
                }
                let row = [49406] + words.prefix((form.length ?? .max) - 2) + [49407]
                return row + [Int](repeating: 0, count: max(0, (form.length ?? form.shortest) - row.count))
            }
            (vocabularySize, tokenize) = (49408, nil)
            return
        }
        let tokenizer: any Tokenizer
        let length: Int?
        switch kind {
        case .bytes: (tokenizer, length) = (ByteTokenizer(), nil)
        case .bpe:
            let file = try VocabularyAsset.find(vocabulary, environment: FilePaths.environment)
            (tokenizer, length) = (try BPETokenizer(vocabulary: file), form.length)
        }
        var rows = try tokenizer.tokenize(context.classNames.map(form.filled), length: length)
        if kind == .bpe, let short = rows.first?.count, short < form.shortest {
            rows = rows.map { $0 + [Int](repeating: 0, count: form.shortest - short) }
        }
        let room = rows.first?.count ?? 0
        (self.rows, vocabularySize) = (rows, tokenizer.vocabularySize)
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

    /// The text encoder's settings for these rows.
    ///
    /// Throws `SettingError` where its GELU is not the backbone's.
    public func encoder(_ settings: TextEncoderSettings, outputDim: Int) throws -> CLIPTextEncoder.Configuration {
        var encoder = CLIPTextEncoder.Configuration()
        encoder.vocabularySize = settings.vocabularySize ?? vocabularySize
        (encoder.width, encoder.heads, encoder.layers) = (settings.width, settings.heads, settings.layers)
        encoder.contextLength = contexts + (rows.first?.count ?? 0)
        encoder.outputDim = outputDim
        encoder.quickGelu = try context.quickGELU(settings.quickGelu)
        return encoder
    }
}
