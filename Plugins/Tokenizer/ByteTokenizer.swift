/// One id for each byte of the cleaned text in UTF-8: a tokenizer without a vocabulary file.
///
/// For text encoders that are trained here from nothing; encoders pretrained with CLIP need `BPETokenizer`.
public struct ByteTokenizer: Tokenizer {
    /// The longest text in bytes: prompts have less than 500, and hostile ones take time that grows with the square.
    public static let byteLimit = 4_096

    public init() {}

    /// The 256 bytes, start and end.
    public var vocabularySize: Int { 258 }
    public var start: Int { 256 }
    public var end: Int { 257 }

    public func encode(_ text: String) throws(TokenizerError) -> [Int] {
        try cleaned(text, byteLimit: Self.byteLimit).utf8.map(Int.init)
    }
}
