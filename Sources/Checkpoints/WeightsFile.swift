import Foundation
import DenseKitNN

/// A file of weights, whoever wrote it: safetensors, a checkpoint directory, or one of PyTorch's forms.
public enum WeightsFile {
    /// The name of the weights in a checkpoint directory.
    public static let nameInCheckpoint = "model.safetensors"

    /// What a file of weights holds.
    public struct Content {
        /// The tensors by the names that the file gives them.
        public var tensors: [String: Tensor] = [:]
        /// What the file says of itself.
        public var metadata: [String: String] = [:]
        /// The tensors in a form that cannot be read, by name. They matter only to who needs them.
        public var unread: [String: UnreadTensor] = [:]
    }

    /// Every tensor by the name that the file gives it, and what the file says of itself.
    ///
    /// - Throws: `CheckpointError`, which says what the file is where it holds no weights: a web page, a pointer of Git LFS, an archive, …
    public static func load(_ path: String) throws -> Content {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw CheckpointError(
                path: path, problem: "no such file or directory",
                remedy: "Name a checkpoint directory, a .safetensors file, or a .pt or .pth file that PyTorch wrote")
        }
        let file = isDirectory.boolValue ? path + "/" + nameInCheckpoint : path
        guard FileManager.default.fileExists(atPath: file) else { throw ForeignFile.folder(path) }
        let descriptor = try Descriptor(reading: file)
        let prefix = try descriptor.bytes(at: 0, count: min(ForeignFile.prefixSize, try descriptor.size()))
        if TorchFile.recognizes(prefix) { return try TorchFile.load(file) }
        if let error = ForeignFile.error(file, prefix, size: try descriptor.size()) { throw error }
        return try TensorFile.content(file)
    }
}

/// A tensor of a file that cannot be read, and why.
public struct UnreadTensor: Sendable, Equatable {
    /// What follows the tensor's name: "has element type complex64, which the engine does not have".
    public let problem: String
    /// What to do where it is needed.
    public let remedy: String

    init(problem: String, remedy: String) {
        self.problem = problem
        self.remedy = remedy
    }

    init(elementType: String, remedy: String) {
        self.init(problem: "has element type \(printable(elementType)), which the engine does not have", remedy: remedy)
    }
}
