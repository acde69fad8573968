/// Reads the pieces of JSON that a safetensors header consists of, one after the other: objects,
/// strings, lists of whole numbers.
struct JSONScanner {
    typealias Problem = SafetensorsHeader.Problem

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// An object; `entry` reads the value of each key.
    mutating func object(_ entry: (inout JSONScanner, String) throws(Problem) -> Void)
        throws(Problem)
    {
        try take("{")
        if takeIf("}") { return }
        repeat {
            let key = try string()
            try take(":")
            try entry(&self, key)
        } while takeIf(",")
        try take("}")
    }

    /// A list of whole numbers from 0.
    mutating func numbers() throws(Problem) -> [Int] {
        try take("[")
        if takeIf("]") { return [] }
        var values: [Int] = []
        repeat { values.append(try number()) } while takeIf(",")
        try take("]")
        return values
    }

    /// A string with its escapes resolved.
    mutating func string() throws(Problem) -> String {
        try take("\"")
        let start = position
        var isPlain = true
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            if bytes[position] < 0x20 { throw unexpected("the rest of a string") }
            if bytes[position] == UInt8(ascii: "\\") {
                isPlain = false
                position += 1
            }
            position += 1
        }
        guard position < bytes.count else { throw unexpected("the end of a string") }
        let content = bytes[start..<position]
        position += 1
        guard
            let text = isPlain ? String(validating: content, as: UTF8.self) : try unescaped(content)
        else {
            throw Problem(text: "has a string in its header, at byte \(start), that is not UTF-8")
        }
        return text
    }

    /// Nothing but white space follows.
    mutating func end() throws(Problem) {
        skipSpace()
        guard position == bytes.count else { throw unexpected("the end of the header") }
    }

    private mutating func number() throws(Problem) -> Int {
        skipSpace()
        let start = position
        var value = 0
        while position < bytes.count,
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position])
        {
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, alsoTooLarge) = product.addingReportingOverflow(
                Int(bytes[position] - UInt8(ascii: "0")))
            guard !tooLarge, !alsoTooLarge else {
                throw Problem(
                    text: "has a number in its header, at byte \(start), that is too large")
            }
            value = sum
            position += 1
        }
        guard position > start else { throw unexpected("a whole number") }
        guard position == start + 1 || bytes[start] != UInt8(ascii: "0") else {
            throw Problem(text: "has a number in its header, at byte \(start), that begins with 0")
        }
        return value
    }

    private func unescaped(_ content: ArraySlice<UInt8>) throws(Problem) -> String? {
        var units: [UInt8] = []
        var rest = content
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                units.append(byte)
                continue
            }
            let escape = rest.popFirst() ?? 0
            switch escape {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(escape)
            case UInt8(ascii: "b"): units.append(0x08)
            case UInt8(ascii: "f"): units.append(0x0C)
            case UInt8(ascii: "n"): units.append(0x0A)
            case UInt8(ascii: "r"): units.append(0x0D)
            case UInt8(ascii: "t"): units.append(0x09)
            case UInt8(ascii: "u"):
                guard let scalar = Self.scalar(&rest) else {
                    throw Problem(
                        text:
                            "has an invalid \\u escape in its header, before byte \(rest.startIndex)"
                    )
                }
                units += UTF8.encode(scalar).map(Array.init) ?? []
            default:
                throw Problem(
                    text: "has an unknown escape in its header, before byte \(rest.startIndex)")
            }
        }
        return String(validating: units, as: UTF8.self)
    }

    /// The scalar behind a `\u`: four digits, or a pair of surrogates.
    private static func scalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
        func unit(_ rest: inout ArraySlice<UInt8>) -> UInt32? {
            let digits = rest.prefix(4)
            rest = rest.dropFirst(4)
            guard digits.count == 4,
                digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit })
            else { return nil }
            return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        }
        guard let first = unit(&rest) else { return nil }
        guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) }
        guard rest.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else { return nil }
        rest = rest.dropFirst(2)
        guard let second = unit(&rest), (0xDC00..<0xE000).contains(second) else { return nil }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
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
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else {
            return false
        }
        position += 1
        return true
    }

    private mutating func take(_ character: Unicode.Scalar) throws(Problem) {
        guard takeIf(character) else { throw unexpected("\"\(character)\"") }
    }

    private func unexpected(_ expected: String) -> Problem {
        let found =
            position < bytes.count ? shown(String(Unicode.Scalar(bytes[position]))) : "its end"
        return Problem(
            text:
                "has a header that is no JSON as expected: \(expected) was expected at byte \(position), \(found) was found"
        )
    }
}
