import CDenseKitYAML
import DenseKitErrors

/// What libyaml reports of a YAML text, in order, as Swift values.
enum YAMLEvent {
    case documentStart
    case documentEnd
    case alias(String)
    case scalar(String, isPlain: Bool, anchor: String?, tag: String?)
    case sequenceStart(anchor: String?, tag: String?)
    case mappingStart(anchor: String?, tag: String?)
    /// The end of the innermost sequence or mapping.
    case collectionEnd
}

/// A place in a text; line and column count from 1.
struct YAMLPosition {
    var line: Int
    var column: Int

    init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }

    /// The place of the byte at `offset`; a broken sequence of bytes counts as one column.
    init(offset: Int, in text: UnsafeBufferPointer<UInt8>) {
        let before = text[..<min(offset, text.count)]
        let line = before.lastIndex(of: UInt8(ascii: "\n")).map { before[($0 + 1)...] } ?? before
        self.init(
            line: 1 + before.lazy.filter { $0 == UInt8(ascii: "\n") }.count,
            column: 1 + String(decoding: line, as: UTF8.self).unicodeScalars.count)
    }
}

/// A text that is not YAML.
struct YAMLSyntaxError: DenseKitError {
    let position: YAMLPosition
    let problem: String
    var place: String? { "\(position.line):\(position.column)" }
    var origin: ErrorOrigin { .configuration }
}

enum YAMLEvents {
    /// Calls `body` with each event of `text`, which is UTF-8 without NUL. Stops at the first error
    /// that `body` throws.
    static func read(
        _ text: UnsafeBufferPointer<UInt8>, _ body: (YAMLEvent, YAMLPosition) throws -> Void
    ) throws {
        // libyaml keeps pointers into its own parser: the parser must not move.
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else { throw outOfMemory }
        defer { yaml_parser_delete(parser) }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, text.baseAddress, text.count)

        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else {
                throw problem(of: parser.pointee, in: text)
            }
            defer { yaml_event_delete(&event) }
            if event.type == YAML_STREAM_END_EVENT { return }
            if let converted = YAMLEvent(event) {
                try body(converted, YAMLPosition(event.start_mark))
            }
        }
    }

    private static let outOfMemory = YAMLSyntaxError(
        position: YAMLPosition(line: 1, column: 1), problem: "out of memory")

    private static func problem(of parser: yaml_parser_t, in text: UnsafeBufferPointer<UInt8>)
        -> YAMLSyntaxError
    {
        guard parser.error != YAML_MEMORY_ERROR, let problem = parser.problem else {
            return outOfMemory
        }
        if parser.error == YAML_READER_ERROR {  // carries no mark
            let position = YAMLPosition(offset: Int(clamping: parser.problem_offset), in: text)
            return YAMLSyntaxError(position: position, problem: String(cString: problem))
        }
        return YAMLSyntaxError(
            position: YAMLPosition(parser.problem_mark), problem: String(cString: problem))
    }
}

extension YAMLEvent {
    /// Nil for the start of the stream.
    fileprivate init?(_ event: yaml_event_t) {
        func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
            text.map { String(cString: $0) }
        }

        let data = event.data
        switch event.type {
        case YAML_DOCUMENT_START_EVENT: self = .documentStart
        case YAML_DOCUMENT_END_EVENT: self = .documentEnd
        case YAML_ALIAS_EVENT: self = .alias(string(data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = data.scalar
            self = .scalar(
                String(
                    decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length),
                    as: UTF8.self),
                isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE, anchor: string(scalar.anchor),
                tag: string(scalar.tag))
        case YAML_SEQUENCE_START_EVENT:
            self = .sequenceStart(
                anchor: string(data.sequence_start.anchor), tag: string(data.sequence_start.tag))
        case YAML_MAPPING_START_EVENT:
            self = .mappingStart(
                anchor: string(data.mapping_start.anchor), tag: string(data.mapping_start.tag))
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: self = .collectionEnd
        default: return nil
        }
    }
}
