import DenseKitData
import Foundation
import Testing
import DenseKitVision

/// A folder that is gone after the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "data-\(UUID().uuidString)")
            .path()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, making its folders; returns its path.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = file(name)
        try Foundation.Data(bytes).write(to: URL(filePath: file))
        return file
    }

    /// The path of a file whose folders exist.
    func file(_ name: String) -> String {
        let url = URL(filePath: path).appending(path: name)
        try? FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        return url.path(percentEncoded: false)
    }
}

/// A picture with something in it.
func picture(_ height: Int, _ width: Int, shift: Int = 0) -> RGBImage {
    RGBImage(
        height: height, width: width,
        pixels: (0..<height * width * 3).map {
            UInt8(
                truncatingIfNeeded: $0 / 3 % width * 5 + $0 / (3 * width) * 3 + $0 % 3 * 40 + shift)
        })
}

/// The message of what `body` throws, with `folder` cut out.
func message(in folder: TemporaryFolder, _ body: () throws -> Void) -> String {
    do {
        try body()
        return "nothing thrown"
    } catch {
        return "\(error)".replacingOccurrences(of: folder.path + "/", with: "")
            .replacingOccurrences(of: folder.path, with: ".")
    }
}

func removeFile(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }
