import DenseKitNN
import Foundation

/// Reads a weight file of any supported form: safetensors, a checkpoint directory, or one of
/// PyTorch's forms.
public enum WeightsFile {
    /// The name of the weight file in a checkpoint directory.
    public static let nameInCheckpoint = "model.safetensors"

    /// The content of a weight file.
    public struct Content {
        /// The readable tensors, by their names in the file.
        public var tensors: [String: Tensor] = [:]
        /// The file's metadata; empty where it has none.
        public var metadata: [String: String] = [:]
        /// The tensors in a form that cannot be read, by name. They matter only where the model
        /// needs them.
        public var unread: [String: UnreadTensor] = [:]
    }

    /// Every tensor of the file by its name, and the file's metadata.
    ///
    /// - Throws: `CheckpointError` for a path that holds no weights; the message names what is
    ///   there instead: a web page, a pointer of Git LFS, an archive, …
    public static func load(_ path: String) throws -> Content {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw CheckpointError(
                path: path, problem: "no such file or directory",
                remedy:
                    "Name a checkpoint directory, a .safetensors file, or a .pt or .pth file that PyTorch wrote"
            )
        }
        let file = isDirectory.boolValue ? path + "/" + nameInCheckpoint : path
        guard FileManager.default.fileExists(atPath: file) else { throw ForeignFile.folder(path) }
        let descriptor = try Descriptor(reading: file)
        let prefix = try descriptor.bytes(
            at: 0, count: min(ForeignFile.prefixSize, descriptor.size()))
        if TorchFile.recognizes(prefix) { return try TorchFile.load(file) }
        if let error = ForeignFile.error(file, prefix, size: try descriptor.size()) { throw error }
        return try TensorFile.content(file)
    }
}

/// A tensor of a file that cannot be read, with the reason.
public struct UnreadTensor: Sendable, Equatable {
    /// The reason, as text that follows the tensor's name: "has element type complex64, which the
    /// engine does not have".
    public let problem: String
    /// What the user can do where the tensor is needed.
    public let remedy: String

    init(problem: String, remedy: String) {
        self.problem = problem
        self.remedy = remedy
    }

    init(elementType: String, remedy: String) {
        self.init(
            problem: "has element type \(printable(elementType)), which the engine does not have",
            remedy: remedy)
    }
}
