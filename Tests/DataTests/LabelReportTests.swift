import DenseKitVision
import TemporaryFolders
import Testing

@testable import DenseKitData

/// Masks in a folder, with what their numbers mean.
private struct Masks: Dataset {
    var classes = ClassList(names: ["ground", "road", "sky"])
    var table: LabelTable
    let files: PairedFolders
    /// Stays as long as the data set does.
    let folder: TemporaryFolder
    /// Images that cannot be read.
    var damaged: Set<Int> = []

    var count: Int { files.count }
    func maskPath(at index: Int) -> String? { files.paths(at: index).mask }
    func labels(at index: Int) throws -> LabelMap? { try files.labels(at: index, table: table) }
    func sample(at index: Int) throws -> DataSample {
        if damaged.contains(index) {
            throw DataError("\(index).png", "is damaged", kind: .unreadable)
        }
        return try files.sample(at: index, table: table)
    }

    /// - Parameter masks: the numbers of 2×2 pixels each
    init(
        _ masks: [[UInt16]], in folder: TemporaryFolder, ignored: [Int] = [255], first: Int = 0,
        palettes: [[RGBColor]] = []
    )
        throws
    {
        self.folder = folder
        table = LabelTable(classes: 3, first: first)
        for number in ignored { table.declare(number, as: nil) }
        for (index, mask) in masks.enumerated() {
            try ImageFile.writePNG(picture(2, 2), to: folder.file("images/\(index).png"))
            let kind = palettes.isEmpty ? PNG.Kind.gray : .palette(palettes[index])
            try mask.map { UInt8($0) }.withUnsafeBufferPointer {
                try PNG.write(
                    $0, size: Size2D(height: 2, width: 2), bitDepth: 8, kind: kind,
                    to: folder.file("masks/\(index).png"))
            }
        }
        files = try PairedFolders(
            images: folder.file("images"), masks: folder.file("masks"), imageSuffixes: [".png"],
            maskSuffix: ".png", layout: "")
    }
}

private func check(_ masks: Masks, _ part: DatasetReport.Part = .training, share: Double? = nil)
    -> DatasetReport
{
    var options = DatasetReport.Options()
    options.part = part
    options.skippedShare = share
    return DatasetReport.check(masks, options: options)
}

@Suite struct LabelReportTests {
    @Test func soundMasks() throws {
        let report = check(try Masks([[0, 1, 1, 255], [2, 2, 0, 0]], in: TemporaryFolder()))
        #expect(report.problems == [] && report.warnings == [] && report.ignoredShare == 0.125)
    }

    @Test func binaryMasksOfWhichOneNumberIsIgnored() throws {
        let masks = try Masks([[0, 255, 255, 255], [0, 0, 255, 255]], in: TemporaryFolder())
        let cause =
            "`ground` is the only one of 3 classes in the masks, 62.50 % of their pixels are ignored: the first 2 masks store 0 (`ground`, 37.50 %), "
            + "255 (ignored, 62.50 %). 0 and 255 are a binary mask, in which 255 is a class: read it as a Folder with two classes, "
            + "`map: {0: 0, 255: 1}` and `ignore: []`"
        #expect(check(masks).problems == ["nothing to train on: \(cause)"])
        #expect(check(masks, .validation).problems == ["nothing to measure: \(cause)"])
        #expect(check(masks).ignoredShare == 0.625)
    }

    @Test func everythingIgnored() throws {
        let problems = check(
            try Masks(
                [[255, 255, 255, 255], [7, 7, 7, 7]], in: TemporaryFolder(), ignored: [7, 255])
        ).problems
        #expect(
            problems == [
                "nothing to train on: every pixel of every mask is ignored: the first 2 masks store 7 (ignored, 50.00 %), 255 (ignored, 50.00 %). "
                    + "Where one of the ignored numbers is a class, take it out of `ignore`, or say in `map` which class it is"
            ])
    }

    /// Layouts in which 0 is no class, with masks in which it is the background.
    @Test func zeroTakenForNoClass() throws {
        let problems = check(
            try Masks([[0, 1, 1, 0]], in: TemporaryFolder(), ignored: [0], first: 1)
        ).problems
        #expect(
            problems.first?.contains(
                "the first mask stores 0 (ignored, 50.00 %), 1 (`ground`, 50.00 %). This data set takes 0 for no class"
            ) == true)
    }

    @Test func oneClassInAllMasksAndOneClassInAll() throws {
        var masks = try Masks([[1, 1, 1, 1]], in: TemporaryFolder())
        #expect(
            check(masks).problems == [
                "nothing to train on: `road` is the only one of 3 classes in the masks, 0.00 % of their pixels are ignored: the first mask stores 1 "
                    + "(`road`, 100.00 %). Take masks with two classes at least, or check how they were written"
            ])
        masks = try Masks([[0, 0, 255, 0]], in: TemporaryFolder())
        masks.classes = ClassList(names: ["road"])
        #expect(
            check(masks).problems == [
                "nothing to train on: there is one class, `road`. The softmax over a single class is always 1, so the loss is 0 and mIoU is 100 "
                    + "whatever a model does; list the background as a class too"
            ])
    }

    @Test func someMasksIgnoredAltogether() throws {
        let report = check(
            try Masks(
                [[255, 255, 255, 255], [0, 1, 2, 0], [255, 255, 255, 255]], in: TemporaryFolder()))
        #expect(report.problems == [])
        #expect(
            report.warnings == [
                "2 of 3 masks are ignored altogether, and nothing is trained on their images: 0.png and 2.png"
            ])
    }

    @Test func palettesThatContradictEachOther() throws {
        let red = RGBColor(255, 0, 0)
        let green = RGBColor(0, 255, 0)
        let blue = RGBColor(0, 0, 15)
        let folder = try TemporaryFolder()
        let masks = try Masks(
            [[0, 1, 1, 0], [0, 1, 2, 0], [0, 2, 2, 0]], in: folder,
            palettes: [[red, green, blue], [red, blue, green], [red, red, green]])
        let first = folder.file("masks/0.png")
        let second = folder.file("masks/1.png")
        #expect(
            check(masks).warnings == [
                "the palettes of 1 of 3 masks contradict those before them: index 1 is #00FF00 in \(first) and #00000F in \(second). Labels are the "
                    + "indices, whatever their colours: where a colour means a class, save all masks with one palette"
            ])
        // Entries that no pixel uses say nothing.
        let unused = try Masks(
            [[0, 1, 1, 0], [0, 1, 1, 0]], in: TemporaryFolder(),
            palettes: [[red, green], [red, green, blue]])
        #expect(check(unused).warnings == [])
        #expect(try LabelFile.palette(first) == [red, green, blue])
        #expect(try LabelFile.palette(folder.file("images/0.png")) == nil)
    }

    @Test func imagesThatTrainingSkips() throws {
        let folder = try TemporaryFolder()
        var masks = try Masks(Array(repeating: [0, 1, 1, 0], count: 8), in: folder)
        masks.damaged = [3]
        #expect(check(masks).problems == ["3.png: is damaged"])
        let report = check(masks, share: 0.1)
        #expect(
            report.problems == []
                && report.warnings == [
                    "3.png: is damaged: training skips it (data.bad_image: skip)"
                ])
        #expect(check(masks, .validation, share: 0.1).problems == ["3.png: is damaged"])
        masks.damaged = [1, 2, 3, 4]
        #expect(
            check(masks, share: 0.1).problems == [
                "4 of 8 images cannot be read: training stops where more than 0.1 of them are skipped (data.max_bad_share)"
            ])
        // Labels that contradict the data set are problems all the same.
        try folder.write("masks/0.png", [1])
        masks.damaged = []
        masks.table = LabelTable(classes: 1)
        #expect(check(masks, share: 1).problems.count { $0.contains("label 1 at (y 0, x 1)") } == 7)
    }

    /// A damaged mask cannot be read; one that is of another kind, another size, or gone
    /// contradicts its image.
    @Test func whatCountsAsUnreadable() throws {
        let folder = try TemporaryFolder()
        let masks = try Masks(Array(repeating: [0, 1, 1, 0], count: 5), in: folder)
        try folder.write("masks/0.png", Array("<html>".utf8))
        try ImageFile.writePNG(picture(2, 2), to: folder.file("masks/1.png"))
        try folder.write("images/2.png", [0x89, 0x50])
        try removeFile(folder.file("masks/3.png"))
        try removeFile(folder.file("images/4.png"))
        func kind(_ index: Int) -> DataError.Kind? {
            do {
                _ = try masks.sample(at: index)
                return nil
            } catch {
                return (error as? DataError)?.kind
            }
        }
        #expect(
            (0..<5).map(kind) == [
                .unreadable, .contradiction, .unreadable, .contradiction, .unreadable,
            ])
        #expect(
            message(in: folder) { _ = try masks.sample(at: 3) }
                == "masks/3.png: the mask is missing: no such file")
    }
}
