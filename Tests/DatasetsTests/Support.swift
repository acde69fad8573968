import DenseKitData
import DenseKitDatasets
import DenseKitVision
import Foundation
import TemporaryFolders
import Testing

/// Small trees of files, written for each test.
final class Tree {
    private let folder: TemporaryFolder
    var path: String { folder.path }

    init() throws { folder = try TemporaryFolder() }

    func file(_ name: String) -> String { folder.file(name) }

    func image(_ name: String, _ height: Int = 2, _ width: Int = 3) throws {
        let image = RGBImage(height: height, width: width, fill: RGBColor(90, 100, 110))
        if name.hasSuffix(".png") {
            try ImageFile.writePNG(image, to: file(name))
        } else {
            try ImageFile.writeJPEG(image, to: file(name))
        }
    }

    /// A 2×3 mask; `LabelMap.ignore` is written as 255.
    func mask(_ name: String, _ labels: [UInt16]) throws {
        try LabelFile.write(
            LabelMap(height: 2, width: 3, labels: labels), classes: ClassList(names: ["x"]),
            to: file(name))
    }

    /// The same in 16 bits, where `LabelMap.ignore` is 65535.
    func wideMask(_ name: String, _ labels: [UInt16]) throws {
        let classes = ClassList(names: (0..<256).map { "\($0)" })
        try LabelFile.write(
            LabelMap(height: 2, width: 3, labels: labels), classes: classes, to: file(name))
    }

    /// 0, 1, 255; 256, 846, 65535 as Pillow writes them in TIFF.
    func tiffMask(_ name: String) throws {
        let bytes = Data(
            base64Encoded: """
                SUkqAAgAAAAJAAABBAABAAAAAwAAAAEBBAABAAAAAgAAAAIBAwABAAAAEAAAAAMBAwABAAAAAQAAAAYBAwABAAAAAQAAABEBBAAB\
                AAAAegAAABYBBAABAAAAAgAAABcBBAABAAAADAAAABwBAwABAAAAAQAAAAAAAAAAAAEA/wAAAU4D//8=
                """)
        try #require(bytes).write(to: URL(filePath: file(name)))
    }

    func text(_ name: String, _ text: String) throws {
        try text.write(toFile: file(name), atomically: false, encoding: .utf8)
    }

    /// The message of what `body` throws, with the tree's path cut out.
    func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "nothing thrown"
        } catch {
            return "\(error)".replacingOccurrences(of: path, with: "ROOT")
        }
    }
}

extension Dataset {
    /// The labels of sample `index`.
    func labels(_ index: Int) throws -> [UInt16]? {
        var sample = try sample(at: index)
        return sample.labels?.labels
    }
}

/// `configuration` with what `change` does to it.
func settings<Settings: LayoutConfiguration>(
    _ configuration: Settings, _ change: (inout Settings) -> Void
) -> Settings {
    var configuration = configuration
    change(&configuration)
    return configuration
}

/// No class, as 16-bit labels say it.
let none = LabelMap.ignore
