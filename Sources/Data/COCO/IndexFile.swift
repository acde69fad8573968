import DenseKitCheckpoints
import Foundation

/// The file in which a parsed COCO file is stored: a head of numbers and the arrays behind it,
/// mapped into memory by all who read it.
///
/// The head records which file the arrays were made of, by path, size and time, and holds checksums
/// of itself and of the rest.
struct IndexFile: Sendable {
    /// A file as it was when it was read.
    struct Source: Sendable, Equatable {
        let path: String
        let size: Int
        let seconds: Int
        let nanoseconds: Int

        /// - Throws: `DataError` for what is no regular file.
        init(_ path: String) throws {
            var status = stat()
            guard stat(path, &status) == 0 else {
                throw DataError(
                    path,
                    errno == ENOENT
                        ? "no such file" : "cannot be read: \(String(cString: strerror(errno)))")
            }
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw DataError(path, "is no regular file; a JSON file was expected")
            }
            self.path = URL(filePath: path).standardizedFileURL.resolvingSymlinksInPath().path
            size = Int(status.st_size)
            seconds = Int(status.st_mtim.tv_sec)
            nanoseconds = Int(status.st_mtim.tv_nsec)
        }
    }

    enum Section: Int, CaseIterable {
        case path, pictures, categories, annotations, order, firsts, names, words, warnings
    }

    /// Changes with the layout of the file, and with what is checked and warned about when it is
    /// made.
    private static let version = 2
    private static let magic = 0x4B44_4F43_4F43_3130  // "01COCODK"
    /// Numbers of 64 bits in the head: six, then where each section begins and its bytes, then the
    /// two checksums.
    private static let headWords = 6 + 2 * Section.allCases.count + 2
    private static let headBytes = headWords * 8

    private let memory: MappedMemory
    private let ranges: [Range<Int>]

    /// The bytes of a section, which live as long as the file.
    func bytes(_ section: Section) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: memory.bytes[ranges[section.rawValue]])
    }

    /// A section as an array of plain values.
    func array<Value: BitwiseCopyable>(_ section: Section, of type: Value.Type = Value.self)
        -> UnsafeBufferPointer<Value>
    {
        bytes(section).bindMemory(to: type)
    }

    // MARK: - Writing

    /// The pieces of such a file, in order: the head, and each section with what fills it up to 16
    /// bytes.
    static func write(
        _ sections: [UnsafeRawBufferPointer], of source: Source,
        _ sink: (UnsafeRawBufferPointer) throws -> Void
    ) rethrows {
        let filler = [UInt8](repeating: 0, count: 16)
        try filler.withUnsafeBytes { filler in
            func padding(_ section: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
                UnsafeRawBufferPointer(rebasing: filler[..<(-section.count & 15)])
            }
            var head = [
                magic, version, totalBytes(sections), source.size, source.seconds,
                source.nanoseconds,
            ]
            var start = roundedHeadBytes
            var checksum = UInt32(0)
            for section in sections {
                head += [start, section.count]
                start += section.count + padding(section).count
                checksum = CRC32.checksum(
                    padding(section), after: CRC32.checksum(section, after: checksum))
            }
            head.append(Int(checksum))
            head.append(Int(head.withUnsafeBytes { CRC32.checksum($0) }))
            try head.withUnsafeBytes {
                try sink($0)
                try sink(padding($0))
            }
            for section in sections {
                try sink(section)
                try sink(padding(section))
            }
        }
    }

    private static var roundedHeadBytes: Int { (headBytes + 15) & ~15 }

    static func totalBytes(_ sections: [UnsafeRawBufferPointer]) -> Int {
        sections.reduce(roundedHeadBytes) { $0 + ($1.count + 15) & ~15 }
    }

    // MARK: - Reading

    /// The file at `path`, if it is whole and was made of `source`; nil for any other.
    init?(_ path: String, of source: Source) {
        guard let memory = MappedMemory(file: path) else { return nil }
        self.init(memory, of: source)
    }

    /// The file in memory, if it is whole and was made of `source`.
    init?(_ memory: MappedMemory, of source: Source) {
        let bytes = memory.bytes
        guard bytes.count >= IndexFile.roundedHeadBytes else { return nil }
        let head = (0..<IndexFile.headWords).map {
            bytes.load(fromByteOffset: 8 * $0, as: Int.self)
        }
        let signed = UnsafeRawBufferPointer(rebasing: bytes[..<(IndexFile.headBytes - 8)])
        let expected = [
            IndexFile.magic, IndexFile.version, bytes.count, source.size, source.seconds,
            source.nanoseconds,
        ]
        guard head.last == Int(CRC32.checksum(signed)), Array(head.prefix(6)) == expected else {
            return nil
        }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[IndexFile.roundedHeadBytes...])
        guard head[IndexFile.headWords - 2] == Int(CRC32.checksum(rest)) else { return nil }
        var ranges: [Range<Int>] = []
        for section in Section.allCases {
            let start = head[6 + 2 * section.rawValue]
            let count = head[7 + 2 * section.rawValue]
            guard start >= IndexFile.roundedHeadBytes, start.isMultiple(of: 16), count >= 0,
                start <= bytes.count,
                count <= bytes.count - start
            else { return nil }
            ranges.append(start..<start + count)
        }
        self.memory = memory
        self.ranges = ranges
        guard self.bytes(.path).elementsEqual(source.path.utf8) else { return nil }
    }
}

/// Memory mapped to a file, or memory used in place of one.
final class MappedMemory: @unchecked Sendable {  // nobody writes to it once it is made
    let bytes: UnsafeRawBufferPointer
    private let start: UnsafeMutableRawPointer

    /// The file's bytes, which all processes that map it share; nil where that is not possible.
    init?(file path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_size > 0,
            let start = mmap(nil, Int(status.st_size), PROT_READ, MAP_SHARED, descriptor, 0),
            start != MAP_FAILED
        else { return nil }
        self.start = start
        bytes = UnsafeRawBufferPointer(start: start, count: Int(status.st_size))
    }

    /// Memory of `count` bytes, filled piece by piece.
    init?(count: Int, _ fill: ((UnsafeRawBufferPointer) -> Void) -> Void) {
        guard count > 0,
            let start = mmap(
                nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            start != MAP_FAILED
        else { return nil }
        self.start = start
        bytes = UnsafeRawBufferPointer(start: start, count: count)
        var place = 0
        fill { piece in
            let piece = piece.prefix(count - place)
            if !piece.isEmpty {
                (start + place).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: piece).baseAddress!,
                    byteCount: piece.count)
            }
            place += piece.count
        }
    }

    deinit { munmap(start, bytes.count) }
}
