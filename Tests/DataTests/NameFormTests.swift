import DenseKitData
import Foundation
import Glibc
import TemporaryFolders
import Testing

/// Names whose bytes differ and that look the same, names in other letters, and files that systems
/// leave in folders.
@Suite struct NameFormTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let composed = "caf\u{E9}"
    private static let decomposed = "cafe\u{301}"

    /// Writes a file under a name of exactly these bytes.
    private func write(_ folderName: String, _ name: [UInt8]) throws {
        _ = folder.file(folderName + "/x")
        let path = Array((folder.path + "/\(folderName)/").utf8) + name + [0]
        let file = path.withUnsafeBytes {
            Glibc.open(
                $0.baseAddress!.assumingMemoryBound(to: CChar.self), O_CREAT | O_WRONLY, 0o644)
        }
        try #require(file >= 0)
        close(file)
    }

    private func write(_ folderName: String, _ name: String) throws {
        try write(folderName, Array(name.utf8))
    }

    private func open(maskSuffix: String = ".png") throws -> PairedFolders {
        try PairedFolders(
            images: folder.path + "/images", masks: folder.path + "/masks", imageSuffixes: [".jpg"],
            maskSuffix: maskSuffix,
            layout: "")
    }

    private func listed(_ name: String) throws -> PairedFolders {
        try PairedFolders(
            NameList(folder.write("list.txt", Array(name.utf8)), layout: ""),
            images: folder.path + "/images",
            masks: folder.path + "/masks", imageSuffix: ".jpg", maskSuffix: ".png", layout: "")
    }

    private func bytes(_ name: String) -> [UInt8] { Array(name.utf8) }

    @Test(
        "An image in one normal form has the mask in another, by itself and in a list",
        arguments: [true, false])
    func paired(isComposed: Bool) throws {
        let (image, mask) =
            isComposed ? (Self.composed, Self.decomposed) : (Self.decomposed, Self.composed)
        try write("images", image + ".jpg")
        try write("masks", mask + ".png")
        for files in try [open(), listed(image), listed(mask)] {
            #expect((files.count, files.warnings) == (1, []))
            #expect(bytes(files.paths(at: 0).image) == bytes(folder.path + "/images/\(image).jpg"))
            #expect(
                bytes(try #require(files.paths(at: 0).mask))
                    == bytes(folder.path + "/masks/\(mask).png"))
        }
    }

    @Test("Where both forms are there, each has its own")
    func both() throws {
        for name in [Self.composed, Self.decomposed] {
            try write("images", name + ".jpg")
            try write("masks", name + ".png")
        }
        let files = try open()
        #expect(files.count == 2 && files.warnings.isEmpty)
        #expect(
            bytes(files.paths(at: 0).image)
                == bytes(folder.path + "/images/\(Self.decomposed).jpg"), "in the order of bytes")
        for index in 0..<2 {
            let (image, mask) = files.paths(at: index)
            #expect(
                bytes(image).count == bytes(try #require(mask)).count + 1,
                "images/ and masks/, .jpg and .png: the same name between")
        }
    }

    @Test("What cannot be told apart is named with its bytes")
    func ambiguous() throws {
        // Two marks in either order are the same letter.
        let one = "e\u{323}\u{302}"
        let other = "e\u{302}\u{323}"
        let third = "\u{1EC7}"
        try write("images", one + ".jpg")
        try write("masks", other + ".png")
        try write("masks", third + ".png")
        let first = message(in: folder) { _ = try open() }
        #expect(
            first.hasPrefix(
                "images/\(one).jpg: (e\\xcc\\xa3\\xcc\\x82.jpg) has 2 masks in masks whose names differ in their bytes alone: "
            ))
        #expect(
            first.contains("(e\\xcc\\x82\\xcc\\xa3.png)") && first.contains("(\\xe1\\xbb\\x87.png)")
        )
        #expect(first.hasSuffix("; keep the one that belongs to it"))
        let second = message(in: folder) { _ = try listed(one) }
        #expect(
            second.hasPrefix(
                "list.txt:1: names \(one) (e\\xcc\\xa3\\xcc\\x82), and masks has 2 masks whose names differ"
            ))
    }

    @Test("Two images for one mask are named with their bytes")
    func twoPictures() throws {
        for name in [Self.composed, Self.decomposed] { try write("images", name + ".jpg") }
        try write("masks", Self.composed + ".png")
        let found = message(in: folder) { _ = try open() }
        #expect(found.hasPrefix("images: has two images for the mask masks/"))
        #expect(found.contains("(caf\\xc3\\xa9.jpg)") && found.contains("(cafe\\xcc\\x81.jpg)"))
    }

    @Test(
        "A name that is not UTF-8 is shown by its bytes, with how it is renamed",
        arguments: ["images", "masks"])
    func latin1(place: String) throws {
        try write("images", "a.jpg")
        try write("masks", "a.png")
        try write(
            place, Array("caf".utf8) + [0xE9] + Array((place == "images" ? ".JPG" : ".png").utf8))
        #expect(
            message(in: folder) { _ = try open() }
                == "\(place)/caf\\xe9\(place == "images" ? ".JPG" : ".png"): its name is not UTF-8 (1 such file); rename such files, as "
                + "`convmv -f latin1 -t utf8 -r --notest \(place)` does for Western European names")
        if place == "images" {
            let inFolder = Array((folder.path + "/images/r").utf8) + [0xE4, 0]
            inFolder.withUnsafeBytes {
                _ = mkdir($0.baseAddress!.assumingMemoryBound(to: CChar.self), 0o755)
            }
            #expect(
                message(in: folder) { _ = try open() }.hasPrefix(
                    "images/caf\\xe9.JPG: its name is not UTF-8 (2 such files); "))
        }
        if place == "masks" {
            try write("images", "caf\u{E9}.jpg")
            #expect(
                message(in: folder) { _ = try listed("caf\u{E9}") }.hasSuffix(
                    "(1 of 1 names); masks has names that are not UTF-8, such as caf\\xe9.png: rename such files, as "
                        + "`convmv -f latin1 -t utf8 -r --notest masks` does for Western European names"
                ))
        }
    }

    @Test("A mask in other letters or with another suffix is a hint")
    func hints() throws {
        try write("images", "a.jpg")
        let start = "images/a.jpg: has no mask masks/a.png (1 of 1 images); "
        let cases = [
            (
                "a.PNG",
                "masks/a.PNG is there: rename the masks, or set mask_suffix: .PNG where the data set has that setting"
            ),
            ("A.png", "masks/A.png is there: upper and lower case count; rename one of the two"),
            (
                "a.tif",
                "masks/a.tif is there: masks are PNG or TIFF, and mask_suffix: .tif names another suffix where the data set has "
                    + "that setting"
            ),
            ("b.png", "add the masks, or take the images out of the folder"),
        ]
        for (mask, hint) in cases {
            try write("masks", mask)
            #expect(message(in: folder) { _ = try open() } == start + hint)
            try FileManager.default.removeItem(atPath: folder.path + "/masks/\(mask)")
        }
        try write("masks", "a.PNG")
        #expect(try open(maskSuffix: ".PNG").count == 1)
        #expect(
            message(in: folder) { _ = try listed("A") }
                == "list.txt:1: names A, but there is no image images/A.jpg (1 of 1 names); images/a.jpg is there: upper and lower "
                + "case count; rename it")
    }

    @Test("What macOS and Windows leave in folders is skipped, with one sentence for each folder")
    func leftBehind() throws {
        for name in [
            "a.jpg", "._a.jpg", ".DS_Store", "Thumbs.db", "sub/._b.jpg", ".hidden/c.jpg",
            ".gitkeep",
        ] {
            try folder.write("images/" + name, [1])
        }
        for name in ["a.png", "._a.png"] { try folder.write("masks/" + name, [1]) }
        let files = try open()
        #expect(files.count == 1)
        #expect(
            files.warnings.map { $0.description.replacing(folder.path + "/", with: "") } == [
                "images: holds hidden files, or files that macOS and Windows leave in folders: 5, the first of them .DS_Store; they are skipped",
                "masks: holds hidden files, or files that macOS and Windows leave in folders: 1, the first of them ._a.png; they are skipped",
            ])
        let apple = try folder.write("._x.jpg", [0, 5, 0x16, 7, 0, 2, 0, 0])
        #expect(
            message(in: folder) { _ = try ImageFile.read(apple) }
                == "._x.jpg: is no image: macOS leaves such files (AppleDouble) beside one of the name without ._; delete it"
        )
        let pointer = try folder.write(
            "y.jpg",
            Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n".utf8))
        #expect(
            message(in: folder) { _ = try ImageFile.read(pointer) }
                == "y.jpg: is a pointer of Git LFS, not the image; `git lfs pull` fetches it")
    }

    @Test(
        "Files by the names of annotations: their bytes, else their normal form, else what is there instead"
    )
    func named() throws {
        let name = "sub/\(Self.decomposed).jpg"
        for file in ["images/" + name, "images/b.JPG", "images/c d.jpg", "other/e.jpg"] {
            try folder.write(file, [1])
        }
        let files = NamedFiles(folder.path + "/images")
        #expect(
            try bytes(files.path("b.JPG", namedBy: "j")) == bytes(folder.path + "/images/b.JPG"))
        #expect(
            try bytes(files.path("sub/\(Self.composed).jpg", namedBy: "j"))
                == bytes(folder.path + "/images/" + name))
        let cases = [
            (
                "sub\\x.jpg",
                "its file_name has backslashes, as Windows writes paths: write / in place of \\ in the file of annotations"
            ),
            (
                "sub\\\(Self.decomposed).jpg",
                "its file_name has backslashes, as Windows writes paths: write / in place of \\ in the file of annotations, as in \(name), "
                    + "which is there"
            ),
            ("b.jpg", "images/b.JPG is there: upper and lower case count"),
            ("far/b.JPG", "images/b.JPG is there: take the folders out of file_name"),
            (
                "other/e.jpg",
                "other/e.jpg is there: set images to the folder that file_name starts from"
            ),
            (
                "c%20d.jpg",
                "images/c d.jpg is there: file_name is written as in a web address; write the name itself"
            ),
            ("/data/x.jpg", "its file_name is a whole path: write it as it lies below images"),
            ("x.jpg", "add the image, or take it out of j.json"),
        ]
        for (name, hint) in cases {
            let found = message(in: folder) { _ = try files.path(name, namedBy: "j.json") }
            #expect(found == "images/\(name): no such file; " + hint)
        }
    }
}
