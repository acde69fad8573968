import DenseKitData
import DenseKitVision
import Foundation
import TemporaryFolders
import Testing

/// What is written reads back; what cannot be read says why.
@Suite struct ImageFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func pngKeepsEveryPixel() throws {
        let path = folder.file("a.png")
        try ImageFile.writePNG(picture(13, 7), to: path)
        #expect(try ImageFile.read(path) == picture(13, 7))
        try ImageFile.writePNG(picture(2, 2), to: path)  // replaces
        #expect(try ImageFile.read(path) == picture(2, 2))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.png"])
    }

    @Test func jpegIsClose() throws {
        let path = folder.file("a.jpg")
        try ImageFile.writeJPEG(
            RGBImage(height: 40, width: 50, fill: RGBColor(200, 100, 50)), to: path, quality: 95)
        let image = try ImageFile.read(path)
        #expect(image.size == Size2D(height: 40, width: 50))
        #expect(
            zip(image.pixels, RGBImage(height: 40, width: 50, fill: RGBColor(200, 100, 50)).pixels)
                .allSatisfy {
                    abs(Int($0) - Int($1)) < 4
                })
    }

    @Test func labelsReadBack() throws {
        let classes = ClassList(names: ["a", "b", "c"])
        let labels = LabelMap(height: 2, width: 3, labels: [0, 1, 2, LabelMap.ignore, 1, 0])
        let path = folder.file("a.png")
        try LabelFile.write(labels, classes: classes, to: path)
        #expect(try LabelFile.read(path).labels == [0, 1, 2, 255, 1, 0])
        #expect(
            Array(try ImageFile.read(path).pixels.prefix(3)) == [
                classes.palette[0].red, classes.palette[0].green, classes.palette[0].blue,
            ])
        let many = ClassList(names: (0..<300).map { "class \($0)" })
        try LabelFile.write(
            LabelMap(height: 1, width: 3, labels: [299, 7, LabelMap.ignore]), classes: many,
            to: path)
        #expect(try LabelFile.read(path).labels == [299, 7, 65535])
    }

    @Test func aMissingEndMarkIsNoDamage() throws {
        let path = folder.file("a.jpg")
        try ImageFile.writeJPEG(picture(40, 40), to: path)
        let whole = try ImageFile.read(path)
        let bytes = [UInt8](try Foundation.Data(contentsOf: URL(filePath: path)))
        #expect(
            try ImageFile.readWithTraits(folder.write("b.jpg", bytes.dropLast(2))) == (whole, []))
        let half = try folder.write("c.jpg", Array(bytes.prefix(bytes.count * 3 / 4)))
        #expect(
            message(in: folder) { _ = try ImageFile.read(half) }
                == "c.jpg: the JPEG data is truncated or corrupt (Corrupt JPEG data: premature end of data segment); replace the file, or set truncated: accept in its data set; "
                + "data.bad_image: skip leaves it out of training"
        )
        let (image, traits) = try ImageFile.readWithTraits(
            half, policy: ImagePolicy(truncated: .accept))
        #expect(traits == .truncated)
        #expect(image.size == whole.size)
        #expect(image.pixels.prefix(40 * 3) == whole.pixels.prefix(40 * 3))
    }

    @Test func badFilesSayWhatTheyAre() throws {
        try ImageFile.writeJPEG(picture(20, 30), to: folder.file("good.jpg"))
        try ImageFile.writePNG(picture(20, 30), to: folder.file("good.png"))
        let jpeg = [UInt8](try Foundation.Data(contentsOf: URL(filePath: folder.file("good.jpg"))))
        let png = [UInt8](try Foundation.Data(contentsOf: URL(filePath: folder.file("good.png"))))
        var wide = png
        // 65536×65536, with a wrong checksum
        wide.replaceSubrange(16..<24, with: [0, 1, 0, 0, 0, 1, 0, 0])
        let cases: [(name: String, bytes: [UInt8]?, message: String)] = [
            ("none.jpg", nil, "none.jpg: no such file"),
            ("sub", nil, "sub: is a folder; a file was expected"),
            ("empty.jpg", [], "empty.jpg: the file is empty; copy or download it again"),
            (
                "text.jpg", Array("hello".utf8),
                "text.jpg: is neither a JPEG nor a PNG file; replace it, or take it out of the data set"
            ),
            (
                "web.jpg", Array("RIFF....WEBPVP8 ".utf8),
                "web.jpg: is a WebP file; convert it to JPEG or PNG"
            ),
            (
                "tif.png", Array("II*\0....".utf8),
                "tif.png: is a TIFF file; convert it to JPEG or PNG"
            ),
            (
                "head.jpg", Array(jpeg.prefix(12)),
                "head.jpg: the JPEG file holds no image; replace the file, or take it out of the data set"
            ),
            (
                "head.png", Array(png.prefix(20)),
                "head.png: the PNG header cannot be read (the file ends too early); replace the file, or take it out of the data set"
            ),
            (
                "cut.png", Array(png.prefix(png.count - 40)),
                "cut.png: the PNG data is truncated or corrupt (the file ends too early); replace the file, or take it out of the data set"
            ),
            (
                "crc.png", wide,
                "crc.png: the PNG header cannot be read (IHDR: CRC error); replace the file, or take it out of the data set"
            ),
        ]
        _ = folder.file("sub/x")
        for (name, bytes, expected) in cases {
            if let bytes { try folder.write(name, bytes) }
            #expect(
                message(in: folder) { _ = try ImageFile.read(folder.path + "/" + name) } == expected
            )
        }
    }

    @Test func theHeaderIsCheckedBeforeMemoryIsTaken() throws {
        try ImageFile.writeJPEG(picture(8, 8), to: folder.file("a.jpg"))
        var bytes = [UInt8](try Foundation.Data(contentsOf: URL(filePath: folder.file("a.jpg"))))
        let frame = try #require(
            bytes.indices.dropLast().first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
        bytes.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0xDC, 0xFF, 0xDC])
        let path = try folder.write("huge.jpg", bytes)
        #expect(
            message(in: folder) { _ = try ImageFile.read(path) }
                == "huge.jpg: the header says 65500×65500 pixels; at most 268435456 are read; scale the image down, or replace the file if it is damaged"
        )
        try ImageFile.writePNG(picture(100, 100), to: folder.file("a.png"))
        #expect(
            message(in: folder) {
                _ = try ImageFile.read(
                    folder.file("a.png"), policy: ImagePolicy(maximumPixels: 9999))
            }
                == "a.png: the header says 100×100 pixels; at most 9999 are read; scale the image down, or replace the file if it is damaged"
        )
    }

    @Test func badMasksSayWhatToDo() throws {
        try ImageFile.writePNG(picture(4, 4), to: folder.file("colour.png"))
        try ImageFile.writeJPEG(picture(4, 4), to: folder.file("mask.jpg"))
        let cases = [
            (
                "colour.png",
                "colour.png: is a colour image; labels are one number a pixel; save the mask as a grey or palette PNG whose numbers are the classes"
            ),
            (
                "mask.jpg",
                "mask.jpg: is a JPEG file, whose compression changes labels; save the mask as a grey or palette PNG"
            ),
        ]
        for (name, expected) in cases {
            #expect(
                message(in: folder) { _ = try LabelFile.read(folder.path + "/" + name) } == expected
            )
        }
        let tooLarge = LabelMap(height: 1, width: 2, labels: [0, 256])
        #expect(
            message(in: folder) {
                try LabelFile.write(
                    tooLarge, classes: ClassList(names: ["a"]), to: folder.file("x.png"))
            }
                == "x.png: label 256 at (y 0, x 1) does not fit in 8 bits")
    }

    @Test func writingWhereNothingCanBeWritten() throws {
        #expect(
            message(in: folder) {
                try ImageFile.writePNG(picture(2, 2), to: folder.path + "/none/a.png")
            }
                == "none/a.png: cannot be created (No such file or directory)")
        let empty = RGBImage(height: 0, width: 0)
        #expect(
            message(in: folder) { try ImageFile.writePNG(empty, to: folder.file("e.png")) }
                == "e.png: an image of 0×0 cannot be written as PNG (Invalid IHDR data)")
    }
}
