/// Writes safetensors files, each by one atomic replacement (`AtomicFile`).
public enum SafetensorsWriter {
    /// A tensor to be written.
    public struct Tensor {
        public let name: String
        public let dtype: SafetensorsType
        public let shape: [Int]
        /// Hands the elements, row-major and little-endian, to its argument once; called when they are written, so that only one tensor's bytes
        /// have to be in memory.
        public let withBytes: (_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

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

    /// Writes `tensors` and `metadata` to `path`.
    ///
    /// The header is padded to a multiple of 8 bytes and wide elements come first, so every element is aligned in the file. The same input gives the
    /// same bytes.
    /// - Throws: `CheckpointError`, and what a tensor's `withBytes` throws; a file that was at `path` stays as it was.
    public static func write(_ path: String, _ tensors: [Tensor], metadata: [String: String] = [:]) throws {
        let ordered = tensors.sorted { ($1.dtype.byteSize, $0.name) < ($0.dtype.byteSize, $1.name) }
        let (header, counts) = try header(ordered, metadata: metadata, path: path)
        try AtomicFile.write(to: path) { stream in
            try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try stream.write($0) }
            try header.withUnsafeBytes { try stream.write($0) }
            for (tensor, count) in zip(ordered, counts) {
                var written = 0
                try tensor.withBytes { bytes in
                    written += bytes.count
                    guard written <= count else { return }
                    try stream.write(bytes)
                }
                guard written == count else {
                    throw CheckpointError(
                        path: path,
                        problem:
                            "tensor \"\(tensor.name)\" (\(tensor.dtype.rawValue), \(tensor.shape)) has \(count) bytes, but \(written) were given"
                    )
                }
            }
        }
    }

    /// The header, padded, and the bytes of each tensor.
    private static func header(
        _ tensors: [Tensor], metadata: [String: String], path: String
    ) throws(CheckpointError) -> (json: [UInt8], counts: [Int]) {
        func refused(_ problem: String) -> CheckpointError { CheckpointError(path: path, problem: problem) }
        var names: Set<String> = ["__metadata__"]
        var counts: [Int] = []
        var end = 0
        var parts: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
            parts.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        for tensor in tensors {
            guard names.insert(tensor.name).inserted else { throw refused("two tensors are called \"\(tensor.name)\"") }
            guard let count = tensor.dtype.byteCount(tensor.shape) else {
                throw refused("tensor \"\(tensor.name)\" has the impossible shape \(tensor.shape)")
            }
            let (sum, overflow) = end.addingReportingOverflow(count)
            guard !overflow else { throw refused("the tensors have more bytes than a file can have") }
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            parts.append(
                "\(quoted(tensor.name)):{\"dtype\":\"\(tensor.dtype.rawValue)\",\"shape\":[\(shape)],\"data_offsets\":[\(end),\(sum)]}"
            )
            counts.append(count)
            end = sum
        }
        var json = [UInt8]("{\(parts.joined(separator: ","))}".utf8)
        json += [UInt8](repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8)
        guard json.count <= SafetensorsFile.headerLimit else {
            throw refused("the header would have \(json.count) bytes; \(SafetensorsFile.headerLimit) are allowed")
        }
        return (json, counts)
    }

    /// `text` as a JSON string.
    private static func quoted(_ text: String) -> String {
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
