import DenseKitData
import DenseKitFoundations
import DenseKitVision
import Foundation
import TemporaryFolders
import Testing

/// Small files of every kind read as OpenCV and Pillow read them (opencv.json, made by
/// make_opencv.py).
@Suite struct OpenCVFileTests {
    struct Case: Decodable {
        struct ImageEntry: Decodable {
            let name: String
            let file: Foundation.Data
            let height: Int
            let width: Int
            let rgb: String
        }
        struct Mask: Decodable {
            let name: String
            let file: Foundation.Data
            let labels: [UInt16]
        }
        let pictures: [ImageEntry]
        let masks: [Mask]
    }

    let golden: Case
    let folder: TemporaryFolder

    init() throws {
        let goldens = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Goldens")
        golden = try JSONDecoder().decode(
            Case.self, from: Foundation.Data(contentsOf: goldens.appending(path: "opencv.json")))
        folder = try TemporaryFolder()
    }

    private func digest(_ bytes: [UInt8]) -> String { FNV1a(bytes).digits }

    @Test func pictures() throws {
        #expect(golden.pictures.count == 28)
        for picture in golden.pictures {
            let path = try folder.write(picture.name, [UInt8](picture.file))
            let image = try ImageFile.read(path)
            let size = Size2D(height: picture.height, width: picture.width)
            #expect(image.size == size, "\(picture.name)")
            #expect(digest(image.pixels) == picture.rgb, "\(picture.name)")
            #expect(try ImageFile.size(path) == size, "\(picture.name)")
        }
    }

    @Test func traitsAreCounted() throws {
        let expected: [String: ImageTraits] = [
            "jpeg_420": [], "jpeg_grey": .grey, "jpeg_cmyk": .cmyk, "jpeg_exif_6": .exif,
            "png_rgba": .alpha,
            "png_palette": .palette,
            "png_rgb_16": .sixteenBit, "png_grey_alpha": [.grey, .alpha],
        ]
        for picture in golden.pictures {
            guard let traits = expected[picture.name] else { continue }
            #expect(
                try ImageFile.readWithTraits(folder.write(picture.name, [UInt8](picture.file)))
                    .traits == traits,
                "\(picture.name)")
        }
    }

    @Test func exifCanBeIgnored() throws {
        let plain = try #require(golden.pictures.first { $0.name == "jpeg_420" })
        let turned = try #require(golden.pictures.first { $0.name == "jpeg_exif_big_endian" })
        #expect(turned.height == plain.width)
        let path = try folder.write("a.jpg", [UInt8](turned.file))
        let policy = ImagePolicy(exif: .ignore)
        #expect(digest(try ImageFile.read(path, policy: policy).pixels) == plain.rgb)
        #expect(
            try ImageFile.size(path, policy: policy)
                == Size2D(height: plain.height, width: plain.width))
    }

    @Test func masksKeepTheirNumbers() throws {
        #expect(golden.masks.count == 9)
        for mask in golden.masks {
            let path = try folder.write(mask.name, [UInt8](mask.file))
            #expect(
                try LabelFile.read(path) == LabelMap(height: 7, width: 11, labels: mask.labels),
                "\(mask.name)")
            #expect(try LabelFile.size(path) == Size2D(height: 7, width: 11))
        }
    }
}
