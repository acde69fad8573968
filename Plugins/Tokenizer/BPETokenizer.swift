/// The tokenizer of CLIP (Radford et al. 2021): byte-level byte-pair encoding of cleaned,
/// lower-cased words.
///
/// The ids are those of OpenAI's `SimpleTokenizer`; text in a broken encoding that cannot be
/// repaired reliably is refused instead. The texts `<|startoftext|>` and `<|endoftext|>`
/// inside a string become the special ids.
public struct BPETokenizer: Tokenizer {
    /// The longest text in bytes, 4096. Prompts have less than 500; the time for a text grows with
    /// the square of its length.
    public static let byteLimit = 4_096

    private let vocabulary: BPEVocabulary

    /// Reads a vocabulary file.
    ///
    /// - Parameter path: of `bpe_simple_vocab_16e6.txt.gz`; `VocabularyAsset.find` returns where it
    ///   is.
    /// - Throws: `TokenizerError.unreadable` and `.malformed`, with path and line.
    public init(vocabulary path: String) throws(TokenizerError) {
        vocabulary = try BPEVocabulary(path: path)
    }

    /// The number of ids, 49,408: bytes, merges, start and end.
    public var vocabularySize: Int { 512 + BPEVocabulary.mergeCount + 2 }
    /// The id in front of every text, 49,406.
    public var start: Int { vocabularySize - 2 }
    /// The id behind every text, 49,407, the largest of the vocabulary.
    public var end: Int { vocabularySize - 1 }

    /// The ids of `text` after cleaning, without start and end.
    ///
    /// - Throws: `TokenizerError.tooManyBytes` above `byteLimit` bytes, and `.garbled` for a broken
    ///   encoding.
    public func encode(_ text: String) throws(TokenizerError) -> [Int] {
        var ids: [Int] = []
        for word in WordSplitter(try cleaned(text, byteLimit: Self.byteLimit)) {
            switch word {
            case .start: ids.append(start)
            case .end: ids.append(end)
            case .text(let text): ids += merged(text)
            }
        }
        return ids
    }

    /// One word's ids: its bytes, the last marked as a word's end, with the pair of the lowest rank
    /// merged until none is left.
    private func merged(_ word: Substring.UnicodeScalarView) -> [Int] {
        var symbols = Substring(word).utf8.map { vocabulary.byteIds[Int($0)] }
        symbols[symbols.count - 1] += 256
        while symbols.count > 1 {
            var best = Int32.max
            for i in 1..<symbols.count {
                if let rank = vocabulary.rank(symbols[i - 1], symbols[i]), rank < best {
                    best = rank
                }
            }
            if best == .max { break }
            symbols = merging(symbols, rank: best)
        }
        return symbols.map(Int.init)
    }

    /// Every pair of rank `rank` replaced by the symbol it makes, from left to right.
    private func merging(_ symbols: [Int32], rank: Int32) -> [Int32] {
        var result: [Int32] = []
        var i = 0
        while i < symbols.count {
            if i + 1 < symbols.count, vocabulary.rank(symbols[i], symbols[i + 1]) == rank {
                result.append(512 + rank)
                i += 2
            } else {
                result.append(symbols[i])
                i += 1
            }
        }
        return result
    }
}
