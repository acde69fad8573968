import Foundation

/// Reads JSON piece by piece where the reader knows what to expect. Python's `NaN` and `Infinity` are numbers too.
struct JSONBytes {
    /// What was expected and what was found.
    struct Problem: Error {
        let text: String
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    /// Deeper nesting is no result file.
    private static let deepest = 64

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Calls `element` at each element of a list.
    mutating func list(_ what: String, _ element: (inout JSONBytes, Int) throws -> Void) throws {
        try take("[", what)
        if takeIf("]") { return }
        var index = 0
        repeat {
            try element(&self, index)
            index += 1
        } while takeIf(",")
        try take("]", "`,` or `]`")
    }

    /// Calls `value` at the value of each key; it reads or skips it.
    mutating func object(_ what: String, _ value: (inout JSONBytes, String) throws -> Void) throws {
        try take("{", what)
        if takeIf("}") { return }
        var key: [UInt8] = []
        repeat {
            try string("a key", into: &key)
            try take(":", "`:`")
            try value(&self, String(decoding: key, as: UTF8.self))
        } while takeIf(",")
        try take("}", "`,` or `}`")
    }

    mutating func number(_ what: String) throws -> Double {
        skipSpace()
        let start = position
        while position < bytes.count, Self.isPartOfNumber(bytes[position]) { position += 1 }
        let token = bytes[start..<position]
        switch token.count {
        case 0: throw unexpected(what)
        case ..<64: break
        default: throw Problem(text: "expected \(what), found \(token.count) characters of one")
        }
        let value = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text -> Double? in
            for (place, byte) in token.enumerated() { text[place] = CChar(truncatingIfNeeded: byte) }
            text[token.count] = 0
            guard let start = text.baseAddress else { return nil }
            var end: UnsafeMutablePointer<CChar>?
            let value = strtod(start, &end)
            return end == start + token.count ? value : nil
        }
        guard let value else {
            position = start
            throw unexpected(what)
        }
        return value
    }

    mutating func integer(_ what: String) throws -> Int {
        let value = try number(what)
        guard let integer = Int(exactly: value) else { throw Problem(text: "expected \(what), found \(value)") }
        return integer
    }

    /// Replaces `text` by the bytes of a string, escapes resolved.
    mutating func string(_ what: String, into text: inout [UInt8]) throws {
        text.removeAll(keepingCapacity: true)
        try take("\"", what)
        while true {
            let start = position
            while position < bytes.count, bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\") {
                position += 1
            }
            text.append(contentsOf: bytes[start..<position])
            guard position < bytes.count else { throw unexpected("the end of a string") }
            position += 1
            if bytes[position - 1] == UInt8(ascii: "\"") { return }
            try escape(into: &text)
        }
    }

    private mutating func escape(into text: inout [UInt8]) throws {
        guard position < bytes.count else { throw unexpected("an escape") }
        let escape = bytes[position]
        position += 1
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            let digits = String(decoding: bytes[position..<min(bytes.count, position + 4)], as: UTF8.self)
            guard digits.utf8.count == 4, digits.allSatisfy(\.isHexDigit), let unit = UInt16(digits, radix: 16) else {
                throw unexpected("four hexadecimal digits")
            }
            position += 4
            // Half of a pair is no character of any key or mask that is read.
            text.append(contentsOf: String(Character(Unicode.Scalar(unit) ?? "\u{FFFD}")).utf8)
        default:
            position -= 1
            throw unexpected("an escape")
        }
    }

    /// Goes over a value of any kind.
    mutating func skip(depth: Int = 0) throws {
        guard depth < Self.deepest else { throw Problem(text: "expected a result, found \(depth) levels of nesting") }
        skipSpace()
        var text: [UInt8] = []
        switch position < bytes.count ? bytes[position] : 0 {
        case UInt8(ascii: "["): try list("a list") { scanner, _ in try scanner.skip(depth: depth + 1) }
        case UInt8(ascii: "{"): try object("an object") { scanner, _ in try scanner.skip(depth: depth + 1) }
        case UInt8(ascii: "\""): try string("a string", into: &text)
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: _ = try number("a value")
        }
    }

    /// Nothing but white space follows.
    mutating func end() throws {
        skipSpace()
        guard position == bytes.count else { throw unexpected("the end of the file") }
    }

    private mutating func word(_ word: String) throws {
        guard bytes[position...].starts(with: word.utf8) else { throw unexpected("a value") }
        position += word.utf8.count
    }

    /// Digits, signs, points, exponents, and the letters of `NaN` and `Infinity`.
    private static func isPartOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: "eENaInfity".utf8.contains(byte)
        }
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private mutating func takeIf(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func take(_ character: Unicode.Scalar, _ what: String) throws {
        guard takeIf(character) else { throw unexpected(what) }
    }

    /// An error that names what stands here.
    func unexpected(_ expected: String) -> Problem {
        let found: String
        if position >= bytes.count {
            found = "the end of the file"
        } else {
            let byte = bytes[position]
            found = "\((33...126).contains(byte) ? "`\(Unicode.Scalar(byte))`" : "byte \(byte)") at byte \(position)"
        }
        return Problem(text: "expected \(expected), found \(found)")
    }
}
