/// A safetensors file, opened for reading: the format of
/// <https://github.com/huggingface/safetensors>.
///
/// The file holds eight bytes with the length of the header, the header in JSON, and the tensors
/// without gaps. Opening reads and checks only the header; a tensor is read when it is requested,
/// and compared with its checksum where the file has one. (It is not mapped into memory: a file
/// that is shortened meanwhile would end the process.)
public final class SafetensorsFile: Sendable {
    /// The longest header that the format allows, in bytes.
    public static let headerLimit = 100_000_000

    /// The file's path, as it was given.
    public let path: String
    /// The readable tensors, sorted by name.
    public let entries: [SafetensorsEntry]
    /// The tensors of unknown element types, which cannot be read, each with its type.
    public let untyped: [(name: String, type: String)]
    /// The metadata of the file (`__metadata__` in the header), without checksums.
    public let metadata: [String: String]

    private let file: Descriptor
    private let positions: [String: Int]
    private let checksums: Checksums?

    /// Opens the file at `path` and checks that its header describes the whole file: sizes agree
    /// with types, no name occurs twice, and every byte belongs to exactly one tensor.
    /// - Throws: `CheckpointError` for a file that cannot be read or is not such a file.
    public init(path: String) throws(CheckpointError) {
        self.path = path
        file = try Descriptor(reading: path)
        let size = try file.size()
        func invalid(_ problem: String) -> CheckpointError {
            CheckpointError(
                path: path, problem: problem,
                remedy:
                    "The file is damaged, incomplete or not a safetensors file; fetch or write it again."
            )
        }
        guard size >= 8 else {
            throw invalid("has \(size) bytes; a safetensors file has at least 8")
        }
        let length = try file.bytes(at: 0, count: 8).reversed().reduce(UInt64(0)) {
            $0 << 8 | UInt64($1)
        }
        guard length <= Self.headerLimit else {
            throw invalid(
                "says that its header has \(length) bytes; \(Self.headerLimit) are allowed")
        }
        let start = 8 + Int(length)
        guard start <= size else {
            throw invalid("says that its header has \(length) bytes, but only \(size - 8) follow")
        }
        let json = try file.bytes(at: 8, count: Int(length))
        let header: SafetensorsHeader
        do {
            header = try SafetensorsHeader(json, dataSize: size - start)
            checksums = try Checksums(header)
        } catch { throw invalid(error.text) }
        metadata = header.metadata.filter {
            $0.key != Checksums.tensorsKey && $0.key != Checksums.headerKey
        }
        untyped = header.tensors.filter { $0.dtype == nil }.map { ($0.name, $0.type) }
        entries = header.tensors.compactMap { tensor in
            tensor.dtype.map { dtype in
                SafetensorsEntry(
                    name: tensor.name, dtype: dtype, shape: tensor.shape,
                    byteRange: (start + tensor.offsets.lowerBound)..<(start
                        + tensor.offsets.upperBound))
            }
        }.sorted { $0.name < $1.name }
        positions = Dictionary(uniqueKeysWithValues: zip(entries.map(\.name), entries.indices))
    }

    /// The tensor called `name`; nil where there is none.
    public subscript(name: String) -> SafetensorsEntry? { positions[name].map { entries[$0] } }

    /// Calls `body` with the bytes of `entry`: row-major, little-endian, aligned to 64 bytes, valid
    /// during the call.
    /// - Throws: `CheckpointError` for bytes that cannot be read or do not match their checksum,
    ///   and what `body` throws.
    public func withBytes<Result>(
        of entry: SafetensorsEntry, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: entry.byteRange.count, alignment: 64)
        defer { buffer.deallocate() }
        try read(entry, into: buffer)
        return try body(UnsafeRawBufferPointer(buffer))
    }

    /// Reads the bytes of `entry` into `buffer`, which has exactly their size.
    /// - Throws: `CheckpointError` for a buffer of another size, and for bytes that cannot be read
    ///   or do not match their checksum.
    public func read(_ entry: SafetensorsEntry, into buffer: UnsafeMutableRawBufferPointer)
        throws(CheckpointError)
    {
        guard buffer.count == entry.byteRange.count else {
            throw CheckpointError(
                path: path,
                problem:
                    "tensor \(shown(entry.name)) has \(entry.byteRange.count) bytes, but \(buffer.count) were requested"
            )
        }
        try file.read(at: entry.byteRange.lowerBound, into: buffer)
        if let expected = checksums?.tensors[entry.name],
            CRC32.checksum(UnsafeRawBufferPointer(buffer)) != expected
        {
            throw CheckpointError(
                path: path, problem: "tensor \(shown(entry.name)) does not agree with its checksum",
                remedy: "The file is damaged; use another copy or an older checkpoint.")
        }
    }
}
