import DenseKitData
import DenseKitVision
import Foundation
import TemporaryFolders
import Testing

/// Folders of pictures and masks, and lists of classes.
@Suite struct FolderTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func add(
        _ name: String, height: Int = 3, width: Int = 4, label: UInt16 = 0, mask: Size2D? = nil
    ) throws {
        try ImageFile.writePNG(picture(height, width), to: folder.file("images/\(name).png"))
        let size = mask ?? Size2D(height: height, width: width)
        try LabelFile.write(
            LabelMap(height: size.height, width: size.width, fill: label),
            classes: ClassList(names: ["a", "b"]),
            to: folder.file("masks/\(name).png"))
    }

    private func open() throws -> PairedFolders {
        try PairedFolders(
            images: folder.path + "/images", masks: folder.path + "/masks",
            imageSuffixes: [".jpg", ".png"], maskSuffix: ".png",
            layout: "expected this and that")
    }

    @Test func samplesComeInTheOrderOfNames() throws {
        for name in ["b", "sub/c", "a"] { try add(name) }
        try folder.write("images/notes.txt", [1])
        try folder.write("masks/lone.png", [1])
        let files = try open()
        #expect(files.count == 3)
        #expect(
            (0..<3).map { files.paths(at: $0).image.dropFirst(folder.path.count) } == [
                "/images/a.png", "/images/b.png", "/images/sub/c.png",
            ])
        #expect(files.paths(at: 2).mask == folder.path + "/masks/sub/c.png")
        #expect(
            files.warnings.map(\.problem) == ["is a mask without an image in \(folder.path)/images"]
        )
        var sample = try files.sample(at: 2, table: LabelTable(classes: 2))
        #expect(sample.name == "sub/c.png")
        #expect(sample.labels == LabelMap(height: 3, width: 4, fill: 0))
        #expect(sample.image == picture(3, 4))
    }

    @Test func whatIsWrongIsNamed() throws {
        #expect(
            message(in: folder) { _ = try open() }
                == "images: no such folder; expected this and that")
        _ = folder.file("images/x")
        #expect(
            message(in: folder) { _ = try open() }
                == "images: has no images (.jpg, .png); expected this and that")
        try ImageFile.writePNG(picture(2, 2), to: folder.file("images/a.png"))
        #expect(
            message(in: folder) { _ = try open() }
                == "masks: no such folder; expected this and that")
        try add("b")
        #expect(
            message(in: folder) { _ = try open() }
                == "images/a.png: has no mask masks/a.png (1 of 2 images); add the masks, or take the images out of the folder"
        )
        try folder.write("images/b.JPG", [1])
        #expect(
            message(in: folder) { _ = try open() }
                == "images/b.png: belongs to the same mask as b.JPG: b.png; rename one of them, or name the suffix of the images"
        )
    }

    @Test(
        "Where incomplete samples are kept, reading each one says what is wrong with it, and the others are whole"
    )
    func incompleteSamples() throws {
        for name in ["a", "b", "c"] { try add(name) }
        for name in ["d", "e"] {
            try ImageFile.writePNG(picture(3, 4), to: folder.file("images/\(name).png"))
        }
        try folder.write("images/a.jpg", [1])
        try folder.write("masks/E.png", [1])
        try folder.write("masks/d.gif", [1])
        let files = try IncompleteSamples.keeping { try open() }
        #expect(files.count == 6)
        let table = LabelTable(classes: 2)
        let messages = (0..<6).map { index in
            do {
                _ = try files.sample(at: index, table: table)
                _ = try files.labels(at: index, table: table)
                return "whole"
            } catch {
                return "\(error)".replacing("\(folder.path)/", with: "")
            }
        }
        let suffix =
            "masks/d.gif is there: masks are PNG or TIFF, and mask_suffix: .gif names another suffix where the data set has that setting"
        #expect(
            messages.sorted()
                == [
                    "images/a.png: belongs to the same mask as a.jpg: a.png; rename one of them, or name the suffix of the images",
                    "images/d.png: has no mask masks/d.png; \(suffix)",
                    "images/e.png: has no mask masks/e.png; masks/E.png is there: upper and lower case count; rename one of the two",
                    messages[0], "whole", "whole",
                ].sorted())
        #expect(messages[0].hasPrefix("images/a.jpg: "))
        // Outside of it they are refused as ever.
        #expect(
            message(in: folder) { _ = try open() }.hasPrefix(
                "images/a.png: belongs to the same mask as a.jpg"))
    }

    @Test func masksAreChecked() throws {
        try add("a", label: 1)
        try add("b", mask: Size2D(height: 4, width: 3))
        let files = try open()
        #expect(
            message(in: folder) { _ = try files.sample(at: 0, table: LabelTable(classes: 1)) }
                == "masks/a.png: label 1 at (y 0, x 0); the data set declares 0; correct the mask, or say what the number means: classes, map or ignore"
        )
        #expect(
            message(in: folder) { _ = try files.sample(at: 1, table: LabelTable(classes: 1)) }
                == "masks/b.png: is 4×3, its image images/b.png is 3×4; masks are as large as images"
        )
    }

    @Test func labelTables() throws {
        var table = LabelTable(classes: 150)
        table.declare(255, as: nil)
        #expect(table.declared == "0…149 and 255")
        let raw = LabelMap(
            height: 13, width: 50,
            labels: (0..<650).map { $0 == 12 * 50 + 40 ? 151 : $0 % 2 == 0 ? 255 : 149 })
        #expect(
            message(in: folder) { _ = try table(raw, path: "X.png") }
                == "X.png: label 151 at (y 12, x 40); the data set declares 0…149 and 255; correct the mask, or say what the number means: classes, map or ignore"
        )
        table.declare(151, as: 3)
        #expect(try table(raw, path: "X.png").labels[12 * 50 + 40] == 3)
        #expect(try table(raw, path: "X.png").labels[0] == LabelMap.ignore)
        #expect(table.declared == "0…149, 151 and 255")
        var shifted = LabelTable(classes: 2, first: 1)
        #expect(
            try shifted(LabelMap(height: 1, width: 2, labels: [2, 1]), path: "").labels == [1, 0])
        shifted.undeclareAll()
        #expect(shifted.declared == "nothing")
    }

    @Test func classFiles() throws {
        let names = ["wall", "chest of drawers", "it's", "yes", "#1"]
        try ClassFile.write(names, to: folder.file("classes.yaml"))
        #expect(try ClassFile.read(folder.file("classes.yaml")) == names)
        let cases = [
            ("a: 1", "classes.yaml:1:1: expected a list, found a mapping"),
            ("[]", "classes.yaml: names no classes; write one `- name` a line"),
            ("- a\n- b\n- a", "classes.yaml: names class `a` twice"),
        ]
        for (text, expected) in cases {
            let path = try folder.write("classes.yaml", Array(text.utf8))
            #expect(message(in: folder) { _ = try ClassFile.read(path) } == expected)
        }
    }

    @Test func reports() throws {
        struct Three: Dataset {
            let files: PairedFolders
            let classes = ClassList(names: ["a", "b", "c"])
            var count: Int { files.count }
            var warnings: [DataError] { files.warnings }
            func sample(at index: Int) throws -> DataSample {
                var table = LabelTable(classes: 3)
                table.declare(255, as: nil)
                return try files.sample(at: index, table: table)
            }
        }
        try add("a", label: 1)
        try add("b", label: 7)
        try add("c", height: 2, width: 2, label: LabelMap.ignore)
        try add("d", label: 1)
        try folder.write("masks/lone.png", [1])
        for threads in [1, 3] {
            let report = DatasetReport.check(Three(files: try open()), threads: threads)
            #expect(report.readable == 3)
            #expect(report.pixels == [0, 24, 0])
            #expect(report.occurrences == [0, 2, 0])
            #expect(report.ignored == 4)
            #expect(
                report.sizes == [Size2D(height: 3, width: 4): 2, Size2D(height: 2, width: 2): 1])
            #expect(report.absentClasses(ClassList(names: ["a", "b", "c"])) == ["a", "c"])
            #expect(report.datasetWarnings.count == 1 && report.problems.count == 2)
            #expect(report.datasetWarnings[0].contains("lone.png: is a mask without an image"))
            #expect(
                report.problems[0].contains(
                    "b.png: label 7 at (y 0, x 0); the data set declares 0…2 and 255"))
            #expect(
                report.problems[1]
                    == "nothing to train on: `b` is the only one of 3 classes in the masks, 14.29 % of their pixels are ignored"
            )
            #expect(
                report.warnings == [
                    "1 of 3 masks are ignored altogether, and nothing is trained on their images: c.png"
                ])
        }
    }
}
