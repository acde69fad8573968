import DenseKitNN
import Foundation

/// The lists of names and shapes in Tests/Goldens/weights, and the small files beside them.
public enum PublishedWeights {
    /// A file of the folder.
    public static func path(_ file: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "Goldens/weights/\(file)"
        ).path
    }

    /// The tensors of a list, none of which takes memory: every element of the n-th is n.
    public static func load(_ list: String) throws -> [String: Tensor] {
        let lines = try String(contentsOfFile: path(list + ".txt"), encoding: .utf8).split(
            separator: "\n")
        var tensors: [String: Tensor] = [:]
        for (index, line) in lines.enumerated() {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            let shape = parts[1].split(separator: ",").compactMap { Int($0) }
            tensors[String(parts[0])] = try Tensor.full([], Double(index)).expanded(shape)
        }
        return tensors
    }
}
