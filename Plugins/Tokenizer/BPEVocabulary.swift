/// CLIP's byte-pair encoding as integers.
///
/// Ids 0…255 are the bytes inside a word, in the order of `order`; 256…511 the same bytes at the
/// end of a word; then one id for each merge, in the order of the merges, and last the ids of start
/// and end. The file holds the merges, one a line, as two symbols in letters that stand for bytes,
/// `</w>` at a word's end; its first line is a header.
struct BPEVocabulary: Sendable {
    /// CLIP uses this many of the file's 262,143 merges.
    static let mergeCount = 49_152 - 256 - 2
    /// The file has 1.4 MB packed and 3.2 MB unpacked.
    static let byteLimit = 8 << 20

    /// The id of each byte inside a word.
    let byteIds: [Int32]
    /// The rank of a merge by its two ids: the lower ranks come first.
    private let ranks: [UInt64: Int32]

    /// The rank of merging `left` with `right`, if they merge at all. The merged symbol's id is the
    /// rank + 512.
    func rank(_ left: Int32, _ right: Int32) -> Int32? { ranks[Self.key(left, right)] }

    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// The bytes in the order of their ids, each with the letter that the file writes for it, in
    /// UTF-8.
    ///
    /// First the bytes that are printable in Latin-1, which represent themselves, then the rest, as
    /// U+0100, U+0101, …
    private static let letters: [(byte: UInt8, letter: [UInt8])] = {
        let printable = [UInt8](33...126) + [UInt8](161...172) + [UInt8](174...255)
        let others = (UInt8.min...UInt8.max).filter { !printable.contains($0) }
        let scalars = printable.map(UInt16.init) + others.indices.map { 256 + UInt16($0) }
        return zip(printable + others, scalars).map { byte, scalar in
            (
                byte,
                scalar < 0x80
                    ? [UInt8(scalar)] : [UInt8(0xC0 | scalar >> 6), UInt8(0x80 | scalar & 0x3F)]
            )
        }
    }()

    /// Reads the file at `path`.
    /// - Throws: `TokenizerError.unreadable` and `.malformed`, with the line.
    init(path: String) throws(TokenizerError) {
        try self.init(text: gunzipped(path: path, limit: Self.byteLimit), path: path)
    }

    /// Reads the first `mergeCount` merges of the unpacked file. `path` is for the errors.
    init(text: [UInt8], path: String, mergeCount: Int = Self.mergeCount) throws(TokenizerError) {
        var ids = [Int32](repeating: 0, count: 256)
        var symbols = SymbolTable(capacity: 512 + mergeCount)
        let letters = Self.letters
        for (id, (byte, letter)) in letters.enumerated() {
            ids[Int(byte)] = Int32(id)
            _ = symbols.insert(letter[...])
        }
        for (_, letter) in letters { _ = symbols.insert((letter + Array("</w>".utf8))[...]) }

        var lines = LineReader(text)
        guard let header = lines.next(),
            String(decoding: header.prefix(200), as: UTF8.self).contains("#version")
        else {
            throw .malformed(
                path: path, line: 1,
                problem: "expected the header \"bpe_simple_vocab_16e6.txt#version: 0.2\"")
        }
        var ranks = [UInt64: Int32](minimumCapacity: mergeCount)
        for rank in 0..<mergeCount {
            let number = rank + 2
            guard let line = lines.next() else {
                throw .malformed(
                    path: path, line: number,
                    problem: "the file ends after \(rank) of \(mergeCount) merges")
            }
            let parts = line.split(
                separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                throw .malformed(
                    path: path, line: number,
                    problem:
                        "expected two symbols with one space between, found \"\(printable(line))\""
                )
            }
            var merged: [Int32] = []
            for part in parts {
                guard let id = symbols[part] else {
                    throw .malformed(
                        path: path, line: number,
                        problem:
                            "\"\(printable(part))\" is neither a byte nor the result of a merge above"
                    )
                }
                merged.append(id)
            }
            guard symbols.insert(parts[0] + parts[1]) else {
                throw .malformed(
                    path: path, line: number,
                    problem: "\"\(printable(line))\" makes a symbol that is there already")
            }
            ranks[Self.key(merged[0], merged[1])] = Int32(rank)
        }
        byteIds = ids
        self.ranks = ranks
    }
}

/// At most 60 bytes of a line, as text for a message.
private func printable(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix(60), as: UTF8.self) + (bytes.count > 60 ? "..." : "")
}

/// The lines of a text without their line feeds, without copying them.
private struct LineReader {
    private let text: [UInt8]
    private var position = 0

    init(_ text: [UInt8]) { self.text = text }

    mutating func next() -> ArraySlice<UInt8>? {
        guard position < text.count else { return nil }
        let end = text[position...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
        defer { position = end + 1 }
        return text[position..<end]
    }
}
