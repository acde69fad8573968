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

/// The class names as rows of token ids, and the vocabulary they come from.
struct PromptTokens {
    let rows: [[Int]]
    let vocabularySize: Int

    init(_ context: BuildContext, _ configuration: DenseCLIP.Configuration) throws {
        guard context.classCount > 0 else { throw SettingError("needs the names of the classes, and the data set has none") }
        if let ids = context.tokenIDs {
            (rows, vocabularySize) = (ids, 49408)
            return
        }
        switch configuration.tokenizer {
        case .bytes:
            let tokenizer = ByteTokenizer()
            (rows, vocabularySize) = (try tokenizer.tokenize(context.classNames), tokenizer.vocabularySize)
        case .bpe:
            let path = try VocabularyAsset.find(configuration.vocabulary?.resolved)
            let tokenizer = try BPETokenizer(vocabulary: path)
            rows = try tokenizer.tokenize(context.classNames, length: configuration.contextLength)
            vocabularySize = tokenizer.vocabularySize
        }
    }

    /// The text encoder's settings for these rows.
    func encoder(
        _ settings: DenseCLIP.TextEncoder, contexts: Int, outputDim: Int
    ) -> CLIPTextContextEncoder.Configuration {
        var encoder = CLIPTextContextEncoder.Configuration()
        encoder.vocabularySize = settings.vocabularySize ?? vocabularySize
        (encoder.width, encoder.heads, encoder.layers) = (settings.width, settings.heads, settings.layers)
        encoder.contextLength = contexts + (rows.first?.count ?? 0)
        encoder.outputDim = outputDim
        return encoder
    }
}
