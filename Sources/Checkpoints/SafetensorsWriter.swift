/// Writes safetensors files, each atomically (`AtomicFile`).
public enum SafetensorsWriter {
    /// A tensor to be written.
    public struct Tensor {
        /// The tensor's name in the file; no two are equal.
        public let name: String
        /// The type of its elements.
        public let dtype: SafetensorsType
        /// The sizes of its dimensions; empty for a scalar.
        public let shape: [Int]
        /// Calls its argument with the elements, row-major and little-endian, in pieces or at once.
        /// It is called twice, for the checksum and for writing, so that only one tensor's bytes
        /// need to be in memory.
        public let withBytes: (_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

        /// - Parameters:
        ///   - name: the tensor's name in the file
        ///   - dtype: the type of its elements
        ///   - shape: the sizes of its dimensions; empty for a scalar
        ///   - withBytes: passes the elements, row-major and little-endian, to its argument; called
        ///     twice
        public init(
            name: String, dtype: SafetensorsType, shape: [Int],
            withBytes: @escaping (_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
        ) {
            self.name = name
            self.dtype = dtype
            self.shape = shape
            self.withBytes = withBytes
        }
    }

    /// Writes `tensors` and `metadata` to `path`, with checksums of each tensor and of the header
    /// in the metadata.
    ///
    /// The header is padded to a multiple of 8 bytes and wide elements come first, so that every
    /// element is aligned in the file. Equal input gives equal bytes.
    /// - Throws: `CheckpointError` where the file cannot be written or tensors are invalid, and
    ///   what a tensor's `withBytes` throws; a file that was at `path` is not changed.
    public static func write(_ path: String, _ tensors: [Tensor], metadata: [String: String] = [:])
        throws
    {
        let ordered = tensors.sorted { ($1.dtype.byteSize, $0.name) < ($0.dtype.byteSize, $1.name) }
        let (header, counts) = try header(ordered, metadata: metadata, path: path)
        try AtomicFile.write(to: path) { stream in
            try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try stream.write($0) }
            try header.withUnsafeBytes { try stream.write($0) }
            for (tensor, count) in zip(ordered, counts) {
                try handOver(tensor, count, path: path) { bytes in try stream.write(bytes) }
            }
        }
    }

    /// Gives the bytes of `tensor`, which have to be `count`, to `body`.
    private static func handOver(
        _ tensor: Tensor, _ count: Int, path: String,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var given = 0
        try tensor.withBytes { bytes in
            given += bytes.count
            if given <= count { try body(bytes) }
        }
        guard given == count else {
            throw CheckpointError(
                path: path,
                problem:
                    "tensor \"\(tensor.name)\" (\(tensor.dtype.rawValue), \(tensor.shape)) has \(count) bytes, but \(given) were given"
            )
        }
    }

    /// The header, padded, and the bytes of each tensor.
    private static func header(
        _ tensors: [Tensor], metadata: [String: String], path: String
    ) throws -> (json: [UInt8], counts: [Int]) {
        func refused(_ problem: String) -> CheckpointError {
            CheckpointError(path: path, problem: problem)
        }
        var names: Set<String> = ["__metadata__"]
        var entries: [SafetensorsHeader.Tensor] = []
        var end = 0
        for tensor in tensors {
            guard names.insert(tensor.name).inserted else {
                throw refused("two tensors are called \"\(tensor.name)\"")
            }
            guard let count = tensor.dtype.byteCount(tensor.shape) else {
                throw refused("tensor \"\(tensor.name)\" has the impossible shape \(tensor.shape)")
            }
            let (sum, overflow) = end.addingReportingOverflow(count)
            guard !overflow else {
                throw refused("the tensors have more bytes than a file can have")
            }
            entries.append(
                .init(
                    name: tensor.name, type: tensor.dtype.rawValue, shape: tensor.shape,
                    offsets: end..<sum))
            end = sum
        }
        var checksums: [String: UInt32] = [:]
        for (tensor, entry) in zip(tensors, entries) {
            var checksum: UInt32 = 0
            try handOver(tensor, entry.offsets.count, path: path) {
                checksum = CRC32.checksum($0, after: checksum)
            }
            checksums[tensor.name] = checksum
        }
        let all = Checksums.adding(checksums, to: metadata, entries).sorted { $0.key < $1.key }
        var parts = [
            "\"__metadata__\":{\(all.map { "\(quoted($0.key)):\(quoted($0.value))" }.joined(separator: ","))}"
        ]
        parts += entries.map { entry in
            let shape = entry.shape.map(String.init).joined(separator: ",")
            let start = entry.offsets.lowerBound
            let end = entry.offsets.upperBound
            return
                "\(quoted(entry.name)):{\"dtype\":\"\(entry.type)\",\"shape\":[\(shape)],\"data_offsets\":[\(start),\(end)]}"
        }
        var json = [UInt8]("{\(parts.joined(separator: ","))}".utf8)
        json += [UInt8](repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8)
        guard json.count <= SafetensorsFile.headerLimit else {
            throw refused(
                "the header would have \(json.count) bytes; \(SafetensorsFile.headerLimit) are allowed"
            )
        }
        return (json, entries.map(\.offsets.count))
    }

    /// `text` as a JSON string.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
