/// A safetensors file, opened for reading: the format of <https://github.com/huggingface/safetensors>.
///
/// Eight bytes with the length of the header, the header in JSON, the tensors without gaps. Opening reads and checks the header alone; tensors are
/// read when they are asked for, each straight to its place, and compared with their checksum where the file has one. (Not mapped into memory: a file that somebody shortens meanwhile would end the process.)
public final class SafetensorsFile: Sendable {
    /// The longest header that the format allows, in bytes.
    public static let headerLimit = 100_000_000

    public let path: String
    /// The tensors, in the order of their names.
    public let entries: [SafetensorsEntry]
    /// The tensors of types that are not known here, which cannot be read.
    public let untyped: [(name: String, type: String)]
    /// What the writer noted, `__metadata__` in the header.
    public let metadata: [String: String]

    private let file: Descriptor
    private let positions: [String: Int]
    private let checksums: Checksums?

    /// Opens the file at `path` and checks that its header describes all of it: sizes that agree with types, no name twice, every byte in exactly one tensor.
    /// - Throws: `CheckpointError`.
    public init(path: String) throws(CheckpointError) {
        self.path = path
        file = try Descriptor(reading: path)
        let size = try file.size()
        func invalid(_ problem: String) -> CheckpointError {
            CheckpointError(
                path: path, problem: problem,
                remedy: "The file is damaged, incomplete or not a safetensors file; fetch or write it anew.")
        }
        guard size >= 8 else { throw invalid("has \(size) bytes; a safetensors file has at least 8") }
        let length = try file.bytes(at: 0, count: 8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= Self.headerLimit else {
            throw invalid("says that its header has \(length) bytes; \(Self.headerLimit) are allowed")
        }
        let start = 8 + Int(length)
        guard start <= size else { throw invalid("says that its header has \(length) bytes, but only \(size - 8) follow") }
        let json = try file.bytes(at: 8, count: Int(length))
        let header: SafetensorsHeader
        do {
            header = try SafetensorsHeader(json, dataSize: size - start)
            checksums = try Checksums(header)
        } catch { throw invalid(error.text) }
        metadata = header.metadata.filter { $0.key != Checksums.tensorsKey && $0.key != Checksums.headerKey }
        untyped = header.tensors.filter { $0.dtype == nil }.map { ($0.name, $0.type) }
        entries = header.tensors.compactMap { tensor in
            tensor.dtype.map { dtype in
                SafetensorsEntry(
                    name: tensor.name, dtype: dtype, shape: tensor.shape,
                    byteRange: (start + tensor.offsets.lowerBound)..<(start + tensor.offsets.upperBound))
            }
        }.sorted { $0.name < $1.name }
        positions = Dictionary(uniqueKeysWithValues: zip(entries.map(\.name), entries.indices))
    }

    /// The tensor called `name`, if there is one.
    public subscript(name: String) -> SafetensorsEntry? { positions[name].map { entries[$0] } }

    /// Hands the bytes of `entry` to `body`: row-major, little-endian, aligned to 64 bytes, valid during the call.
    /// - Throws: `CheckpointError`, and what `body` throws.
    public func withBytes<Result>(of entry: SafetensorsEntry, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result
    {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: entry.byteRange.count, alignment: 64)
        defer { buffer.deallocate() }
        try read(entry, into: buffer)
        return try body(UnsafeRawBufferPointer(buffer))
    }

    /// Reads the bytes of `entry` to `buffer`, which has as many.
    /// - Throws: `CheckpointError`.
    public func read(_ entry: SafetensorsEntry, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
        guard buffer.count == entry.byteRange.count else {
            throw CheckpointError(
                path: path,
                problem: "tensor \(shown(entry.name)) has \(entry.byteRange.count) bytes, but \(buffer.count) were asked for")
        }
        try file.read(at: entry.byteRange.lowerBound, into: buffer)
        if let expected = checksums?.tensors[entry.name], CRC32.checksum(UnsafeRawBufferPointer(buffer)) != expected {
            throw CheckpointError(
                path: path, problem: "tensor \(shown(entry.name)) does not agree with its checksum",
                remedy: "The file is damaged; use another copy or an older checkpoint.")
        }
    }
}
