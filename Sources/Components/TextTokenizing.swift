/// Turns texts into the ids that a text encoder embeds. Method plugins use their tokenizers directly; under a name in the registry one can be
/// checked against what the reference answers.
public protocol TextTokenizing: Sendable {
    /// The ids of `text`, without start and end.
    func encode(_ text: String) throws -> [Int]

    /// A row `[start, ids…, end, 0…]` of `length` ids.
    ///
    /// - Parameter truncates: whether a text that does not fit loses its last ids; otherwise it throws
    func tokenize(_ text: String, length: Int, truncates: Bool) throws -> [Int]
}

extension Registry {
    public var tokenizers: ComponentTable<any TextTokenizing> {
        get { self[(any TextTokenizing).self, kind: "tokenizer"] }
        set { self[(any TextTokenizing).self, kind: "tokenizer"] = newValue }
    }
}

private enum TokenIDsKey: BuildContextKey {
    static let defaultValue: [[Int]]? = nil
}

extension BuildContext {
    /// Token ids of the class names where they are given (golden cases): `[k][length]`. Nil: a tokenizer makes them.
    public var tokenIDs: [[Int]]? {
        get { self[TokenIDsKey.self] }
        set { self[TokenIDsKey.self] = newValue }
    }
}
