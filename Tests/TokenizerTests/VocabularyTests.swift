import CDenseKitZlib
import Foundation
import TemporaryFolders
import Testing

@testable import DenseKitTokenizer

/// A small vocabulary: 60 merges that build words of up to three letters.
let smallVocabulary: String = {
    let letters = Array("abcdefghijklmnopqrst").map(String.init)
    let pairs = letters.indices.map { "\(letters[$0]) \(letters[($0 + 1) % 20])" }
    let words = letters.indices.map {
        "\(letters[$0])\(letters[($0 + 1) % 20]) \(letters[($0 + 2) % 20])</w>"
    }
    let others = letters.map { "Ġ \($0)" }
    return (["\"small#version: 0.2"] + pairs + words + others).joined(separator: "\n") + "\n"
}()

private func read(_ text: String, mergeCount: Int = 60) throws(TokenizerError) -> BPEVocabulary {
    try BPEVocabulary(text: [UInt8](text.utf8), path: "v.gz", mergeCount: mergeCount)
}

func gzipped(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    deflateInit2_(
        &stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    var input = bytes
    return [UInt8](unsafeUninitializedCapacity: bytes.count + 1000) { output, count in
        input.withUnsafeMutableBufferPointer {
            stream.next_in = $0.baseAddress
            stream.avail_in = UInt32($0.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            deflate(&stream, Z_FINISH)
            count = Int(stream.total_out)
        }
    }
}

@Test func mergesHaveRanksInTheirOrder() throws {
    let vocabulary = try read(smallVocabulary)
    let a = vocabulary.byteIds[97]
    let b = vocabulary.byteIds[98]
    let c = vocabulary.byteIds[99]
    #expect(vocabulary.rank(a, b) == 0)
    #expect(vocabulary.rank(512, c + 256) == 20)
    #expect(vocabulary.rank(b, a) == nil)
    #expect(
        vocabulary.byteIds[33] == 0 && vocabulary.byteIds[0] == 188
            && Set(vocabulary.byteIds).count == 256)
}

@Test(
    "Malformed vocabularies",
    arguments: [
        ("", 1, "expected the header \"bpe_simple_vocab_16e6.txt#version: 0.2\""),
        ("a b\n", 1, "expected the header \"bpe_simple_vocab_16e6.txt#version: 0.2\""),
        ("#version\na b\n", 3, "the file ends after 1 of 60 merges"),
        ("#version\nab\n", 2, "expected two symbols with one space between, found \"ab\""),
        ("#version\na b c\n", 2, "expected two symbols with one space between, found \"a b c\""),
        ("#version\n a\n", 2, "expected two symbols with one space between, found \" a\""),
        ("#version\na b\n\n", 3, "expected two symbols with one space between, found \"\""),
        ("#version\na bc\n", 2, "\"bc\" is neither a byte nor the result of a merge above"),
        ("#version\na b\r\n", 2, "\"b\r\" is neither a byte nor the result of a merge above"),
        ("#version\na b\na b\n", 3, "\"a b\" makes a symbol that is there already"),
    ])
func malformed(text: String, line: Int, problem: String) throws {
    let error = try #require(throws: TokenizerError.self) { try read(text) }
    #expect(error == .malformed(path: "v.gz", line: line, problem: problem))
    let message =
        "v.gz:\(line): \(problem). This is not CLIP's bpe_simple_vocab_16e6.txt.gz, or it is damaged; fetch it again."
    #expect(error.description == message)
}

@Test func packedFiles() throws {
    let packed = gzipped([UInt8](smallVocabulary.utf8))
    #expect(try gunzipped(packed, limit: 10_000, path: "v.gz") == [UInt8](smallVocabulary.utf8))
    var damaged = packed
    damaged[40] ^= 0x10
    for (bytes, problem) in [
        ([], "is not a gzip file"),
        (Array(packed.dropLast(9)), "ends in the middle of its gzip data"),
        (packed + [0], "has 1 bytes behind the end of its gzip data"),
        (damaged, "has damaged gzip data"),
        (gzipped([UInt8](repeating: 0, count: 1_000_000)), "unpacks to more than 10000 bytes"),
    ] {
        #expect(throws: TokenizerError.unreadable(path: "v.gz", problem: problem)) {
            try gunzipped(bytes, limit: 10_000, path: "v.gz")
        }
    }
}

@Test func placesThatAreNoFiles() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.file("pipe")
    mkfifo(pipe, 0o600)
    for path in [folder.path, pipe] {
        #expect(throws: TokenizerError.unreadable(path: path, problem: "is not a regular file")) {
            try BPEVocabulary(path: path)
        }
    }
}

@Test func placesThatAreSearched() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.url
    let cache = folder.appending(path: "cache/densekit")
    let assets = folder.appending(path: "assets")
    for place in [cache, assets] {
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    }
    let environment = [
        "DENSEKIT_ASSETS": assets.path, "XDG_CACHE_HOME": folder.appending(path: "cache").path,
        "HOME": "/nowhere",
    ]

    let error = try #require(throws: TokenizerError.self) {
        try VocabularyAsset.find(environment: environment)
    }
    let searched = [assets.path, cache.path].map { "\($0)/\(VocabularyAsset.fileName)" }
    #expect(error == .vocabularyNotFound(searched: searched))
    #expect(error.description.contains("pip download --no-deps open_clip_torch"))
    #expect(
        throws: TokenizerError.vocabularyNotFound(searched: [
            "/nowhere/.cache/densekit/\(VocabularyAsset.fileName)"
        ])
    ) {
        try VocabularyAsset.find(environment: ["HOME": "/nowhere", "DENSEKIT_ASSETS": ""])
    }

    for path in searched.reversed() {
        try Data().write(to: URL(filePath: path))
        #expect(try VocabularyAsset.find(environment: environment) == path)
    }
    #expect(try VocabularyAsset.find(cache.path, environment: environment) == searched[1])
    #expect(throws: TokenizerError.vocabularyNotFound(searched: ["/none.gz"])) {
        try VocabularyAsset.find("/none.gz", environment: environment)
    }
}
