import DenseKitData
import DenseKitVision
import Foundation
import TemporaryFolders
import Testing

/// A mask in TIFF, field by field. (TIFF 6.0)
struct TIFFBytes {
    var isBigEndian = false
    var bits = 16
    var width: Int? = nil
    var height: Int? = nil
    var compression = 1
    var samples = 1
    var rowsPerStrip = 2
    var offset = 0

    private func number(_ value: Int, _ count: Int) -> [UInt8] {
        let little = (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        return isBigEndian ? little.reversed() : little
    }

    /// The header, the strips, the directory, and where there are several strips the list of their
    /// places.
    func callAsFunction(_ labels: LabelMap) -> [UInt8] {
        let rows = labels.labels.flatMap { number(Int($0), bits / 8) }
        let directory = 8 + rows.count
        let strips = (labels.height + rowsPerStrip - 1) / max(rowsPerStrip, 1)
        let places = (0..<strips).map { 8 + offset + $0 * rowsPerStrip * labels.width * bits / 8 }
        let list = directory + 2 + 7 * 12 + 4
        let entries: [(tag: Int, type: Int, count: Int, value: Int)] = [
            (256, 4, 1, width ?? labels.width), (257, 4, 1, height ?? labels.height),
            (258, 3, 1, bits), (259, 3, 1, compression),
            (273, 4, strips, strips == 1 ? places[0] : list), (277, 3, 1, samples),
            (278, 4, 1, rowsPerStrip),
        ]
        var bytes: [UInt8] =
            Array((isBigEndian ? "MM\0*" : "II*\0").utf8) + number(directory, 4) + rows
            + number(entries.count, 2)
        for (tag, type, count, value) in entries {
            bytes += number(tag, 2) + number(type, 2) + number(count, 4)
            bytes += type == 3 ? number(value, 2) + [0, 0] : number(value, 4)
        }
        return bytes + number(0, 4) + places.flatMap { number($0, 4) }
    }
}

@Suite struct TIFFTests {
    private let folder: TemporaryFolder
    private let labels = LabelMap(height: 3, width: 2, labels: [0, 1, 255, 256, 846, 65535])

    init() throws { folder = try TemporaryFolder() }

    @Test(
        "What Pillow writes, in 16 bits and in 8",
        arguments: [(16, [0, 1, 255, 256, 846, 65535]), (8, [0, 1, 255, 0, 78, 255])])
    func pillow(bits: Int, expected: [UInt16]) throws {
        let text =
            bits == 16
            ? "SUkqAAgAAAAJAAABBAABAAAAAwAAAAEBBAABAAAAAgAAAAIBAwABAAAAEAAAAAMBAwABAAAAAQAAAAYBAwABAAAAAQAAABEBBAABAAAAegAAABYBBAABAAAA"
                + "AgAAABcBBAABAAAADAAAABwBAwABAAAAAQAAAAAAAAAAAAEA/wAAAU4D//8="
            : "SUkqAAgAAAAJAAABBAABAAAAAwAAAAEBBAABAAAAAgAAAAIBAwABAAAACAAAAAMBAwABAAAAAQAAAAYBAwABAAAAAQAAABEBBAABAAAAegAAABYBBAABAAAA"
                + "AgAAABcBBAABAAAABgAAABwBAwABAAAAAQAAAAAAAAAAAf8ATv8="
        let bytes = Foundation.Data(base64Encoded: text)
        let path = try folder.write("a.tif", Array(#require(bytes)))
        #expect(try LabelFile.read(path) == LabelMap(height: 2, width: 3, labels: expected))
        #expect(try LabelFile.size(path) == Size2D(height: 2, width: 3))
    }

    @Test("Strips of any height, in either byte order", arguments: [1, 2, 3, 9], [false, true])
    func strips(rows: Int, isBigEndian: Bool) throws {
        let path = try folder.write(
            "a.png", TIFFBytes(isBigEndian: isBigEndian, rowsPerStrip: rows)(labels))
        #expect(try LabelFile.read(path) == labels)
        #expect(try LabelFile.size(path) == labels.size)
    }

    @Test func whatCannotBeReadSaysWhy() throws {
        let replace = "replace the file, or take it out of the data set"
        let kinds =
            "one of 8 or 16 bits in uncompressed strips is read; save the mask as a grey PNG"
        let cases: [(bytes: [UInt8], message: String)] = [
            (Array("II*\0".utf8), "the TIFF directory cannot be read; \(replace)"),
            (
                Array(TIFFBytes()(labels).prefix(60)),
                "the TIFF directory cannot be read; \(replace)"
            ),
            (
                TIFFBytes(compression: 5)(labels),
                "is a TIFF file of 1 samples of 16 bits a pixel, compressed; \(kinds)"
            ),
            (
                TIFFBytes(samples: 3)(labels),
                "is a TIFF file of 3 samples of 16 bits a pixel; \(kinds)"
            ),
            (
                TIFFBytes(bits: 32)(labels),
                "is a TIFF file of 1 samples of 32 bits a pixel; \(kinds)"
            ),
            (TIFFBytes(width: 0)(labels), "the header says 3×0 pixels"),
            (
                TIFFBytes(width: 1 << 31, height: 1 << 31)(labels),
                "the header says 2147483648×2147483648 pixels; at most 268435456 are read; "
                    + "scale the image down, or replace the file if it is damaged"
            ),
            (
                TIFFBytes(height: 1000)(labels),
                "the TIFF directory says 1000×2 pixels, more than 118 bytes hold; \(replace)"
            ),
            (
                TIFFBytes(offset: 100)(labels),
                "the TIFF directory says 3×2 pixels, more than 118 bytes hold; \(replace)"
            ),
            (
                TIFFBytes(width: 40)(labels),
                "the TIFF directory says 3×40 pixels, more than 118 bytes hold; \(replace)"
            ),
        ]
        for (bytes, expected) in cases {
            let path = try folder.write("a.tif", bytes)
            #expect(message(in: folder) { _ = try LabelFile.read(path) } == "a.tif: \(expected)")
        }
        let picture = try folder.write("b.tif", TIFFBytes()(labels))
        #expect(
            message(in: folder) { _ = try ImageFile.read(picture) }
                == "b.tif: is a TIFF file; convert it to JPEG or PNG")
    }
}
