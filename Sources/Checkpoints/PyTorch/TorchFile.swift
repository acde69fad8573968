import NN

/// Tensors of a file that PyTorch wrote.
public enum TorchFile {
    /// Whether a file with these first bytes is one: a zip archive or a pickle.
    public static func recognizes(_ prefix: [UInt8]) -> Bool {
        prefix.starts(with: [0x50, 0x4B, 0x03, 0x04])
    }

    /// Every tensor of the file's state dict by name, in the element type that the file has, and what the file says of itself.
    /// - Throws: `CheckpointError`.
    public static func load(_ path: String) throws -> (tensors: [String: Tensor], metadata: [String: String]) {
        throw CheckpointError(path: path, problem: "is a file of PyTorch, which cannot be read yet")
    }
}
