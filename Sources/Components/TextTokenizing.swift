/// Turns text into the token ids that a text encoder embeds. Prompters use their tokenizers
/// directly; one that is registered under a name can also be checked against the reference's
/// results.
public protocol TextTokenizing: Sendable {
    /// The token ids of `text`, without start and end tokens.
    func encode(_ text: String) throws -> [Int]

    /// A row `[start, ids…, end, 0…]` of `length` ids.
    ///
    /// - Parameters:
    ///   - text: to tokenize
    ///   - length: of the row, start and end included
    ///   - truncates: whether a text that is too long loses its last ids; otherwise it throws
    func tokenize(_ text: String, length: Int, truncates: Bool) throws -> [Int]
}

private enum TokenIDsKey: BuildContextKey {
    static let defaultValue: [[Int]]? = nil
}

extension BuildContext {
    /// Token ids of the class names, `[k][length]`, where they are given (golden cases); nil: a
    /// tokenizer makes them.
    public var tokenIDs: [[Int]]? {
        get { self[TokenIDsKey.self] }
        set { self[TokenIDsKey.self] = newValue }
    }
}
