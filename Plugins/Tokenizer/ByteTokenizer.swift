/// One id for each byte of the cleaned text in UTF-8: a tokenizer without a vocabulary file.
///
/// For text encoders that are trained from scratch; encoders pretrained with CLIP need
/// `BPETokenizer`.
public struct ByteTokenizer: Tokenizer {
    /// The longest text in bytes, 4096.
    public static let byteLimit = 4_096

    public init() {}

    /// The number of ids, 258: the 256 bytes, start and end.
    public var vocabularySize: Int { 258 }
    /// The id in front of every text, 256.
    public var start: Int { 256 }
    /// The id behind every text, 257, the largest of the vocabulary.
    public var end: Int { 257 }

    /// The bytes of `text` after cleaning, without start and end.
    ///
    /// - Throws: `TokenizerError.tooManyBytes` above `byteLimit` bytes, and `.garbled` for a broken
    ///   encoding.
    public func encode(_ text: String) throws(TokenizerError) -> [Int] {
        try cleaned(text, byteLimit: Self.byteLimit).utf8.map(Int.init)
    }
}
