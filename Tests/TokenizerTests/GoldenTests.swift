import DenseKitTokenizer
import Foundation
import Testing

/// `Tests/Goldens/tokenizer.json`: what the tokenizer of DenseCLIP's official code answers for the
/// class names of ADE20K and COCO and for odd texts.
private struct GoldenCase: Decodable {
    struct Row: Decodable {
        var ids: [Int]?
        var error: String?
    }
    var text: String
    var encode: [Int]
    var tokenize: [String: Row]
    var truncated: [Int]
}

private struct GoldenFile: Decodable {
    var cases: [GoldenCase]
}

let testsFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

/// From the usual places, or from `.assets/` at the top of the package.
private func findVocabulary() throws -> String {
    let local = testsFolder.deletingLastPathComponent().appending(
        path: ".assets/\(VocabularyAsset.fileName)"
    ).path
    return FileManager.default.fileExists(atPath: local) ? local : try VocabularyAsset.find()
}

@Test(
    "Every text of the golden case, encoded, padded and truncated; without the vocabulary this says how to get it"
)
func goldenTexts() throws {
    let tokenizer = try BPETokenizer(vocabulary: findVocabulary())
    let data = try Data(contentsOf: testsFolder.appending(path: "Goldens/tokenizer.json"))
    let cases = try JSONDecoder().decode(GoldenFile.self, from: data).cases
    #expect(cases.count > 280)
    #expect(tokenizer.vocabularySize == 49408 && tokenizer.start == 49406 && tokenizer.end == 49407)

    for golden in cases {
        #expect(try tokenizer.encode(golden.text) == golden.encode, "\(golden.text)")
        #expect(
            try tokenizer.tokenize([golden.text], length: 5, overflow: .truncate) == [
                golden.truncated
            ], "\(golden.text)")
        for (length, row) in golden.tokenize {
            let length = try #require(Int(length))
            if let ids = row.ids {
                let padded = ids + [Int](repeating: 0, count: length - ids.count)
                #expect(
                    try tokenizer.tokenize([golden.text], length: length) == [padded],
                    "\(golden.text)")
            } else {
                let error = TokenizerError.tooLong(
                    text: golden.text, count: golden.encode.count + 2, limit: length)
                #expect(throws: error) { try tokenizer.tokenize([golden.text], length: length) }
            }
        }
    }
}
