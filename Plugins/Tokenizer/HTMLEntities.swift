/// HTML's character references: `&eacute;`, `&#233;`, `&#xE9;`.
enum HTMLEntities {
    /// The characters of each name; built when the first reference is met.
    private static let named: [Substring: String] = Dictionary(
        uniqueKeysWithValues: entries.map {
            ($0.name.last == "!" ? $0.name.dropLast() : $0.name, $0.characters)
        })
    /// The names that also count without a semicolon.
    private static let legacy: [Substring: String] = Dictionary(
        uniqueKeysWithValues: entries.filter { $0.name.last == "!" }.map {
            ($0.name.dropLast(), $0.characters)
        })

    private static var entries: [(name: Substring, characters: String)] {
        HTMLEntityTable.text.split { $0 == " " || $0 == "\n" }.map { entry in
            let parts = entry.split(separator: "=")
            let scalars = parts[1].split(separator: "+").compactMap {
                UInt32($0, radix: 16).flatMap(Unicode.Scalar.init)
            }
            return (parts[0], String(String.UnicodeScalarView(scalars)))
        }
    }

    /// `text` with its references decoded once; what is no reference stays as it is.
    ///
    /// - Parameter strict: only what ends in a semicolon, as `ftfy` does it, which also knows names
    ///   in capitals (`&EACUTE;`); otherwise the rules of HTML, where `&copy 2020` and `&amplifier`
    ///   begin with references.
    static func decoded(_ text: String, strict: Bool) -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
        var result = String.UnicodeScalarView()
        var rest = Substring(text).unicodeScalars
        while let scalar = rest.popFirst() {
            if scalar == "&", let (characters, remainder) = reference(rest, strict: strict) {
                result += characters.unicodeScalars
                rest = remainder
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    private typealias Scalars = Substring.UnicodeScalarView

    /// The reference whose `&` comes before `rest`: its characters and what follows it.
    private static func reference(_ rest: Scalars, strict: Bool) -> (String, Scalars)? {
        if rest.first == "#" { return number(rest.dropFirst(), strict: strict) }
        let end: Set<Unicode.Scalar> = ["\t", "\n", "\u{0C}", " ", "<", "&", "#", ";"]
        let name = rest.prefix(32).prefix { !end.contains($0) }
        let closed = rest[name.endIndex...].first == ";"
        if closed {
            let characters = named[Substring(name)] ?? (strict ? capitals(name) : nil)
            if let characters { return (characters, rest[name.endIndex...].dropFirst()) }
        }
        if strict { return nil }
        var shorter = name
        while shorter.count > 1 {
            if let characters = legacy[Substring(shorter)] {
                return (characters, rest[shorter.endIndex...])
            }
            shorter = shorter.dropLast()
        }
        return nil
    }

    /// A name of small letters that is written in capitals, unless HTML's own rules decode it.
    private static func capitals(_ name: Scalars) -> String? {
        let name = String(name)
        let small = name.lowercased()
        guard small.uppercased() == name, let characters = named[Substring(small)] else {
            return nil
        }
        let written = "&" + name + ";"
        return decoded(written, strict: false) == written ? characters.uppercased() : nil
    }

    /// `#233` or `#xE9` behind the number sign.
    private static func number(_ rest: Scalars, strict: Bool) -> (String, Scalars)? {
        let isHexadecimal = rest.first == "x" || rest.first == "X"
        let radix = isHexadecimal ? 16 : 10
        let digits = rest.dropFirst(isHexadecimal ? 1 : 0).prefix {
            $0.isASCII
                && ($0.properties.isASCIIHexDigit
                    && (isHexadecimal || $0.properties.numericType == .decimal))
        }
        guard !digits.isEmpty else { return nil }
        let behind = rest[digits.endIndex...]
        let characters = character(UInt32(String(digits), radix: radix) ?? .max)
        if behind.first == ";" {
            return strict && characters == ";" ? nil : (characters, behind.dropFirst())
        }
        return strict ? nil : (characters, behind)
    }

    /// The character that HTML gives a number: Windows-1252 for the C1 controls, nothing for the
    /// other controls and non-characters.
    private static func character(_ number: UInt32) -> String {
        switch number {
        case 0x80...0x9F: return String(Windows1252.scalar(UInt8(number)))
        case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0xFDD0...0xFDEF: return ""
        case 1...0x10FFFF where number & 0xFFFE == 0xFFFE: return ""
        default:
            return Unicode.Scalar(number).map { $0.value == 0 ? "\u{FFFD}" : String($0) }
                ?? "\u{FFFD}"
        }
    }
}
