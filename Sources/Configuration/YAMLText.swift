/// What is refused before libyaml reads a text, and its error messages rewritten to help.
extension Composer {
    /// - Throws: `ConfigurationError` for text that is not UTF-8, holds NUL (libyaml's strings end
    ///   there), or declares tags.
    static func checkBytes(_ text: UnsafeBufferPointer<UInt8>, _ locate: Locate) throws {
        if text.starts(with: [0xFF, 0xFE]) || text.starts(with: [0xFE, 0xFF]) {
            throw ConfigurationError(
                at: locate(YAMLPosition(offset: 0, in: text)), "UTF-16, not UTF-8",
                hint: "save the file as UTF-8")
        }
        if let nul = text.firstIndex(of: 0) {
            throw ConfigurationError(
                at: locate(YAMLPosition(offset: nul, in: text)), "a NUL byte",
                hint: "a configuration is UTF-8 text")
        }
        if String(validating: text, as: UTF8.self) == nil {
            let mended = String(decoding: text, as: UTF8.self).utf8
            let offset = zip(text, mended).prefix { $0 == $1 }.underestimatedCount
            throw ConfigurationError(
                at: locate(YAMLPosition(offset: offset, in: text)), "not UTF-8",
                hint: "save the file as UTF-8")
        }
        // libyaml compares each tag declaration with all before it: a file of nothing else would
        // take minutes.
        let declaration = Array("%TAG".utf8)
        var line = text[...]
        while let percent = line.firstIndex(of: UInt8(ascii: "%")) {
            let startsLine =
                percent == 0 || text[percent - 1] == UInt8(ascii: "\n")
                || text[percent - 1] == UInt8(ascii: "\r")
            if startsLine, text[percent...].starts(with: declaration) {
                throw ConfigurationError(
                    at: locate(YAMLPosition(offset: percent, in: text)),
                    "%TAG declarations are not supported")
            }
            line = text[(percent + 1)...]
        }
    }
}

extension YAMLSyntaxError {
    /// The error of a text, with the way out of the usual slips.
    func explained(in text: UnsafeBufferPointer<UInt8>, _ locate: Composer.Locate)
        -> ConfigurationError
    {
        let line = self.line(of: text)
        let indentation = line.prefix { $0 == " " || $0 == "\t" }
        let hint: String? =
            if problem.hasPrefix("mapping values are not allowed") {
                "quote a text that holds ': ', and indent keys of one mapping alike"
            } else if problem.contains("cannot start any token"), indentation.contains("\t") {
                "indent with spaces, not with tabs"
            } else if problem.contains("cannot start any token") {
                "quote a text that begins with this character"
            } else if line.contains("${"), problem.contains("','") {
                "quote ${…} inside [ ] and { }"
            } else {
                nil
            }
        return ConfigurationError(at: locate(position), "not YAML: \(problem)", hint: hint)
    }

    /// The line of the error.
    private func line(of text: UnsafeBufferPointer<UInt8>) -> Substring {
        var rest = text[...]
        for _ in 1..<position.line {
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return "" }
            rest = rest[(end + 1)...]
        }
        return Substring(decoding: rest.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}

/// The tags of YAML's core schema: `!!str 12` is a text, `!!int "12"` is not quoted. Others would
/// name types to construct, and are refused.
enum Tag {
    private static let core = "tag:yaml.org,2002:"

    /// Whether a scalar may be something else than a string.
    static func scalarIsPlain(_ tag: String?, _ isPlain: Bool, at location: SourceLocation) throws
        -> Bool
    {
        switch tag {
        case nil: return isPlain
        case "!", core + "str": return false
        case core + "int", core + "float", core + "bool", core + "null": return true
        case let tag?: throw unsupported(tag, at: location)
        }
    }

    /// Refuses any tag on a collection but its own.
    static func check(_ tag: String?, is name: String, at location: SourceLocation) throws {
        if let tag, tag != "!", tag != core + name { throw unsupported(tag, at: location) }
    }

    private static func unsupported(_ tag: String, at location: SourceLocation)
        -> ConfigurationError
    {
        let name = tag.hasPrefix(core) ? "!!" + tag.dropFirst(core.count) : tag
        return ConfigurationError(
            at: location, "the tag \(name.shortened) is not supported here",
            hint: "quote a text that begins with '!'")
    }
}
