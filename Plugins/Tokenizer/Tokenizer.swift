/// Turns the name of a class, or a whole prompt, into the ids that a text encoder embeds.
///
/// The end id is the largest of the vocabulary: text encoders of CLIP's kind read their output at
/// the position of the largest id.
public protocol Tokenizer: Sendable {
    /// The number of ids: every id is below it.
    var vocabularySize: Int { get }
    /// The id in front of every text.
    var start: Int { get }
    /// The id behind every text, the largest there is.
    var end: Int { get }

    /// The ids of `text`, without start and end.
    /// - Throws: `TokenizerError.garbled` and `.tooManyBytes` for text that has no meaningful ids.
    func encode(_ text: String) throws(TokenizerError) -> [Int]
}

/// What to do with a text whose ids do not fit the requested length.
public enum TokenOverflow: Sendable {
    /// Throw `TokenizerError.tooLong`.
    case refuse
    /// Drop the last ids; the last id of the row is the end id.
    case truncate
}

extension Tokenizer {
    /// Rows `[start, ids…, end, 0…]` of one length, one for each text.
    ///
    /// - Parameters:
    ///   - texts: one for each row
    ///   - length: of every row, at least 2, for start and end; nil for that of the longest text.
    ///   - overflow: what happens to a text that does not fit `length`.
    /// - Returns: `[texts.count, length]`. The padding id 0 may also represent a piece of text: the
    ///   end id marks where a text stops.
    /// - Throws: `TokenizerError.tooLong` with the text, its length and the limit,
    ///   `.invalidLength`, and what `encode` throws.
    public func tokenize(
        _ texts: [String], length: Int? = nil, overflow: TokenOverflow = .refuse
    ) throws(TokenizerError) -> [[Int]] {
        if let length, length < 2 { throw .invalidLength(length) }
        var rows: [[Int]] = []
        rows.reserveCapacity(texts.count)
        for text in texts {
            var row = [start] + (try encode(text)) + [end]
            if let length, row.count > length {
                guard overflow == .truncate else {
                    throw .tooLong(text: text, count: row.count, limit: length)
                }
                row.removeLast(row.count - length)
                row[length - 1] = end
            }
            rows.append(row)
        }
        let width = length ?? rows.map(\.count).max() ?? 0
        return rows.map { $0 + [Int](repeating: 0, count: width - $0.count) }
    }
}
