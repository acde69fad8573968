import DenseKitData
import DenseKitVision
import TemporaryFolders
import Testing

/// Lists of names, and the pictures and masks that they name.
@Suite struct NameListTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func read(_ text: String) throws -> NameList {
        try NameList(folder.write("list.txt", Array(text.utf8)), layout: "expected a list")
    }

    @Test func linesAreCounted() throws {
        let list = try read("b\r\n\n \ta c \nd")
        #expect(list.entries.map(\.name) == ["b", "a c", "d"])
        #expect(list.entries.map(\.line) == [1, 3, 4])
        #expect(list.path == folder.path + "/list.txt")
    }

    @Test func whatIsWrongIsNamed() {
        let cases = [
            ("", "list.txt: the file is empty; expected a list"),
            (" \r\n\t\n", "list.txt: names no images; expected a list"),
            ("a\nb\n\n b\n", "list.txt:4: names b again, first on line 2; keep one of the lines"),
        ]
        for (text, expected) in cases {
            #expect(message(in: folder) { _ = try read(text) } == expected)
        }
        #expect(
            message(in: folder) {
                _ = try NameList(folder.path + "/none.txt", layout: "expected a list")
            }
                == "none.txt: no such file; expected a list")
    }

    @Test func listedPictures() throws {
        for name in ["a", "b", "c"] {
            try folder.write("images/sub/\(name).jpg", [1])
            try folder.write("masks/sub/\(name)_m.png", [1])
        }
        func open(_ text: String, masks: String = "masks", others: [PairedFolders.OtherMasks] = [])
            throws -> PairedFolders
        {
            try PairedFolders(
                read(text), images: folder.path + "/images", masks: "\(folder.path)/\(masks)",
                imageSuffix: ".jpg",
                maskSuffix: "_m.png", others: others, layout: "expected this and that")
        }
        let files = try open("sub/c\nsub/a\n")
        #expect((files.count, files.warnings) == (2, []))
        #expect(files.paths(at: 0).image == folder.path + "/images/sub/c.jpg")
        #expect(files.paths(at: 1).mask == folder.path + "/masks/sub/a_m.png")
        try folder.write("images/sub/d.jpg", [1])
        try folder.write("masks/sub/d.mat", [1])
        let cases = [
            (
                "sub/a\n../images/sub/a\nsub/x\n",
                "list.txt:2: names ../images/sub/a, but there is no image images/../images/sub/a.jpg (2 of 3 names); "
                    + "a line holds one name, without folder and suffix; add the images, or take the lines out"
            ),
            (
                "sub/a\nsub/d\n",
                "list.txt:2: names sub/d, but there is no mask masks/sub/d_m.png (1 of 2 names); convert them"
            ),
        ]
        let arrays = PairedFolders.OtherMasks(suffix: ".mat", remedy: "convert them")
        for (text, expected) in cases {
            #expect(message(in: folder) { _ = try open(text, others: [arrays]) } == expected)
        }
        #expect(
            message(in: folder) { _ = try open("sub/a", masks: "none") }
                == "none: no such folder; expected this and that")
    }

    @Test(
        "Where incomplete samples are kept, every name without an image or a mask is told with its line"
    )
    func incompleteSamples() throws {
        for name in ["a", "b"] {
            try ImageFile.writePNG(picture(2, 2), to: folder.file("images/\(name).png"))
        }
        try LabelFile.write(
            LabelMap(height: 2, width: 2, fill: 0), classes: ClassList(names: ["a"]),
            to: folder.file("masks/a.png"))
        let files = try IncompleteSamples.keeping {
            try PairedFolders(
                read("a\nb\nc\na\n"), images: folder.path + "/images",
                masks: folder.path + "/masks", imageSuffix: ".png",
                maskSuffix: ".png", layout: "")
        }
        let table = LabelTable(classes: 1)
        #expect(try files.count == 4 && files.labels(at: 0, table: table) != nil)
        let faults = (1..<4).map { index in
            message(in: folder) { _ = try files.sample(at: index, table: table) }
        }
        #expect(
            faults == [
                "list.txt:2: names b, but there is no mask masks/b.png; add the masks, or take the lines out",
                "list.txt:3: names c, but there is no image images/c.png; it also names c, but there is no mask masks/c.png; a line holds one "
                    + "name, without folder and suffix; add the images, or take the lines out",
                "list.txt:4: names a again, first on line 1; keep one of the lines",
            ])
    }

    @Test(
        "Masks of another kind are no remark, and a way out where those that are read are missing")
    func otherMasks() throws {
        for name in ["a.jpg", "b.jpg"] { try folder.write("images/\(name)", [1]) }
        for name in ["a.png", "a_made.png", "b.png", "b_made.png", "lone.png", "lone_made.png"] {
            try folder.write("masks/\(name)", [1])
        }
        func open(_ suffix: String, other: String) throws -> PairedFolders {
            try PairedFolders(
                images: folder.path + "/images", masks: folder.path + "/masks",
                imageSuffixes: [".jpg"], maskSuffix: suffix,
                others: [PairedFolders.OtherMasks(suffix: other, remedy: "take the others")],
                layout: "")
        }
        #expect(
            try open(".png", other: "_made.png").warnings.map(\.path) == [
                folder.path + "/masks/lone.png"
            ])
        #expect(
            try open("_made.png", other: ".png").warnings.map(\.path) == [
                folder.path + "/masks/lone_made.png"
            ])
        try folder.write("images/c.jpg", [1])
        try folder.write("masks/c.png", [1])
        #expect(
            message(in: folder) { _ = try open("_made.png", other: ".png") }
                == "images/c.jpg: has no mask masks/c_made.png (1 of 3 images); take the others")
    }
}
