import DenseKitErrors

/// Why a vocabulary cannot be used, or a text cannot be turned into ids.
public enum TokenizerError: DenseKitError, Equatable {
    /// There is no vocabulary at any of the paths that were searched.
    case vocabularyNotFound(searched: [String])
    /// The file at `path` cannot be read or unpacked.
    case unreadable(path: String, problem: String)
    /// Line `line` (from 1) of the vocabulary at `path` has the wrong format.
    case malformed(path: String, line: Int, problem: String)
    /// `text` has `count` ids, start and end included, where `limit` are allowed.
    case tooLong(text: String, count: Int, limit: Int)
    /// A row length below 2, which leaves no place for start and end.
    case invalidLength(Int)
    /// A text has `bytes` bytes, where `limit` are allowed.
    case tooManyBytes(bytes: Int, limit: Int)
    /// `text` is UTF-8 that was decoded as `encoding`, such as `schÃ¶n` for `schön`, and cannot be
    /// repaired reliably.
    case garbled(text: String, encoding: String)
}

extension TokenizerError {
    public var origin: ErrorOrigin { .input }

    public var problem: String {
        switch self {
        case .vocabularyNotFound(let searched):
            """
            CLIP's vocabulary \(VocabularyAsset.fileName) was not found; searched:
            \(searched.map { "  " + $0 }.joined(separator: "\n"))
            \(VocabularyAsset.instructions)
            """
        case .unreadable(let path, let problem):
            "\(path): \(problem). \(VocabularyAsset.fileName) is expected here, as its authors distribute it; fetch it again."
        case .malformed(let path, let line, let problem):
            "\(path):\(line): \(problem). This is not CLIP's \(VocabularyAsset.fileName), or it is damaged; fetch it again."
        case .tooLong(let text, let count, let limit):
            "\"\(text.abbreviated)\" needs \(count) tokens with start and end, but \(limit) are allowed: "
                + "shorten the text or raise the token length."
        case .invalidLength(let length):
            "a token length of \(length) leaves no place for start and end: use at least 2."
        case .tooManyBytes(let bytes, let limit):
            "a text of \(bytes) bytes cannot be tokenized, at most \(limit) are allowed: is this the name of a class?"
        case .garbled(let text, let encoding):
            "\"\(text.abbreviated)\" looks like UTF-8 that was read as \(encoding): correct the text and save its file as UTF-8."
        }
    }
}

extension String {
    /// The text itself, or its first 80 characters and three dots: error messages stay readable.
    fileprivate var abbreviated: String { count <= 80 ? self : prefix(80) + "..." }
}
