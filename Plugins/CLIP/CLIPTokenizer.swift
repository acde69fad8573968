import DenseKitCore
import DenseKitTokenizer

/// CLIP's byte-pair encoding as a component.
struct CLIPTokenizer: TextTokenizing {
    struct Configuration: YAMLConfiguration {
        /// Path of CLIP's vocabulary file, or of its folder; nil: the first of `$DENSEKIT_ASSETS`
        /// and the user's cache folder that has it.
        var vocabulary: LocatedValue<String>?
    }

    private let tokenizer: BPETokenizer

    init(_ configuration: Configuration) throws {
        tokenizer = try BPETokenizer(
            vocabulary: VocabularyAsset.find(
                configuration.vocabulary?.resolved, environment: FilePaths.environment))
    }

    func encode(_ text: String) throws -> [Int] { try tokenizer.encode(text) }

    func tokenize(_ text: String, length: Int, truncates: Bool) throws -> [Int] {
        try tokenizer.tokenize([text], length: length, overflow: truncates ? .truncate : .refuse)[0]
    }
}
