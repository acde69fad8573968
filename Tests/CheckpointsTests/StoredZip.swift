import CDenseKitZlib

/// A zip archive of stored members, as PyTorch writes it, put together from its parts: each can be
/// wrong.
struct StoredZip {
    struct Member {
        var name: String
        var bytes: [UInt8]
        var method: UInt16 = 0
        /// What the directory says, where it lies.
        var size: Int?
        var offset: Int?
        var checksum: UInt32?
        var flags: UInt16 = 0
    }

    var members: [Member]
    /// Sizes and places as numbers of 64 bits.
    var isWide = false
    /// How many members the end record claims.
    var count: Int?

    init(_ members: [(String, [UInt8])]) {
        self.members = members.map { Member(name: $0.0, bytes: $0.1) }
    }

    /// The stored members of an archive that PyTorch wrote. Traps on any other: its files are made
    /// by the tests.
    init(reading bytes: [UInt8]) {
        func number(_ place: Int, _ count: Int) -> Int {
            bytes[place..<place + count].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        let end = bytes.count - 22
        var place = number(end + 16, 4)
        members = []
        for _ in 0..<number(end + 10, 2) {
            let name = number(place + 28, 2)
            let extra = number(place + 30, 2)
            let comment = number(place + 32, 2)
            let offset = number(place + 42, 4)
            let start = offset + 30 + number(offset + 26, 2) + number(offset + 28, 2)
            let content = Array(bytes[start..<start + number(place + 20, 4)])
            if number(place + 10, 2) == 0 {
                members.append(
                    Member(
                        name: String(
                            decoding: bytes[place + 46..<place + 46 + name], as: UTF8.self),
                        bytes: content))
            }
            place += 46 + name + extra + comment
        }
    }

    var bytes: [UInt8] {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for member in members {
            let offset = member.offset ?? file.count
            let size = member.size ?? member.bytes.count
            let checksum = member.checksum ?? Self.checksum(member.bytes)
            let name = Array(member.name.utf8)
            file +=
                little(0x0403_4B50, 4) + little(0, 2) + little(Int(member.flags), 2)
                + little(Int(member.method), 2)
            file += little(0, 4 + 12) + little(name.count, 2) + little(0, 2) + name + member.bytes
            let wide =
                isWide
                ? little(1, 2) + little(24, 2) + little(size, 8) + little(size, 8)
                    + little(offset, 8) : []
            let (shownSize, shownOffset) = isWide ? (0xFFFF_FFFF, 0xFFFF_FFFF) : (size, offset)
            directory +=
                little(0x0201_4B50, 4) + little(0, 4) + little(Int(member.flags), 2)
                + little(Int(member.method), 2)
            directory +=
                little(0, 4) + little(Int(checksum), 4) + little(shownSize, 4)
                + little(shownSize, 4)
            directory += little(name.count, 2) + little(wide.count, 2) + little(0, 2 + 2 + 2 + 4)
            directory += little(shownOffset, 4) + name + wide
        }
        let start = file.count
        let count = count ?? members.count
        file += directory
        if isWide {
            let end = file.count
            file +=
                little(0x0606_4B50, 4) + little(44, 8) + little(0, 2 + 2 + 4 + 4) + little(count, 8)
                + little(count, 8)
            file += little(directory.count, 8) + little(start, 8)
            file += little(0x0706_4B50, 4) + little(0, 4) + little(end, 8) + little(1, 4)
        }
        file +=
            little(0x0605_4B50, 4) + little(0, 4) + little(isWide ? 0xFFFF : count, 2)
            + little(isWide ? 0xFFFF : count, 2)
        return file + little(isWide ? 0xFFFF_FFFF : directory.count, 4)
            + little(isWide ? 0xFFFF_FFFF : start, 4) + little(0, 2)
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        UInt32(
            truncatingIfNeeded: bytes.withUnsafeBufferPointer {
                crc32(0, $0.baseAddress, uInt($0.count))
            })
    }
}

/// `value` in `count` bytes, little-endian; zeros beyond the eighth.
func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
}
