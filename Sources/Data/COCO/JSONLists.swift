import Foundation

/// Walks through a JSON file, a few megabytes at a time, and hands out in pieces the list that it
/// is, or the lists under some keys of the object that it is.
///
/// So a file of any size needs little memory. Only brackets and strings are looked at here; the
/// pieces are for a parser.
final class JSONLists {
    /// Some objects of a list, as a JSON list of their own.
    struct Piece {
        /// Empty where the file is the list.
        let key: String
        /// Bytes that may be read follow it, as many as the parser requires.
        let text: UnsafeBufferPointer<UInt8>
        /// Where each object begins in `text`.
        let objects: [Int]
        /// Where `text` begins in the file.
        let offset: Int
    }

    private static let pieceBytes = 1 << 20
    private static let maximumBytes = 1 << 28
    /// Behind the text, for parsers that look further in steps of their own.
    private static let slack = 256

    private let path: String
    private let descriptor: Int32
    private var bytes: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// The next byte to be looked at, and the end of what was read.
    private var place = 0
    private var end = 0
    /// The first byte that is still needed, where that is not the next one.
    private var kept: Int?
    /// Where `bytes` begins in the file.
    private var base = 0

    /// - Throws: `DataError` for a file that cannot be opened.
    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw DataError(
                path,
                errno == ENOENT
                    ? "no such file" : "cannot be read: \(String(cString: strerror(errno)))")
        }
        var status = stat()
        capacity =
            fstat(descriptor, &status) == 0 ? min(max(Int(status.st_size), 4096), 4 << 20) : 4 << 20
        bytes = .allocate(capacity: capacity + JSONLists.slack)
        bytes.initialize(repeating: 0, count: capacity + JSONLists.slack)
    }

    deinit {
        close(descriptor)
        bytes.deallocate()
    }

    /// Hands every piece of the lists under `keys` to `body`.
    ///
    /// - Throws: `DataError` for what is no such object, ends early, or lacks one of the keys or
    ///   has it twice; and what `body` throws.
    func forEachPiece(of keys: [String], _ body: (Piece) throws -> Void) throws {
        try begin(
            with: "{", "an object with \(keys.joined(separator: ", "))",
            remedy: "name the file of annotations, instances_*.json")
        place += 1
        var missing = Set(keys)
        if try peek() == UInt8(ascii: "}") {
            place += 1
        } else {
            try members(of: keys, &missing, body)
        }
        if let key = keys.first(where: missing.contains) {
            throw DataError(
                path, "has no list `\(key)`",
                remedy: "name the file of annotations, instances_*.json")
        }
        try finish()
    }

    /// Hands every piece of the list that the file is to `body`.
    ///
    /// - Parameters:
    ///   - what: what it lists, for errors
    ///   - remedy: what to do where the file is no list
    /// - Throws: `DataError` for what is no list or ends early; and what `body` throws.
    func forEachPiece(ofListOf what: String, remedy: String, _ body: (Piece) throws -> Void) throws
    {
        try begin(with: "[", "a list of \(what)", remedy: remedy)
        try list("", body)
        try finish()
    }

    private func begin(with bracket: Unicode.Scalar, _ expected: String, remedy: String) throws {
        _ = try refill()
        if end >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { place = 3 }
        if end >= 2, [[0xFF, 0xFE], [0xFE, 0xFF]].contains([bytes[0], bytes[1]]) {
            throw DataError(
                path, "is UTF-16, and JSON is UTF-8",
                remedy: "`iconv -f UTF-16 -t UTF-8` converts it")
        }
        guard try peek() == UInt8(ascii: bracket) else {
            throw DataError(
                path, "begins with \(shown(bytes[place])); expected \(expected)", remedy: remedy)
        }
    }

    /// Nothing but blanks follows.
    private func finish() throws {
        while try place < end || refill() {
            guard JSONLists.isBlank(bytes[place]) else { throw unexpected("the end of the file") }
            place += 1
        }
    }

    private func members(
        of keys: [String], _ missing: inout Set<String>, _ body: (Piece) throws -> Void
    ) throws {
        while true {
            guard try peek() == UInt8(ascii: "\"") else { throw unexpected("a key") }
            let key = try string()
            guard try peek() == UInt8(ascii: ":") else { throw unexpected("`:`") }
            place += 1
            let first = try peek()
            if keys.contains(key) {
                guard missing.remove(key) != nil else {
                    throw DataError(path, "has `\(key)` twice", remedy: "keep one of the lists")
                }
                guard first == UInt8(ascii: "[") else {
                    throw DataError(path, "`\(key)`: expected a list, found \(shown(first))")
                }
                try list(key, body)
            } else {
                try skipValue()
            }
            let next = try peek()
            place += 1
            if next == UInt8(ascii: "}") { return }
            guard next == UInt8(ascii: ",") else {
                place -= 1
                throw unexpected("`,` or `}`")
            }
        }
    }

    /// The list that begins here, in pieces. The byte before a piece, a bracket or comma, and the
    /// one after it make it a list.
    private func list(_ key: String, _ body: (Piece) throws -> Void) throws {
        var start: Int { kept ?? place }
        kept = place
        defer { kept = nil }
        place += 1
        if try peek() == UInt8(ascii: "]") { return place += 1 }
        var objects: [Int] = []
        while true {
            _ = try peek()
            objects.append(place - start)
            try skipValue()
            let length = place - start
            let next = try peek()
            guard next == UInt8(ascii: ",") || next == UInt8(ascii: "]") else {
                throw unexpected("`,` or `]`")
            }
            let isLast = next == UInt8(ascii: "]")
            if isLast || length >= JSONLists.pieceBytes {
                let after = bytes[start + length]
                bytes[start] = UInt8(ascii: "[")
                bytes[start + length] = UInt8(ascii: "]")
                let text = UnsafeBufferPointer(start: bytes + start, count: length + 1)
                try body(Piece(key: key, text: text, objects: objects, offset: base + start))
                bytes[start + length] = after
                objects = []
                kept = place
            }
            place += 1
            if isLast { return }
        }
    }

    // MARK: - Tokens

    /// The next byte that is not blank.
    private func peek() throws -> UInt8 {
        while true {
            while place < end {
                if !JSONLists.isBlank(bytes[place]) { return bytes[place] }
                place += 1
            }
            try more()
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 32 || byte == 10 || byte == 13 || byte == 9
    }

    /// The string that begins here, its escapes as they are written.
    private func string() throws -> String {
        kept = place
        defer { kept = nil }
        try skipString()
        let start = kept ?? place
        return String(
            decoding: UnsafeBufferPointer(start: bytes + start + 1, count: place - start - 2),
            as: UTF8.self)
    }

    private func skipString() throws {
        place += 1
        while true {
            while place >= end { try more() }
            let byte = bytes[place]
            place += byte == UInt8(ascii: "\\") ? 2 : 1
            if byte == UInt8(ascii: "\"") { return }
        }
    }

    /// Goes to the end of the value that begins here.
    private func skipValue() throws {
        let first = bytes[place]
        if first == UInt8(ascii: "\"") { return try skipString() }
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") { return try skipBrackets() }
        let before = base + place
        while try place < end || refill(), !JSONLists.ends.contains(bytes[place]) { place += 1 }
        if base + place == before { throw unexpected("a value") }
    }

    private static let ends = Set(",]}: \n\r\t\"".utf8)

    private func skipBrackets() throws {
        var depth = 0
        repeat {
            while place + 8 <= end,
                !JSONLists.hasMark(UnsafeRawPointer(bytes + place).loadUnaligned(as: UInt64.self))
            {
                place += 8
            }
            while place >= end { try more() }
            switch bytes[place] {
            case UInt8(ascii: "\""):
                try skipString()
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            place += 1
        } while depth > 0
    }

    /// Whether one of eight bytes is a quote or a bracket: `[` and `{`, `]` and `}` differ by one
    /// bit.
    @inline(__always)
    private static func hasMark(_ word: UInt64) -> Bool {
        func zeros(_ value: UInt64) -> UInt64 {
            (value &- 0x0101_0101_0101_0101) & ~value & 0x8080_8080_8080_8080
        }
        let folded = word | 0x2020_2020_2020_2020
        return zeros(word ^ 0x2222_2222_2222_2222) | zeros(folded ^ 0x7B7B_7B7B_7B7B_7B7B)
            | zeros(folded ^ 0x7D7D_7D7D_7D7D_7D7D)
            != 0
    }

    // MARK: - Bytes

    /// Reads on.
    ///
    /// - Throws: `DataError` at the end of the file.
    private func more() throws {
        guard try refill() else {
            throw DataError(
                path, "ends too early, after \(base + end) bytes",
                remedy: "copy or download it again")
        }
    }

    /// Reads what fits behind the bytes that are still needed; false at the end of the file.
    private func refill() throws -> Bool {
        let first = min(kept ?? place, end)
        if first > 0 {
            memmove(bytes, bytes + first, end - first)
            place -= first
            end -= first
            base += first
            kept = kept.map { $0 - first }
        }
        if end == capacity { try grow() }
        let got = Foundation.read(descriptor, bytes + end, capacity - end)
        if got < 0 {
            if errno == EINTR { return try refill() }
            throw DataError(path, "cannot be read: \(String(cString: strerror(errno)))")
        }
        end += got
        return got > 0
    }

    private func grow() throws {
        guard capacity < JSONLists.maximumBytes else {
            throw DataError(
                path, "has an object of more than \(capacity >> 20) MiB at byte \(base)",
                remedy: "correct the file")
        }
        let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: 2 * capacity + JSONLists.slack)
        grown.initialize(repeating: 0, count: 2 * capacity + JSONLists.slack)
        grown.update(from: bytes, count: end)
        bytes.deallocate()
        bytes = grown
        capacity = 2 * capacity
    }

    private func unexpected(_ expected: String) -> DataError {
        DataError(
            path,
            "is no JSON at byte \(base + place): expected \(expected), found \(shown(bytes[place]))"
        )
    }

    private func shown(_ byte: UInt8) -> String {
        (33...126).contains(byte) ? "`\(Character(UnicodeScalar(byte)))`" : "byte \(byte)"
    }
}
