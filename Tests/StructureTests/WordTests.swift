import Foundation
import Testing

/// Texts in which a word of the list is right.
private let exceptions = [
    "painting, picture",  // a class of ADE20K, with all its names
    "\"pictures\"",  // a key of co-occurrence files
    "/pictures",  // the folder of drawings that `densekit demo` writes
    "\"things\"",  // the old name of `bench --instances`, which still works
]

private func text(_ path: String) throws -> String {
    let text = try SourceTree.text(path)
    return exceptions.reduce(text) { $0.replacingOccurrences(of: $1, with: " ") }
}

/// The words of `text` for which the field has others, each with the text around it.
private func oddWords(_ text: String) -> [String] {
    let words = /\b(?:pictures?|remarks?|learnt|enlarge[ds]?|anew|mended|things?|truths?)\b/
    let phrases = /\b(?:from nothing|all is well|the house)\b/
    // In one line, as a phrase may continue in the next; "ground truth" is the field's word.
    let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        .replacing(/ground[- ]truths?/.ignoresCase(), with: "")
    return [words, phrases].flatMap { regex in
        line.matches(of: regex.ignoresCase().wordBoundaryKind(.simple)).map { match in
            let start = match.range.lowerBound
            return "…\(line[..<start].suffix(30))\(line[start...].prefix(30))…"
        }
    }
}

/// Reads Swift, C and C++ code, and collects its comments and strings, without the code in strings.
private struct ProseReader {
    private let code: [UInt8]
    private var place = 0
    private var prose: [UInt8] = []

    static func prose(of code: String) -> String {
        var reader = ProseReader(code: Array(code.utf8))
        reader.readCode(isInterpolation: false)
        return String(decoding: reader.prose, as: UTF8.self)
    }

    private init(code: [UInt8]) { self.code = code }

    private func isAt(_ text: String) -> Bool { code[place...].starts(with: text.utf8) }

    /// Reads to the end of the code, or of the interpolation that it is in.
    private mutating func readCode(isInterpolation: Bool) {
        var depth = 0
        while place < code.count {
            switch code[place] {
            case UInt8(ascii: "/") where isAt("//"): readText(until: "\n")
            case UInt8(ascii: "/") where isAt("/*"): readText(until: "*/")
            case UInt8(ascii: "\""): readText(until: isAt("\"\"\"") ? "\"\"\"" : "\"")
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth -= 1
            default: break
            }
            place += 1
            if isInterpolation && depth == 0 { return }
        }
    }

    /// Reads a comment or string that begins here, with the last byte of `end` left to the caller.
    private mutating func readText(until end: String) {
        let isString = end.hasPrefix("\"")
        place += isString ? end.utf8.count : 2
        prose.append(UInt8(ascii: " "))
        while place < code.count, !isAt(end) {
            // A string ends in its line: this was a quotation mark in a regex or character literal.
            if end == "\"", code[place] == UInt8(ascii: "\n") { return }
            if isString, isAt("\\(") {
                place += 1
                readCode(isInterpolation: true)
                continue
            }
            if isString, code[place] == UInt8(ascii: "\\") {
                place += 2
                continue
            }
            // The slashes and stars at the beginnings of a comment's lines separate no words.
            let isMark = !isString && (isAt("/") || isAt("*"))
            prose.append(isMark ? UInt8(ascii: " ") : code[place])
            place += 1
        }
        place += end.utf8.count - 1
    }
}

@Test("Comments and strings use the field's words: image, instance, ground truth, from scratch")
func codeWords() throws {
    let odd = "/// The thing's\n/// truth.\nlet a = \"learnt \\(anew ? \"from\" : f(\"\")) mended\""
    #expect(oddWords(ProseReader.prose(of: odd)).count == 4)
    #expect(oddWords(ProseReader.prose(of: "f(\"https://a\")  // from\n// nothing")).count == 1)
    #expect(
        oddWords(ProseReader.prose(of: "/* a\n * picture */ f(\"\"\"\n  anew\n  \"\"\")")).count
            == 2)
    let fine = "let picture = /\"/\nthings(\"\\(anew)\", 1)  // Nothing of the ground\n// truth"
    #expect(oddWords(ProseReader.prose(of: fine)).isEmpty)
    var count = 0
    for path in ["Sources", "Plugins"].flatMap({ SourceTree.files($0, "") })
    where path.hasSuffix(".swift") || path.hasSuffix(".h") || path.hasSuffix(".cpp") {
        let found = oddWords(ProseReader.prose(of: try text(path)))
        #expect(found.isEmpty, "\(path): \(found.joined(separator: ", "))")
        count += 1
    }
    #expect(count > 600)
}

@Test("The documents use the field's words")
func documentWords() throws {
    let paths = ["README.md"] + SourceTree.files("docs", ".md")
    #expect(paths.count > 40)
    for path in paths {
        let found = oddWords(try text(path))
        #expect(found.isEmpty, "\(path): \(found.joined(separator: ", "))")
    }
}
