import NN

/// Tensors in a safetensors file.
public enum TensorFile {
    /// Every tensor of the file, by name.
    ///
    /// Throws `CheckpointError` for a file that is not sound.
    public static func load(_ path: String) throws -> (tensors: [String: Tensor], metadata: [String: String]) {
        let file = try SafetensorsFile(path: path)
        var tensors: [String: Tensor] = [:]
        for entry in file.entries { tensors[entry.name] = try tensor(entry, in: file) }
        return (tensors, file.metadata)
    }

    /// Writes tensors under a temporary name, synced, and renames: the file is there as a whole or not at all.
    public static func save(_ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:], to path: String) throws
    {
        try SafetensorsWriter.write(
            path,
            try tensors.map { name, tensor in
                let source = try tensor.detached().to(.cpu).contiguous()
                return SafetensorsWriter.Tensor(name: name, dtype: SafetensorsType(tensor.dtype), shape: tensor.shape) { body in
                    try source.withUnsafeBytes(body)
                }
            },
            metadata: metadata)
    }

    private static func tensor(_ entry: SafetensorsEntry, in file: SafetensorsFile) throws -> Tensor {
        guard let dtype = entry.dtype.dtype else {
            throw CheckpointError(
                path: file.path,
                problem: "tensor \(shown(entry.name)) has element type \(entry.dtype.rawValue), which the engine does not have",
                remedy: "convert it to F32")
        }
        return try file.withBytes(of: entry) { try Tensor.from(bytes: $0, shape: entry.shape, dtype: dtype) }
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
