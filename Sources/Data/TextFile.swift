import Foundation

/// Small text files that people write: lists of names and of classes.
enum TextFile {
    /// The text of the file: UTF-8, with a byte order mark or without, or UTF-16 where that is
    /// unambiguous.
    ///
    /// - Throws: `DataError` for other encodings, with the line and byte, and for files that are no
    ///   text.
    static func read(_ path: String) throws -> String { try text(FileSystem.read(path), path) }

    /// The text that `bytes` are, of the file at `path`.
    static func text(_ bytes: [UInt8], _ path: String) throws -> String {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return try utf8(bytes.dropFirst(3), path) }
        if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) {
            throw DataError(
                path, "is UTF-32, UTF-8 is wanted", remedy: "`iconv -f UTF-32 -t UTF-8` converts it"
            )
        }
        if bytes.starts(with: [0xFF, 0xFE]) {
            return try utf16(bytes.dropFirst(2), isBigEndian: false, path)
        }
        if bytes.starts(with: [0xFE, 0xFF]) {
            return try utf16(bytes.dropFirst(2), isBigEndian: true, path)
        }
        guard bytes.contains(0) else { return try utf8(bytes[...], path) }
        // Line feeds and Latin letters have a zero byte in UTF-16: all on the same side.
        let isBigEndian = bytes.indices.contains { bytes[$0] == 0 && $0.isMultiple(of: 2) }
        let isLittleEndian = bytes.indices.contains { bytes[$0] == 0 && !$0.isMultiple(of: 2) }
        guard isBigEndian != isLittleEndian, bytes.count.isMultiple(of: 2) else {
            throw DataError(path, "holds NUL bytes: it is no text", remedy: "save it as UTF-8")
        }
        return try utf16(bytes[...], isBigEndian: isBigEndian, path)
    }

    /// The lines of a text, whichever system's ends they have.
    static func lines(_ text: String) -> [Substring] {
        let scalars = text.unicodeScalars
        var lines: [Substring] = []
        var start = scalars.startIndex
        var last: Unicode.Scalar?
        for index in scalars.indices {
            let scalar = scalars[index]
            if scalar == "\n" || scalar == "\r" {
                if scalar == "\r" || last != "\r" {
                    lines.append(Substring(scalars[start..<index]))
                }
                start = scalars.index(after: index)
            }
            last = scalar
        }
        return lines + [Substring(scalars[start...])]
    }

    private static func utf8(_ bytes: ArraySlice<UInt8>, _ path: String) throws -> String {
        if let text = String(validating: bytes, as: UTF8.self) {
            guard !text.utf8.contains(0) else {
                throw DataError(path, "holds NUL bytes: it is no text", remedy: "save it as UTF-8")
            }
            return text
        }
        let offset = firstInvalid(bytes)
        let before = bytes.prefix(offset)
        let line = 1 + before.count { $0 == UInt8(ascii: "\n") }
        let byte = String(bytes[bytes.startIndex + offset], radix: 16, uppercase: true)
        throw DataError(
            "\(path):\(line)",
            "is not UTF-8: byte \(byte); other encodings, such as Latin-1 and GBK, cannot be told apart",
            remedy:
                "save it as UTF-8, as `iconv -f WINDOWS-1252 -t UTF-8` does for Western European text"
        )
    }

    /// The place of the first byte of what is not UTF-8, counted from the beginning.
    private static func firstInvalid(_ bytes: ArraySlice<UInt8>) -> Int {
        var parser = UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var offset = 0
        while case .valid(let encoded) = parser.parseScalar(from: &iterator) {
            offset += encoded.count
        }
        return min(offset, bytes.count - 1)
    }

    private static func utf16(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool, _ path: String) throws
        -> String
    {
        let whole = Array(bytes)
        let units = stride(from: 0, to: whole.count - 1, by: 2).map {
            UInt16(whole[$0]) << (isBigEndian ? 8 : 0) | UInt16(whole[$0 + 1])
                << (isBigEndian ? 0 : 8)
        }
        guard whole.count.isMultiple(of: 2), !units.contains(0),
            let text = String(validating: units, as: UTF16.self)
        else {
            throw DataError(path, "is damaged UTF-16", remedy: "save it as UTF-8")
        }
        return text
    }
}

extension Unicode.Scalar {
    /// Invisible: zero-width characters, marks of direction, the soft hyphen, the byte order
    /// mark, control characters.
    var isInvisible: Bool {
        properties.isDefaultIgnorableCodePoint || properties.generalCategory == .control
    }

    /// Spaces of every width, and ends of lines.
    var isBlank: Bool { properties.isWhitespace }
}

extension StringProtocol {
    /// Without spaces of every width and invisible characters at both ends.
    var withoutBlankEnds: String {
        func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar.isBlank || scalar.isInvisible }
        let scalars = Substring(self).unicodeScalars.drop(while: isBlank)
        guard let last = scalars.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(Substring(scalars[...last]))
    }

    /// Printable ASCII as it is, every other byte as `\xHH`: what tells two names apart that look
    /// the same.
    var escapedBytes: String {
        utf8.map { byte in
            let isPlain = (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "\\")
            return isPlain
                ? String(UnicodeScalar(byte))
                : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        .joined()
    }
}
