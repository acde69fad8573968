import DenseKitData
import DenseKitVision
import Foundation
import TemporaryFolders
import Testing

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
