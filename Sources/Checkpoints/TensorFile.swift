import DenseKitNN

/// Reads and writes tensors in safetensors files.
public enum TensorFile {
    /// Every tensor of the file by name, on the CPU, and the file's metadata.
    ///
    /// - Throws: `CheckpointError` for a file that cannot be read, is damaged, or has tensors of a
    ///   type that the engine lacks.
    public static func load(_ path: String) throws -> (
        tensors: [String: Tensor], metadata: [String: String]
    ) {
        let file = try SafetensorsFile(path: path)
        if let (name, type) = file.untyped.first { throw unknownType(name, type, path) }
        var tensors: [String: Tensor] = [:]
        for entry in file.entries { tensors[entry.name] = try tensor(entry, in: file) }
        return (tensors, file.metadata)
    }

    /// The tensors and metadata of the file; tensors of types that the engine lacks are listed as
    /// unread.
    ///
    /// Throws `CheckpointError` for a file that is not sound.
    static func content(_ path: String) throws -> WeightsFile.Content {
        let file = try SafetensorsFile(path: path)
        var content = WeightsFile.Content(metadata: file.metadata)
        for entry in file.entries where entry.dtype.dtype != nil {
            content.tensors[entry.name] = try tensor(entry, in: file)
        }
        let foreign = file.entries.filter { $0.dtype.dtype == nil }.map {
            ($0.name, $0.dtype.rawValue)
        }
        for (name, type) in foreign + file.untyped.map({ ($0.name, $0.type) }) {
            content.unread[name] = UnreadTensor(elementType: type, remedy: "Convert it to F32.")
        }
        return content
    }

    /// Writes `tensors` and `metadata` to a safetensors file, atomically: the file appears whole or
    /// not at all.
    ///
    /// - Throws: `CheckpointError` where it cannot be written.
    public static func save(
        _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:],
        to path: String
    ) throws {
        try SafetensorsWriter.write(
            path,
            tensors.map { name, tensor in
                let source = try tensor.detached().to(.cpu).contiguous()
                return SafetensorsWriter.Tensor(
                    name: name, dtype: SafetensorsType(tensor.dtype), shape: tensor.shape
                ) { body in
                    try source.withUnsafeBytes(body)
                }
            },
            metadata: metadata)
    }

    private static func tensor(_ entry: SafetensorsEntry, in file: SafetensorsFile) throws -> Tensor
    {
        guard let dtype = entry.dtype.dtype else {
            throw unknownType(entry.name, entry.dtype.rawValue, file.path)
        }
        return try file.withBytes(of: entry) {
            try Tensor.from(bytes: $0, shape: entry.shape, dtype: dtype)
        }
    }

    private static func unknownType(_ name: String, _ type: String, _ path: String)
        -> CheckpointError
    {
        let unread = UnreadTensor(elementType: type, remedy: "convert it to F32")
        return CheckpointError(
            path: path, problem: "tensor \(shown(name)) \(unread.problem)", remedy: unread.remedy)
    }
}

extension SafetensorsType {
    init(_ dtype: DType) {
        self =
            switch dtype {
            case .uint8: .uint8
            case .int8: .int8
            case .int16: .int16
            case .int32: .int32
            case .int64: .int64
            case .float16: .float16
            case .float32: .float32
            case .float64: .float64
            case .bool: .bool
            case .bfloat16: .bfloat16
            }
    }

    /// The engine's element type, where it has this one.
    var dtype: DType? { DType.allCases.first { SafetensorsType($0) == self } }
}
