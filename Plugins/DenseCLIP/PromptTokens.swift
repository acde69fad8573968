import CLIP
import DenseKit
import Tokenizer

/// How class names become token ids.
public enum TokenizerKind: String, Codable, Sendable, CaseIterable {
    /// CLIP's byte-pair encoding: needs its vocabulary file.
    case bpe
    /// One id a byte: for models trained from nothing.
    case bytes
}

/// What stands around a class's name.
struct PromptForm {
    /// The words around the name, which takes the place of `{}`.
    let template: String
    /// Vectors that are put before it, behind the start token.
    let contexts: Int
    /// Tokens of the words, start and end included.
    let length: Int

    /// Learned or visual contexts before the bare name.
    init(contexts: Int, length: Int) throws {
        try SettingError.check("num_contexts", contexts, in: 1...4096)
        try SettingError.check("context_length", length, in: 2...4096)
        (template, self.contexts, self.length) = ("{}", contexts, length)
    }

    /// A fixed template.
    init(template: String, length: Int) throws {
        guard template.split(separator: "{}", omittingEmptySubsequences: false).count == 2 else {
            throw SettingError("template needs one {} where the class's name goes, found '\(template)'")
        }
        try SettingError.check("context_length", length, in: 2...4096)
        (self.template, contexts, self.length) = (template, 0, length)
    }

    func filled(_ name: String) -> String { template.replacing("{}", with: name) }
}

/// The class names as rows of token ids, and the vocabulary they come from.
struct PromptTokens {
    let rows: [[Int]]
    let vocabularySize: Int
    /// Rows for other words than the classes', where there is a tokenizer.
    let tokenize: (([String]) throws -> [[Int]])?
    private let contexts: Int

    init(_ context: BuildContext, _ form: PromptForm, _ settings: DenseCLIP.CommonSettings) throws {
        guard context.classCount > 0 else { throw SettingError("needs the names of the classes, and the data set has none") }
        contexts = form.contexts
        if let ids = context.tokenIDs {
            (rows, vocabularySize, tokenize) = (ids, 49408, nil)
            return
        }
        guard settings.tokenizer == .bytes || Device.standard != .meta else {
            // A model of shapes alone needs no vocabulary: a token for each word of the form, three for each name.
            rows = context.classNames.indices.map { index in
                let words = form.template.split(separator: " ").flatMap { word in
                    word.contains("{}") ? [Int](repeating: 1 + index % 49405, count: 3) : [0]
                }
                let row = [49406] + words.prefix(form.length - 2) + [49407]
                return row + [Int](repeating: 0, count: form.length - row.count)
            }
            (vocabularySize, tokenize) = (49408, nil)
            return
        }
        let tokenizer: any Tokenizer
        let length: Int?
        switch settings.tokenizer {
        case .bytes: (tokenizer, length) = (ByteTokenizer(), nil)
        case .bpe:
            (tokenizer, length) = (
                try BPETokenizer(vocabulary: VocabularyAsset.find(settings.vocabulary?.resolved)), form.length
            )
        }
        let rows = try tokenizer.tokenize(context.classNames.map(form.filled), length: length)
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
    func encoder(_ settings: DenseCLIP.TextEncoder, outputDim: Int) -> CLIPTextEncoder.Configuration {
        var encoder = CLIPTextEncoder.Configuration()
        encoder.vocabularySize = settings.vocabularySize ?? vocabularySize
        (encoder.width, encoder.heads, encoder.layers) = (settings.width, settings.heads, settings.layers)
        encoder.contextLength = contexts + (rows.first?.count ?? 0)
        encoder.outputDim = outputDim
        return encoder
    }
}
