import DenseKitTokenizer
import Testing

private let tokenizer = ByteTokenizer()

@Test func bytesOfACleanedText() throws {
    #expect(try tokenizer.encode(" Sky ") == [115, 107, 121])
    #expect(try tokenizer.encode("É") == [0xC3, 0xA9])
    #expect(try tokenizer.encode("<|endoftext|>").allSatisfy { $0 < 256 })
    #expect(tokenizer.end == tokenizer.vocabularySize - 1 && tokenizer.start < tokenizer.end)
}

@Test func rowsAreAsLongAsTheLongestText() throws {
    #expect(
        try tokenizer.tokenize(["sky", "a"]) == [[256, 115, 107, 121, 257], [256, 97, 257, 0, 0]])
    #expect(try tokenizer.tokenize(["a"], length: 5) == [[256, 97, 257, 0, 0]])
    #expect(
        try tokenizer.tokenize(["water"], length: 4, overflow: .truncate) == [[256, 119, 97, 257]])
    #expect(try tokenizer.tokenize([]) == [])
}

@Test(
    "Messages",
    arguments: [
        (
            ["sky", "water"], 5,
            "\"water\" needs 7 tokens with start and end, but 5 are allowed: shorten the text or raise the token length."
        ),
        (["sky"], 1, "a token length of 1 leaves no place for start and end: use at least 2."),
        (
            ["schÃ¶n 日本"], 77,
            "\"schÃ¶n 日本\" looks like UTF-8 that was read as Windows-1252: correct the text and save its file as UTF-8."
        ),
        (
            [String(repeating: "a", count: 4_097)], 77,
            "a text of 4097 bytes cannot be tokenized, at most 4096 are allowed: is this the name of a class?"
        ),
        (
            [String(repeating: "a", count: 100)], 77,
            "\"\(String(repeating: "a", count: 80))...\" needs 102 tokens with start and end, but 77 are allowed: "
                + "shorten the text or raise the token length."
        ),
    ])
func messages(texts: [String], length: Int, message: String) throws {
    let error = try #require(throws: TokenizerError.self) {
        try tokenizer.tokenize(texts, length: length)
    }
    #expect(error.description == message)
}
