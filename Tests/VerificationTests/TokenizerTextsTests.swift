import DenseKitCore
import DenseKitVerification
import Foundation
import Testing

/// One id for each letter, from 1; refuses what is no letter.
private struct Letters: TextTokenizing {
    struct Configuration: YAMLConfiguration {}
    struct Refused: Error {}

    func encode(_ text: String) throws -> [Int] {
        try text.unicodeScalars.map {
            guard ("a"..."z").contains($0) else { throw Refused() }
            return Int($0.value) - 96
        }
    }

    func tokenize(_ text: String, length: Int, truncates: Bool) throws -> [Int] {
        var row = [98] + (try encode(text)) + [99]
        if row.count > length {
            guard truncates else { throw Refused() }
            row = Array(row.prefix(length - 1)) + [99]
        }
        return row + [Int](repeating: 0, count: length - row.count)
    }
}

private struct LettersPlugin: Plugin {
    func register(in registry: inout Registry) {
        registry.tokenizers.register("BPE") { (_: Letters.Configuration) in Letters() }
    }
}

@Test(
    "A tokenizer's case: ids, padded rows, rows that are too long, cut rows, and text that may be refused"
)
func tokenizerTexts() throws {
    let folder = try Folder()
    func verify(_ cases: String) throws -> [Bool] {
        let path = try folder.write("{\"procedure_id\": \"tokenizer\", \"cases\": [\(cases)]}")
        return try Verifier(registry: Registry([LettersPlugin()])).verify(path).map(\.passes)
    }
    let good =
        #"{"text": "abc", "encode": [1, 2, 3], "tokenize": {"4": {"error": "too long"}, "6": {"ids": [98, 1, 2, 3, 99]}}, "#
    #expect(try verify(good + #""truncated": [98, 1, 2, 99]}"#) == [true])
    #expect(try verify(good + #""truncated": [98, 1, 2, 3]}"#) == [false])
    #expect(
        try verify(
            #"{"text": "ab", "encode": [1, 3], "tokenize": {}}, {"text": "é", "encode": [9], "tokenize": {}}"#
        ) == [
            false, true,
        ])
    #expect(
        try verify(#"{"text": "ab", "encode": [1, 2], "tokenize": {"3": {"ids": [98, 1, 99]}}}"#)
            == [false])
    #expect(throws: GoldenCaseError.self) {
        try verify(#"{"text": "a", "encode": [1], "tokenize": {"x": {"ids": []}}}"#)
    }
}
