/// The members of a zip archive as PyTorch writes it: stored, not compressed.
///
/// Opening reads the directory at the end and every member's header, and checks that no two members
/// share bytes. Format: PKWARE's APPNOTE 6.3, sections 4.3 (records) and 4.5.3 (sizes of 64 bits).
struct ZipArchive {
    struct Member {
        let name: String
        /// 0 where the bytes are stored as they are.
        let method: UInt16
        /// Where its bytes are in the file.
        let bytes: Range<Int>
        let checksum: UInt32
    }

    let file: Descriptor
    private(set) var members: [String: Member] = [:]
    /// PyTorch can be set to write no checksums; it writes zeros then.
    private let hasChecksums: Bool

    /// - Throws: `CheckpointError`.
    init(_ file: Descriptor) throws(CheckpointError) {
        self.file = file
        let directory = try ZipDirectory(file)
        var occupied: [Range<Int>] = []
        occupied.reserveCapacity(directory.entries.count)
        for entry in directory.entries {
            let (member, all) = try Self.member(entry, file, limit: directory.start)
            guard members.updateValue(member, forKey: member.name) == nil else {
                throw .damaged(file.path, "has two members called \(shown(member.name))")
            }
            occupied.append(all)
        }
        hasChecksums = directory.entries.contains { $0.checksum != 0 }
        occupied.sort { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
        for (before, after) in zip(occupied, occupied.dropFirst())
        where after.lowerBound < before.upperBound {
            throw .damaged(file.path, "has members that overlap at byte \(after.lowerBound)")
        }
    }

    /// The member called `name`, which has to be stored as it is.
    /// - Throws: `CheckpointError`.
    func stored(_ name: String) throws(CheckpointError) -> Member? {
        guard let member = members[name] else { return nil }
        guard member.method == 0 else {
            throw CheckpointError(
                path: file.path,
                problem:
                    "has member \(shown(name)) compressed (method \(member.method)); PyTorch stores it as it is",
                remedy: "Load it with PyTorch where you trust it, and save it again.")
        }
        return member
    }

    /// Reads through `member` and compares its checksum.
    /// - Throws: `CheckpointError`.
    func verify(_ member: Member) throws(CheckpointError) {
        var checksum: UInt32 = 0
        var position = member.bytes.lowerBound
        while position < member.bytes.upperBound {
            let piece = try file.bytes(
                at: position, count: min(1 << 20, member.bytes.upperBound - position))
            checksum = piece.withUnsafeBytes { CRC32.checksum($0, after: checksum) }
            position += piece.count
        }
        try verify(member, checksum)
    }

    /// Compares the checksum of bytes that were read for `member`.
    /// - Throws: `CheckpointError`.
    func verify(_ member: Member, _ checksum: UInt32) throws(CheckpointError) {
        guard !hasChecksums || checksum == member.checksum else {
            throw .damaged(
                file.path,
                "has member \(shown(member.name)) with CRC-32 \(hex(checksum)), but its directory says \(hex(member.checksum))"
            )
        }
    }

    /// The member of a directory's entry, and everything of the file that is its.
    private static func member(
        _ entry: ZipDirectory.Entry, _ file: Descriptor, limit: Int
    ) throws(CheckpointError) -> (Member, Range<Int>) {
        func outside() -> CheckpointError {
            .damaged(file.path, "has member \(shown(entry.name)) reach beyond the file's members")
        }
        guard entry.flags & 1 == 0 else {
            throw .damaged(file.path, "has member \(shown(entry.name)) encrypted")
        }
        guard entry.offset <= limit - 30 else { throw outside() }
        let header = try file.bytes(at: entry.offset, count: 30)
        func field(_ place: Int) -> Int { Int(header[place]) | Int(header[place + 1]) << 8 }
        guard header.starts(with: [0x50, 0x4B, 3, 4]), field(26) == entry.nameBytes.count,
            field(8) == entry.method
        else {
            throw .damaged(
                file.path, "has no header of member \(shown(entry.name)) at byte \(entry.offset)")
        }
        let start = entry.offset + 30 + field(26) + field(28)
        guard start <= limit, entry.size <= limit - start else { throw outside() }
        guard try file.bytes(at: entry.offset + 30, count: field(26)) == entry.nameBytes else {
            throw .damaged(
                file.path,
                "calls member \(shown(entry.name)) something else at byte \(entry.offset)")
        }
        let bytes = start..<start + entry.size
        return (
            Member(name: entry.name, method: entry.method, bytes: bytes, checksum: entry.checksum),
            entry.offset..<bytes.upperBound
        )
    }
}

private func hex(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
}
