import DenseKitCore

/// The ids of every text of the file, alone and in rows of the file's lengths.
struct TokenizerTexts {
    private let golden: GoldenCase
    private let tokenizer: any TextTokenizing
    private let texts: [Text]

    private struct File: Decodable { let cases: [Text] }

    private struct Text: Decodable {
        struct Row: Decodable {
            /// Without the zeros of the padding; nil where the reference refuses the text as too
            /// long.
            let ids: [Int]?
        }

        let text: String
        let encode: [Int]
        let tokenize: [String: Row]
        /// A row of five, cut where it is longer.
        let truncated: [Int]?
    }

    init(_ golden: GoldenCase, _ registry: Registry) throws {
        self.golden = golden
        try golden.check("config")
        try golden.check("cases", knows: "text encode tokenize truncated notes")
        texts = try golden.decoded(File.self).cases
        tokenizer = try registry.tokenizers.make(
            ComponentNode(type: "BPE"), BuildContext(registry: registry))
    }

    func comparisons() throws -> [Comparison] {
        try texts.enumerated().map { try comparison($1, "text \($0)") }
    }

    private func comparison(_ text: Text, _ name: String) throws -> Comparison {
        let ids: [Int]
        do {
            ids = try tokenizer.encode(text.text)
        } catch  where !text.text.utf8.allSatisfy({ $0 < 128 }) {
            // Text that the reference would repair may be refused.
            return compare(name, [], [])
        }
        guard ids == text.encode else { return compare(name, ids, text.encode) }
        for (key, row) in text.tokenize.sorted(by: { $0.key < $1.key }) {
            guard let length = Int(key), (2...100_000).contains(length) else {
                throw GoldenCaseError(golden.path, "asks for rows of the length '\(key)'")
            }
            let ours = try? tokenizer.tokenize(text.text, length: length, truncates: false)
            let padded = row.ids.map { $0 + [Int](repeating: 0, count: max(0, length - $0.count)) }
            guard ours == padded else {
                return compare("\(name), length \(key)", ours ?? [], padded ?? [])
            }
        }
        guard let truncated = text.truncated else { return compare(name, ids, text.encode) }
        return compare(
            name, try tokenizer.tokenize(text.text, length: truncated.count, truncates: true),
            truncated)
    }

    private func compare(_ name: String, _ ours: [Int], _ reference: [Int]) -> Comparison {
        Comparison(name, ours: ours.map(Double.init), reference: reference.map(Double.init), .exact)
    }
}
