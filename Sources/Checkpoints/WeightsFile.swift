import Foundation
import NN

/// A file of weights, whoever wrote it: safetensors, a checkpoint directory, or one of PyTorch's forms.
public enum WeightsFile {
    /// The name of the weights in a checkpoint directory.
    public static let nameInCheckpoint = "model.safetensors"

    /// Every tensor by the name that the file gives it, and what the file says of itself.
    ///
    /// - Throws: `CheckpointError`.
    public static func load(_ path: String) throws -> (tensors: [String: Tensor], metadata: [String: String]) {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw CheckpointError(
                path: path, problem: "no such file or directory",
                remedy: "Name a checkpoint directory, a .safetensors file, or a .pt or .pth file that PyTorch wrote")
        }
        let file = isDirectory.boolValue ? path + "/" + nameInCheckpoint : path
        guard FileManager.default.fileExists(atPath: file) else {
            throw CheckpointError(
                path: path, problem: "is a folder without \(nameInCheckpoint), so it is no checkpoint",
                remedy: "Name one, such as work_dirs/…/iter_8000")
        }
        let descriptor = try Descriptor(reading: file)
        var prefix = [UInt8](repeating: 0, count: min(512, try descriptor.size()))
        try prefix.withUnsafeMutableBytes { try descriptor.read(at: 0, into: $0) }
        return TorchFile.recognizes(prefix) ? try TorchFile.load(file) : try TensorFile.load(file)
    }
}
