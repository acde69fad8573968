import Vision

/// Files that list the names of classes: a YAML sequence of strings, one `- name` a line.
public enum ClassFile {
    /// The names, in order.
    ///
    /// - Throws: `DataError` with the line, for anything but a sequence of distinct names.
    public static func read(_ path: String) throws -> [String] {
        let text = String(decoding: try FileSystem.read(path), as: UTF8.self)
        var names: [String] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.trimmed
            if line.isEmpty || line.hasPrefix("#") || line == "---" { continue }
            guard line.hasPrefix("- "), let name = scalar(line.dropFirst(2).trimmed), !name.isEmpty else {
                throw DataError(path, "line \(number + 1): expected `- name`, found `\(line)`")
            }
            if let first = names.firstIndex(of: name) {
                throw DataError(path, "line \(number + 1): class `\(name)` was named before, as class \(first)")
            }
            names.append(name)
        }
        guard !names.isEmpty else { throw DataError(path, "names no classes", remedy: "write one `- name` a line") }
        guard names.count <= LabelTable.maximumClasses else {
            throw DataError(path, "names \(names.count) classes; at most \(LabelTable.maximumClasses) are possible")
        }
        return names
    }

    /// Writes such a file.
    public static func write(_ names: [String], to path: String) throws {
        let lines = names.map { name in
            let escaped = name.map { $0 == "\\" || $0 == "\"" ? "\\\($0)" : "\($0)" }.joined()
            return "- \"\(escaped)\"\n"
        }
        var text = lines.joined()
        try text.withUTF8 { try FileSystem.write(UnsafeRawBufferPointer($0), to: path) }
    }

    /// A plain or quoted scalar, with a comment behind it cut off; nil where a quote is not closed.
    private static func scalar(_ text: Substring) -> String? {
        guard let quote = text.first, quote == "\"" || quote == "'" else {
            return String((text.firstRange(of: " #").map { text[..<$0.lowerBound] } ?? text).trimmed)
        }
        var name = ""
        var rest = text.dropFirst()
        while let character = rest.popFirst() {
            if character == quote {
                guard quote == "'", rest.first == "'" else {
                    let tail = rest.trimmed
                    return tail.isEmpty || tail.hasPrefix("#") ? name : nil
                }
                rest.removeFirst()
            } else if character == "\\", quote == "\"" {
                guard let escaped = rest.popFirst(), escaped == "\\" || escaped == "\"" else { return nil }
                name.append(escaped)
                continue
            }
            name.append(character)
        }
        return nil
    }
}

extension Substring {
    /// Without white space at either end.
    fileprivate var trimmed: Substring {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else {
            return ""
        }
        return self[first...last]
    }
}
