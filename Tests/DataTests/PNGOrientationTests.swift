import DenseKitData
import DenseKitVision
import Foundation
import TemporaryFolders
import Testing

/// PNG files whose EXIF data says that they are to be turned, as OpenCV 4.7 to 5.0 turn them (tried
/// with its wheels of 4.7, 4.9, 4.11 and 5.0).
@Suite struct PNGOrientationTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A TIFF structure that says the orientation alone.
    private static func exif(_ orientation: UInt8, isBigEndian: Bool = true) -> [UInt8] {
        isBigEndian
            ? Array("MM".utf8) + [
                0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0,
                0,
            ]
            : Array("II".utf8) + [
                42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0,
                0,
            ]
    }

    /// Two rows of three grey pixels, 0 1 2 and 10 11 12, with chunks before and behind them.
    private static func png(before: [[UInt8]] = [], after: [[UInt8]] = [], padding: Int = 0)
        -> [UInt8]
    {
        var file = PNGBytes(width: 3, height: 2, depth: 8, color: 0)
        for content in before { file.add("eXIf", content) }
        file.add("IDAT", PNGBytes.deflated([0, 0, 1, 2, 0, 10, 11, 12]))
        if padding > 0 { file.add("teSt", [UInt8](repeating: 7, count: padding)) }
        for content in after { file.add("eXIf", content) }
        file.add("IEND", [])
        return file.bytes
    }

    /// What OpenCV gives for the orientations 0 to 9, row by row.
    private static let answers: [[[UInt8]]] = [
        [[0, 1, 2], [10, 11, 12]], [[0, 1, 2], [10, 11, 12]], [[2, 1, 0], [12, 11, 10]],
        [[12, 11, 10], [2, 1, 0]],
        [[10, 11, 12], [0, 1, 2]], [[0, 10], [1, 11], [2, 12]], [[10, 0], [11, 1], [12, 2]],
        [[12, 2], [11, 1], [10, 0]],
        [[2, 12], [1, 11], [0, 10]], [[0, 1, 2], [10, 11, 12]],
    ]

    private func rows(_ image: RGBImage) -> [[UInt8]] {
        (0..<image.height).map { y in
            (0..<image.width).map { image.pixels[(y * image.width + $0) * 3] }
        }
    }

    @Test(
        "Every orientation, before and behind the pixels, in either byte order, as OpenCV",
        arguments: answers.indices)
    func turned(orientation: Int) throws {
        for isBigEndian in [true, false] {
            let chunk = Self.exif(UInt8(orientation), isBigEndian: isBigEndian)
            for bytes in [
                Self.png(before: [chunk]), Self.png(after: [chunk]),
                Self.png(after: [chunk], padding: 1 << 18),
            ] {
                let path = try folder.write("a.png", bytes)
                let (image, traits) = try ImageFile.readWithTraits(path)
                let isTurned = (2...8).contains(orientation)
                #expect(rows(image) == Self.answers[orientation])
                #expect(traits == (isTurned ? [.grey, .exif] : .grey))
                #expect(try ImageFile.size(path) == image.size)
                let policy = ImagePolicy(exif: .ignore)
                #expect(try rows(ImageFile.read(path, policy: policy)) == Self.answers[1])
                #expect(try ImageFile.size(path, policy: policy) == Size2D(height: 2, width: 3))
            }
        }
    }

    @Test(
        "The first chunk counts; one that begins as in JPEG files does, or is cut off, turns nothing"
    )
    func otherChunks() throws {
        let six = Self.exif(6)
        let three = Self.exif(3)
        #expect(
            try rows(ImageFile.read(folder.write("a.png", Self.png(before: [six, three]))))
                == Self.answers[6])
        let prefixed = Array("Exif\0\0".utf8) + six
        for content in [prefixed, Array(six.prefix(12)), []] {
            #expect(
                try rows(ImageFile.read(folder.write("b.png", Self.png(before: [content]))))
                    == Self.answers[1])
        }
    }

    @Test("Masks are read as stored, as Pillow reads them for mmsegmentation")
    func masks() throws {
        let path = try folder.write("m.png", Self.png(before: [Self.exif(6)]))
        #expect(
            try LabelFile.read(path)
                == LabelMap(height: 2, width: 3, labels: [0, 1, 2, 10, 11, 12]))
        #expect(try LabelFile.size(path) == Size2D(height: 2, width: 3))
    }
}
