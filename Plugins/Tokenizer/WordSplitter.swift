/// A word of a cleaned text, or one of the two special texts.
enum Word {
    case start
    case end
    case text(Substring.UnicodeScalarView)
}

/// Splits a text as CLIP does; at each place the first of these that fits: a special text, an
/// English contraction (`'s 't 're 've 'm 'll 'd`), a run of letters, one digit, a run of anything
/// else. White space separates and is dropped.
struct WordSplitter: Sequence, IteratorProtocol {
    private var rest: Substring.UnicodeScalarView

    init(_ text: String) { rest = Substring(text).unicodeScalars }

    private static let special: [(text: String, word: Word)] = [
        ("<|startoftext|>", .start), ("<|endoftext|>", .end),
    ]
    // U+017F is an old form of s
    private static let contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'ſ"]

    mutating func next() -> Word? {
        rest = rest.drop { Kind($0) == .space }
        guard let first = rest.first else { return nil }
        for (text, word) in Self.special where rest.starts(with: text.unicodeScalars) {
            rest = rest.dropFirst(text.unicodeScalars.count)
            return word
        }
        if first == "'",
            let contraction = Self.contractions.first(where: {
                rest.starts(with: $0.unicodeScalars)
            })
        {
            return take(contraction.unicodeScalars.count)
        }
        let kind = Kind(first)
        return take(kind == .digit ? 1 : rest.prefix { Kind($0) == kind }.count)
    }

    private mutating func take(_ count: Int) -> Word {
        defer { rest = rest.dropFirst(count) }
        return .text(rest.prefix(count))
    }

    /// What a run consists of.
    private enum Kind {
        case letter, digit, space, other

        init(_ scalar: Unicode.Scalar) {
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter,
                .otherLetter:
                self = .letter
            case .decimalNumber, .letterNumber, .otherNumber: self = .digit
            // The reference ignores case, and the capital of U+0345, a mark, is a letter: it counts
            // as neither and is dropped.
            case _ where scalar == "\u{345}" || scalar.properties.isWhitespace: self = .space
            default: self = .other
            }
        }
    }
}
