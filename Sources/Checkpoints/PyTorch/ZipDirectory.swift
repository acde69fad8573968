/// The directory at the end of a zip archive.
struct ZipDirectory {
    struct Entry {
        let name: String
        let nameBytes: [UInt8]
        let flags: UInt16
        let method: UInt16
        let checksum: UInt32
        /// The bytes that its member has in the file.
        let size: Int
        /// Where its member's header begins.
        let offset: Int
    }

    private(set) var entries: [Entry] = []
    /// Where the directory begins, and so where the members end.
    let start: Int

    /// - Throws: `CheckpointError`.
    init(_ file: Descriptor) throws(CheckpointError) {
        let end = try Self.end(file)
        start = end.start
        var cursor = FileCursor(
            file, end.start..<end.start + end.size, part: "the directory of its archive")
        for _ in 0..<end.count { entries.append(try Self.entry(&cursor)) }
    }

    private static func entry(_ cursor: inout FileCursor) throws(CheckpointError) -> Entry {
        let place = cursor.position
        guard try cursor.number(4) == 0x0201_4B50 else {
            throw cursor.damaged("has no entry of the archive's directory at byte \(place)")
        }
        try cursor.skip(4)  // versions
        let flags = UInt16(try cursor.number(2))
        let method = UInt16(try cursor.number(2))
        try cursor.skip(4)  // time
        let checksum = UInt32(try cursor.number(4))
        var packed = try cursor.number(4)
        var size = try cursor.number(4)
        let lengths = try (Int(cursor.number(2)), Int(cursor.number(2)), Int(cursor.number(2)))
        try cursor.skip(8)  // disk, attributes
        var offset = try cursor.number(4)
        let nameBytes = try cursor.bytes(lengths.0)
        let extra = try cursor.bytes(lengths.1)
        try cursor.skip(lengths.2)
        let name = String(decoding: nameBytes, as: UTF8.self)

        // What does not fit in 32 bits is in the extra field 1, in this order.
        var wide = wideFields(extra)[...]
        func widen(_ value: inout UInt64) throws(CheckpointError) {
            guard value == 0xFFFF_FFFF else { return }
            guard let number = wide.popFirst() else {
                throw cursor.damaged("has member \(shown(name)) without its size of 64 bits")
            }
            value = number
        }
        try widen(&size)
        try widen(&packed)
        try widen(&offset)
        guard let size = Int(exactly: packed), let offset = Int(exactly: offset),
            method != 0 || packed == size
        else {
            throw cursor.damaged("has member \(shown(name)) with impossible sizes")
        }
        return Entry(
            name: name, nameBytes: nameBytes, flags: flags, method: method, checksum: checksum,
            size: size, offset: offset)
    }

    /// The numbers of 64 bits in the extra field 1.
    private static func wideFields(_ extra: [UInt8]) -> [UInt64] {
        var place = 0
        while place + 4 <= extra.count {
            let kind = Int(extra[place]) | Int(extra[place + 1]) << 8
            let length = Int(extra[place + 2]) | Int(extra[place + 3]) << 8
            let content = extra[(place + 4)...].prefix(length)
            if kind == 1 {
                return stride(from: content.startIndex, to: content.endIndex - 7, by: 8).map {
                    start in
                    content[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
                }
            }
            place += 4 + length
        }
        return []
    }

    /// What the records behind the directory tell about it.
    private static func end(_ file: Descriptor) throws(CheckpointError) -> (
        start: Int, size: Int, count: Int
    ) {
        let size = try file.size()
        // a comment has at most 65,535 bytes
        let tail = try file.bytes(at: max(0, size - 65_557), count: min(size, 65_557))
        func field(_ place: Int, _ count: Int) -> UInt64 {
            tail[place..<place + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        let candidates = stride(from: tail.count - 22, through: 0, by: -1)
        guard
            let place = candidates.first(where: {
                field($0, 4) == 0x0605_4B50 && Int(field($0 + 20, 2)) == tail.count - $0 - 22
            })
        else {
            throw .damaged(file.path, "is a zip archive without its end")
        }
        var record = (
            start: field(place + 16, 4), size: field(place + 12, 4), count: field(place + 10, 2)
        )
        var limit = size - tail.count + place
        if record.start == 0xFFFF_FFFF || record.size == 0xFFFF_FFFF || record.count == 0xFFFF {
            guard place >= 20, field(place - 20, 4) == 0x0706_4B50,
                let wide = Int(exactly: field(place - 12, 8)), limit >= 76,
                wide <= limit - 76
            else { throw .damaged(file.path, "is a zip archive without its end record of 64 bits") }
            var cursor = FileCursor(file, wide..<limit, part: "the end record of its archive")
            guard try cursor.number(4) == 0x0606_4B50 else {
                throw .damaged(file.path, "is a zip archive without its end record of 64 bits")
            }
            try cursor.skip(28)
            record.count = try cursor.number(8)
            record.size = try cursor.number(8)
            record.start = try cursor.number(8)
            limit = wide
        }
        // An entry has at least 46 bytes.
        guard record.start <= limit, record.size <= UInt64(limit) - record.start,
            record.count <= record.size / 46
        else {
            throw .damaged(file.path, "is a zip archive whose directory does not lie in the file")
        }
        return (Int(record.start), Int(record.size), Int(record.count))
    }
}
