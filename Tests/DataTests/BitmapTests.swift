import DenseKitData
import DenseKitVision
import Foundation
import TemporaryFolders
import Testing

/// A Windows bitmap (BITMAPFILEHEADER and BITMAPINFOHEADER), byte by byte.
func bitmap(
    _ image: RGBImage, isTopDown: Bool = false, bits: Int = 24, compression: Int = 0,
    offset: Int = 54, width: Int? = nil,
    height: Int? = nil
) -> [UInt8] {
    func little(_ number: Int, _ count: Int = 4) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
    let padding = [UInt8](repeating: 0xEE, count: (4 - image.width * 3 % 4) % 4)
    let rows = (0..<image.height).map { y in
        (0..<image.width).flatMap { x in
            (0..<3).map { image.pixels[(y * image.width + x) * 3 + 2 - $0] }
        } + padding
    }
    let height = height ?? (isTopDown ? -image.height : image.height)
    let sizes =
        little(40) + little(width ?? image.width) + little(height) + little(1, 2) + little(bits, 2)
        + little(compression)
    return [0x42, 0x4D] + little(54 + rows.joined().count) + little(0) + little(offset) + sizes
        + [UInt8](repeating: 0, count: 20)
        + (isTopDown ? rows : rows.reversed()).joined()
}

@Suite struct BitmapTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(
        "Rows of any length, from the lowest up or from the top down, whatever the name ends in",
        arguments: 1...5)
    func pixels(width: Int) throws {
        for isTopDown in [false, true] {
            let path = try folder.write("a.png", bitmap(picture(3, width), isTopDown: isTopDown))
            #expect(try ImageFile.readWithTraits(path) == (picture(3, width), []))
            #expect(try ImageFile.size(path) == Size2D(height: 3, width: width))
        }
    }

    @Test func whatCannotBeReadSaysWhy() throws {
        let image = picture(2, 3)
        let whole = bitmap(image)
        let replace = "replace the file, or take it out of the data set"
        let cases: [(bytes: [UInt8], message: String)] = [
            (Array(whole.prefix(53)), "the BMP header cannot be read; \(replace)"),
            (
                bitmap(image, bits: 8),
                "is a BMP file of 8 bits a pixel; 24 uncompressed are read; convert it to JPEG or PNG"
            ),
            (
                bitmap(image, compression: 1),
                "is a BMP file of 24 bits a pixel, compressed; 24 uncompressed are read; convert it to JPEG or PNG"
            ),
            (
                Array(whole.dropLast()),
                "the header says 2×3 pixels from byte 54 on, more than 77 bytes hold; \(replace)"
            ),
            (
                bitmap(image, offset: -1),
                "the header says 2×3 pixels from byte 4294967295 on, more than 78 bytes hold; \(replace)"
            ),
            (
                bitmap(image, offset: 10),
                "the header says 2×3 pixels from byte 10 on, more than 78 bytes hold; \(replace)"
            ),
            (bitmap(image, width: -3), "the header says 2×-3 pixels"),
            (bitmap(image, height: 0), "the header says 0×3 pixels"),
            (
                bitmap(image, width: 1 << 30, height: -(1 << 31)),
                "the header says 2147483648×1073741824 pixels; at most 268435456 are read; "
                    + "scale the image down, or replace the file if it is damaged"
            ),
            (
                bitmap(image, width: 16384, height: 16384),
                "the header says 16384×16384 pixels from byte 54 on, more than 78 bytes hold; \(replace)"
            ),
        ]
        for (bytes, expected) in cases {
            let path = try folder.write("a.png", bytes)
            #expect(message(in: folder) { _ = try ImageFile.read(path) } == "a.png: \(expected)")
        }
        let mask = try folder.write("mask.png", whole)
        #expect(
            message(in: folder) { _ = try LabelFile.read(mask) }
                == "mask.png: is a BMP file; save the mask as a grey or palette PNG")
    }
}
