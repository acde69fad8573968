import Foundation

/// The encoding of Western Windows, where the five unassigned bytes represent the control
/// characters of the same number.
enum Windows1252 {
    /// The characters of the bytes 0x80…0x9F.
    private static let high: [Unicode.Scalar] = Array(
        "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ".unicodeScalars)
    private static let bytes = Dictionary(uniqueKeysWithValues: zip(high, UInt8(0x80)...))

    static func scalar(_ byte: UInt8) -> Unicode.Scalar {
        (0x80...0x9F).contains(byte) ? high[Int(byte) - 0x80] : Unicode.Scalar(byte)
    }

    /// The byte of `scalar`, in Windows-1252 or in Latin-1.
    static func byte(_ scalar: Unicode.Scalar) -> UInt8? {
        bytes[scalar] ?? UInt8(exactly: scalar.value)
    }
}

/// `text` decoded again where it is UTF-8 that was read as Windows-1252: `schÃ¶n` is `schön`.
///
/// Such text is repaired only where all of it decodes; one made of a correct and a garbled part, or
/// garbled in another way, has no sure repair. A single accented capital with a symbol behind it
/// (`«É»`) is left alone: it is text more often than an accident.
/// - Throws: `TokenizerError.garbled`.
func decodingGarbledUTF8(_ text: String) throws(TokenizerError) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
    let scan = UTF8Scan(text)
    if scan.isConvincing {
        guard scan.isWhole,
            let decoded = String(validating: scan.bytes.compactMap { $0 }, as: UTF8.self)
        else {
            throw .garbled(text: text, encoding: "Windows-1252")
        }
        return try decodingGarbledUTF8(decoded)
    }
    if scan.hasLostSpace { throw .garbled(text: text, encoding: "Windows-1252") }
    for page in codePages {
        let bytes = text.unicodeScalars.compactMap { page.bytes[$0] }
        guard bytes.count == text.unicodeScalars.count,
            let decoded = String(validating: bytes, as: UTF8.self)
        else { continue }
        let foreign = decoded.unicodeScalars.filter { !$0.isASCII }
        if foreign.count > 1 || foreign.contains(where: { $0.value >= 0x800 }) {
            throw .garbled(text: text, encoding: page.name)
        }
    }
    return text
}

/// Further encodings that UTF-8 is read in by mistake, with the byte of each character.
///
/// The tables are taken byte by byte: Foundation ends the process when it has to encode a text
/// that does not fit such an encoding.
private let codePages: [(name: String, bytes: [Unicode.Scalar: UInt8])] =
    [
        ("Windows-1251", String.Encoding.windowsCP1251), ("Windows-1250", .windowsCP1250),
        ("Windows-1253", .windowsCP1253),
        ("Windows-1254", .windowsCP1254), ("ISO 8859-2", .isoLatin2),
    ].map { name, encoding in
        (
            name,
            codePage(high: (0x80...0xFF).map { String(data: Data([$0]), encoding: encoding) ?? "" })
        )
    } + [("Mac Roman", codePage(high: macRoman.unicodeScalars.map(String.init)))]

private func codePage(high: [String]) -> [Unicode.Scalar: UInt8] {
    var bytes: [Unicode.Scalar: UInt8] = [:]
    for byte in UInt8(0)..<0x80 { bytes[Unicode.Scalar(byte)] = byte }
    for (byte, character) in zip(0x80...0xFF, high) {
        if let scalar = character.unicodeScalars.first { bytes[scalar] = UInt8(byte) }
    }
    return bytes
}

/// The bytes 0x80…0xFF of the classic Mac; Foundation on Linux has another table under this name.
private let macRoman =
    "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø"
    + "¿¡¬√ƒ≈∆«»…\u{A0}ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{F8FF}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ"

/// The sequences of characters in a text that are UTF-8 sequences when written in Windows-1252.
private struct UTF8Scan {
    /// The text in Windows-1252, nil where it has no such character.
    let bytes: [UInt8?]
    private var sequences: [Range<Int>] = []
    /// Whether every character beyond ASCII belongs to a sequence.
    private(set) var isWhole = true

    init(_ text: String) {
        bytes = text.unicodeScalars.map(Windows1252.byte)
        var i = 0
        while i < bytes.count {
            if let length = sequenceLength(at: i) {
                sequences.append(i..<(i + length))
                i += length
            } else {
                isWhole = isWhole && (bytes[i] ?? 0xFF) < 0x80
                i += 1
            }
        }
    }

    private func sequenceLength(at start: Int) -> Int? {
        let length: Int
        switch bytes[start] {
        case .some(0xC2...0xDF): length = 2
        case .some(0xE0...0xEF): length = 3
        case .some(0xF0...0xF4): length = 4
        default: return nil
        }
        guard start + length <= bytes.count else { return nil }
        let sequence = bytes[start..<(start + length)].compactMap { $0 }
        return sequence.count == length && String(validating: sequence, as: UTF8.self) != nil
            ? length : nil
    }

    /// Whether chance does not explain the sequences: a long one, several, one with the
    /// first byte of Latin, Greek or Cyrillic letters, or one behind a small letter.
    var isConvincing: Bool {
        if sequences.count > 1 || sequences.contains(where: { $0.count > 2 }) { return true }
        guard let only = sequences.first, let lead = bytes[only.lowerBound],
            let second = bytes[only.lowerBound + 1]
        else {
            return false
        }
        let letters: Set<Unicode.Scalar> = ["Š", "Œ", "Ž", "š", "œ", "ž", "Ÿ", "…", "’"]
        if letters.contains(Windows1252.scalar(second)) { return false }
        switch lead {
        case 0xC2: return second >= 0xA0
        case 0xC3, 0xCE, 0xD0: return true
        default:
            let before = only.lowerBound > 0 ? bytes[only.lowerBound - 1] : nil
            return before.map { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) } ?? false
        }
    }

    /// Whether a no-break space became a plain one in a garbled `à` or no-break space:
    /// `voilÃ le travail`.
    var hasLostSpace: Bool {
        func isLower(_ i: Int) -> Bool {
            i >= 0 && bytes[i].map { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) } ?? false
        }
        return bytes.indices.dropLast().contains { i in
            (bytes[i] == 0xC2 || bytes[i] == 0xC3) && bytes[i + 1] == 0x20
                && (i == 0 || isLower(i - 1) || (bytes[i - 1] == 0x20 && isLower(i - 2)))
        }
    }
}
