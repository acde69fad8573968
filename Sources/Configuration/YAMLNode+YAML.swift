extension YAMLNode {
    /// The tree as YAML text, which loads back to an equal tree. Lists of scalars are on one line
    /// where they fit in 100 columns.
    ///
    /// - Parameter origins: whether each line with a value ends with a comment on where the value
    ///   was written: `channels: 256  # configs/a.yaml:3:5`
    public func yaml(origins: Bool = false) -> String {
        var writer = YAMLWriter(origins: origins)
        writer.write(self)
        return writer.text
    }
}

private struct YAMLWriter {
    let origins: Bool
    var text = ""
    /// Of a list on one line.
    private static let maximumWidth = 100

    init(origins: Bool) {
        self.origins = origins
    }

    mutating func write(_ node: YAMLNode) {
        write(node, indentation: 0, startsLine: true)
    }

    /// Writes after `key:`, after `- `, or at the start of a line.
    private mutating func write(_ node: YAMLNode, indentation: Int, startsLine: Bool) {
        if let line = inline(node) {
            text += (startsLine ? "" : " ") + line + (origins ? "  # \(node.origin)" : "") + "\n"
        } else if let mapping = node.mapping {
            writeBlock(mapping.entries, indentation, startsLine) { writer, entry in
                writer.text += YAMLNode.Scalar.quoted(entry.key, isKey: true) + ":"
                writer.write(entry.value, indentation: indentation + 2, startsLine: false)
            }
        } else if let sequence = node.sequence {
            writeBlock(sequence, indentation, startsLine) { writer, element in
                writer.text += "-"
                writer.write(element, indentation: indentation + 2, startsLine: false)
            }
        }
    }

    private mutating func writeBlock<Item>(
        _ items: [Item], _ indentation: Int, _ startsLine: Bool,
        _ write: (inout YAMLWriter, Item) -> Void
    ) {
        // `- key: value` shares the line of the dash; `key:` ends its own.
        var isFirst = startsLine
        if !startsLine {
            if text.hasSuffix("-") {
                text += " "
                isFirst = true
            } else {
                text += "\n"
            }
        }
        for item in items {
            if !isFirst { text += String(repeating: " ", count: indentation) }
            isFirst = false
            write(&self, item)
        }
    }

    /// What fits on the line of its key: a scalar, an empty collection, a short list of scalars;
    /// nil for the rest.
    private func inline(_ node: YAMLNode) -> String? {
        switch node.value {
        case .null: return "null"
        case .scalar(let scalar): return scalar.yaml
        case .mapping(let mapping): return mapping.count == 0 ? "{}" : nil
        case .sequence(let nodes):
            if nodes.isEmpty { return "[]" }
            // One comment has to name the source of all of them.
            if origins, !nodes.allSatisfy({ $0.location.sharesLine(with: nodes[0].location) }) {
                return nil
            }
            var width = 0
            var elements: [String] = []
            for node in nodes {
                guard node.sequence == nil, node.mapping == nil, let element = inline(node) else {
                    return nil
                }
                width += element.utf8.count + 2
                if width > YAMLWriter.maximumWidth { return nil }
                elements.append(element)
            }
            return "[\(elements.joined(separator: ", "))]"
        }
    }
}

extension YAMLNode {
    /// Where a line's value is from: a list on one line is where its elements are.
    fileprivate var origin: SourceLocation { sequence?.first?.location ?? location }
}

extension YAMLNode.Scalar {
    /// The text as it is written in a file, `${` escaped so that it is not taken for a variable.
    fileprivate var yaml: String {
        guard isString else { return text }
        return YAMLNode.Scalar.quoted(
            text.utf8.contains(UInt8(ascii: "$")) ? text.replacingOpenings : text, isKey: false)
    }

    /// `text` without quotes where nobody can take it for anything else, in single quotes, or in
    /// double quotes with escapes.
    fileprivate static func quoted(_ text: String, isKey: Bool) -> String {
        if text.unicodeScalars.contains(where: \.needsEscape) {
            return "\"" + text.unicodeScalars.map(\.escaped).joined() + "\""
        }
        if isSafe(text), isKey || YAMLNode.Scalar(text, isPlain: true).isString,
            !readAsOtherByYAML11.contains(text.lowercased())
        {
            return text
        }
        return "'"
            + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
            + "'"
    }

    /// Words that YAML 1.1 readers take for a Boolean, and any reader for null.
    private static let readAsOtherByYAML11: Set<String> = [
        "yes", "no", "on", "off", "true", "false", "null", "~",
    ]

    /// Made of letters, digits and marks that mean nothing to YAML, and not beginning like a
    /// number.
    private static func isSafe(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last,
            first.isLetter || first == UInt8(ascii: "/")
        else {
            return false
        }
        return last != UInt8(ascii: " ")
            && text.utf8.allSatisfy { $0.isLetter || safeMarks.contains($0) }
    }

    private static let safeMarks = Set("0123456789 ./+-*()@=".utf8)
}

extension String {
    /// With `$${` for `${`.
    fileprivate var replacingOpenings: String {
        var result: [UInt8] = []
        for byte in utf8 {
            if byte == UInt8(ascii: "{"), result.last == UInt8(ascii: "$") {
                result.append(UInt8(ascii: "$"))
            }
            result.append(byte)
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var isLetter: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) || self == UInt8(ascii: "_")
    }
}

extension Unicode.Scalar {
    /// Invisible, or taken for the end of a line.
    fileprivate var needsEscape: Bool {
        breaksLines || value == 0xFEFF || (0xE000...0xF8FF).contains(value)
            || value & 0xFFFE == 0xFFFE
    }

    fileprivate var escaped: String {
        switch self {
        case "\n": return "\\n"
        case "\t": return "\\t"
        case "\"": return "\\\""
        case "\\": return "\\\\"
        default:
            guard needsEscape else { return String(self) }
            let digits = String(value, radix: 16, uppercase: true)
            let (letter, count) = value > 0xFFFF ? ("U", 8) : ("u", 4)
            return "\\\(letter)" + String(repeating: "0", count: max(0, count - digits.count))
                + digits
        }
    }
}
