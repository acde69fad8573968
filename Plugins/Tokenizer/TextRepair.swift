import Foundation

/// `text` without the usual accidents of copying and storing text, after `ftfy.fix_text`, which
/// CLIP runs first.
///
/// Line by line, until nothing changes: HTML references decoded (up to the first line with a `<`),
/// UTF-8 that was read as Windows-1252 read again, left-over C1 controls, Latin ligatures,
/// full-width and half-width forms, curly quotes and line breaks replaced, terminal escapes and
/// control characters removed, letters composed (NFC).
/// - Throws: `TokenizerError.garbled` for UTF-8 read in another wrong encoding, or garbled only in
///   parts of a line.
func repaired(_ text: String) throws(TokenizerError) -> String {
    if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "&") }) {
        return text
    }
    var lines: [String] = []
    var decodesReferences = true
    for line in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false) {
        var line = String(line)
        decodesReferences = decodesReferences && !line.contains("<")
        while true {
            let before = line
            if decodesReferences { line = HTMLEntities.decoded(line, strict: true) }
            line = replacingUnusualForms(try decodingGarbledUTF8(line))
            line =
                withoutControls(withoutTerminalEscapes(line)).precomposedStringWithCanonicalMapping
            // Scalar by scalar: String's own == takes composed and decomposed letters for equal.
            if line.unicodeScalars.elementsEqual(before.unicodeScalars) { break }
        }
        lines.append(line)
    }
    return lines.joined(separator: "\n")
}

/// Plain characters for C1 controls (as Windows-1252 has them), curly quotes, ligatures, unusual
/// widths and line breaks.
private func replacingUnusualForms(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        switch scalar.value {
        case 0x0D, 0x2028, 0x2029: result.append("\n")
        case 0x80...0x9F: result.append(Windows1252.scalar(UInt8(scalar.value)))
        case 0x2BC, 0x2018...0x201B: result.append("'")
        case 0x201C...0x201F: result.append("\"")
        case 0x3000: result.append(" ")
        // its compatibility mapping would lose the long s
        case 0xFB05: result += "ſt".unicodeScalars
        case 0x132...0x133, 0x149, 0x1C4...0x1CC, 0x1F1...0x1F3, 0xFB00...0xFB06, 0xFF01...0xFFEF:
            result += String(scalar).precomposedStringWithCompatibilityMapping.unicodeScalars
        default: result.append(scalar)
        }
    }
    return String(result)
}

/// Without the sequences that colour a terminal: escape, `[`, digits and semicolons, a letter.
private func withoutTerminalEscapes(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var rest = Substring(text).unicodeScalars
    while let scalar = rest.popFirst() {
        if scalar == "\u{1B}", rest.first == "[" {
            let behind = rest.dropFirst().drop {
                $0 == ";" || $0.properties.generalCategory == .decimalNumber
            }
            if let letter = behind.first, letter.isASCII, letter.properties.isAlphabetic {
                rest = behind.dropFirst()
                continue
            }
        }
        result.append(scalar)
    }
    return String(result)
}

/// Without control characters that are not white space, deprecated format characters and the byte
/// order mark.
private func withoutControls(_ text: String) -> String {
    String(
        String.UnicodeScalarView(
            text.unicodeScalars.filter {
                switch $0.value {
                case 0x00...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x206A...0x206F, 0xFEFF, 0xFFF9...0xFFFC:
                    false
                default: true
                }
            }))
}
