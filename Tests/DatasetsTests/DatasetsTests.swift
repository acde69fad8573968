import DenseKitConfiguration
import DenseKitData
import DenseKitDatasets
import DenseKitVision
import Testing

@Suite struct ADE20KTests {
    let tree: Tree

    init() throws { tree = try Tree() }

    private func configuration(_ split: ADE20K.Split = .training) -> ADE20K.Configuration {
        var configuration = ADE20K.Configuration()
        configuration.root = tree.path
        configuration.split = split
        return configuration
    }

    @Test func numbersAreShifted() throws {
        try tree.image("images/training/a.jpg")
        try tree.mask("annotations/training/a.png", [0, 1, 2, 150, LabelMap.ignore, 0])
        let data = try ADE20K(configuration())
        #expect(data.count == 1)
        #expect(data.classes == ADE20K.benchmark)
        var sample = try data.sample(at: 0)
        #expect(sample.name == "a.jpg" && data.name(at: 0) == "a.jpg")
        #expect(sample.labels?.labels == [65535, 0, 1, 149, 65535, 65535])
        #expect(sample.size == Size2D(height: 2, width: 3))
    }

    @Test func theBenchmarksClasses() {
        let classes = ADE20K.benchmark
        #expect(classes.count == 150)
        #expect(Set(classes.names).count == 150)
        #expect(
            [classes.names[0], classes.names[7], classes.names[44], classes.names[149]] == [
                "wall", "bed", "chest of drawers", "flag",
            ])
        #expect(classes.palette[0] == RGBColor(120, 120, 120))
        #expect(classes.palette[149] == RGBColor(92, 0, 255))
    }

    @Test func classesOfItsOwn() throws {
        try tree.image("images/validation/a.jpg")
        try tree.mask("annotations/validation/a.png", [0, 1, 2, 3, 1, 1])
        try ClassFile.write(["sky", "sea"], to: tree.file("classes.yaml"))
        let data = try ADE20K(configuration(.validation))
        #expect(data.classes.names == ["sky", "sea"])
        #expect(
            tree.message { _ = try data.sample(at: 0) }
                == "ROOT/annotations/validation/a.png: label 3 at (y 1, x 0); the data set declares 0…2 and 255; correct the mask, or say what the number means: classes, map or ignore"
        )
        var own = configuration(.validation)
        own.classes = .names(["a", "b", "c"])
        let third = try ADE20K(own)
        var sample = try third.sample(at: 0)
        #expect(sample.labels?.labels == [65535, 0, 1, 2, 0, 0])
    }

    @Test func missingFoldersShowTheLayout() throws {
        var lost = configuration()
        lost.root = tree.path + "/nowhere"
        #expect(
            tree.message { _ = try ADE20K(lost) }
                == "ROOT/nowhere: no such folder; expected ROOT/nowhere/images/training/*.jpg and ROOT/nowhere/annotations/training/*.png; set root to where the data is"
        )
        #expect(
            tree.message { _ = try ADE20K(configuration()) }
                == "ROOT/images/training: no such folder; expected ROOT/images/training/*.jpg and ROOT/annotations/training/*.png; set root to where the data is"
        )
    }
}

@Suite struct FolderDatasetTests {
    let tree: Tree

    init() throws {
        tree = try Tree()
        try tree.image("images/a.jpg")
        try tree.image("images/b.png")
        try tree.mask("masks/a.png", [0, 1, 2, 0, 1, LabelMap.ignore])
        try tree.mask("masks/b.png", [2, 2, 2, 2, 2, 2])
    }

    private func configuration(_ change: (inout FolderDataset.Configuration) -> Void = { _ in })
        -> FolderDataset.Configuration
    {
        var configuration = FolderDataset.Configuration()
        configuration.root = tree.path
        configuration.classes = .names(["a", "b", "c"])
        change(&configuration)
        return configuration
    }

    @Test func numbersAreClasses() throws {
        let data = try FolderDataset(configuration())
        #expect(data.count == 2)
        #expect(data.classes.names == ["a", "b", "c"])
        var sample = try data.sample(at: 0)
        #expect(sample.labels?.labels == [0, 1, 2, 0, 1, 65535])
        #expect(data.name(at: 0) == sample.name)
        #expect(data.warnings.isEmpty)
    }

    @Test func numbersCanBeMapped() throws {
        let data = try FolderDataset(
            configuration {
                $0.map = [0: 2, 1: 0]; $0.ignore = [2, 255]
            })
        var sample = try data.sample(at: 0)
        #expect(sample.labels?.labels == [2, 0, 65535, 2, 0, 65535])
        let strict = try FolderDataset(configuration { $0.map = [0: 2, 1: 0] })
        #expect(
            tree.message { _ = try strict.sample(at: 0) }.hasPrefix(
                "ROOT/masks/a.png: label 2 at (y 0, x 2); the data set declares 0…1 and 255"))
    }

    @Test(
        "With one mask of 16 bits among the first, or numbers that 8 bits hold, many classes are well"
    )
    func manyClasses() throws {
        let many = (0..<256).map { "c\($0)" }
        #expect(
            try FolderDataset(configuration { ($0.classes, $0.ignore) = (.names(many), []) })
                .classes.count
                == 256)
        try tree.wideMask("masks/b.png", [300, 300, 300, 300, 300, none])
        let data = try FolderDataset(
            configuration {
                $0.classes = .names(many + (256..<301).map { "c\($0)" })
                $0.ignore = [65535]
            })
        #expect(try data.labels(1) == [300, 300, 300, 300, 300, none])
        #expect(data.warnings.isEmpty)
    }

    @Test("A class that no number means is a remark")
    func unmapped() throws {
        let data = try FolderDataset(configuration { $0.map = [0: 0, 1: 1, 2: 1] })
        #expect(
            data.warnings.map { "\($0)".replacing(tree.path, with: "ROOT") } == [
                "ROOT/masks: no number of the masks means `c`; name one in map, or take the class out"
            ])
    }

    @Test("What is wrong in a list of classes or a map is told where it stands")
    func settingsInYAML() {
        let cases = [
            (
                "classes: [ground, null]",
                "a.yaml:1:19: classes.1: expected a string, found null; write '' for the empty string, 'null' for the word"
            ),
            ("classes: {0: a}", "a.yaml:1:10: classes: expected a string, found a mapping"),
            (
                "map: {1:0}",
                "a.yaml:1:7: map: expected an integer before the colon, found '1:0'; write a space after the colon: {1: 0}"
            ),
            ("map: [1, 0]", "a.yaml:1:6: map: expected a mapping, found a list"),
            ("map: {1: }", "a.yaml:1:10: map.1: expected an integer, found null"),
        ]
        for (text, expected) in cases {
            #expect(
                tree.message {
                    _ = try FolderDataset.Configuration.decode(yaml: text, file: "a.yaml")
                }
                    == expected)
        }
    }

    @Test func classesFromAFile() throws {
        try ClassFile.write(["p", "q", "r"], to: tree.file("names.yaml"))
        #expect(
            try FolderDataset(configuration { $0.classes = .file(tree.file("names.yaml")) }).classes
                .names
                == ["p", "q", "r"])
    }

    @Test func settingsAreChecked() {
        let cases: [(change: (inout FolderDataset.Configuration) -> Void, message: String)] = [
            (
                { $0.classes = .names([]) },
                "Folder: classes: expected the names of the classes, or a YAML file that lists them; found none"
            ),
            ({ $0.classes = .names(["a", "b", "a"]) }, "Folder: classes: names class `a` twice"),
            ({ $0.classes = .file("none.yaml") }, "none.yaml: no such file"),
            (
                { $0.classes = .file("sky, sea") },
                "Folder: classes: 'sky, sea' is no file: a list of names is written in brackets, [sky, sea]"
            ),
            ({ $0.ignore = [70000] }, "Folder: ignore: expected numbers of 0…65535, found 70000"),
            (
                { $0.map = [3: 3] },
                "Folder: map: expected numbers of 0…65535 and classes of 0…2, found 3: 3"
            ),
            (
                { $0.ignore = [1, 255] },
                "Folder: ignore: 1 is the number of class 1, `b`, which would never occur: take it out of ignore, or the class out of classes "
                    + "and give the others their numbers with map"
            ),
            (
                { ($0.map, $0.ignore) = ([7: 0, 255: 2], [255]) },
                "Folder: ignore: 255 is the number of class 2, `c`, which would never occur: take it out of ignore or out of map"
            ),
            (
                { $0.classes = .names((0..<256).map { "c\($0)" }) },
                "Folder: ignore: 255 is the number of class 255, `c255`, which would never occur: with 256 classes, write masks of 16 bits, "
                    + "and ignore: [65535] or [] for no class"
            ),
            (
                { ($0.classes, $0.ignore) = (.names((0..<258).map { "c\($0)" }), [65535]) },
                "ROOT/masks: its masks have 8 bits, whose numbers end at 255: 2 of 258 classes have higher numbers, 256 (`c256`) to 257 (`c257`), "
                    + "and would never occur; save the masks as PNG of 16 bits, or list the classes that they have"
            ),
            (
                { ($0.map, $0.ignore) = ([0: 0, 1: 1, 300: 2], []) },
                "ROOT/masks: its masks have 8 bits, whose numbers end at 255: 1 of 3 classes have higher numbers, 300 (`c`), and would never "
                    + "occur; save the masks as PNG of 16 bits, or list the classes that they have"
            ),
            (
                { $0.masks = "labels" },
                "ROOT/labels: no such folder; expected images in ROOT/images and masks of the same names in ROOT/labels"
            ),
            (
                { $0.imageSuffixes = [".tif"] },
                "ROOT/images: has no images (.tif), only such files as a.jpg; expected images in ROOT/images and masks of the same names in ROOT/masks"
            ),
        ]
        for (change, message) in cases {
            #expect(tree.message { _ = try FolderDataset(configuration(change)) } == message)
        }
    }

    @Test func colourMasksAreRefused() throws {
        try tree.image("masks/b.png")
        let data = try FolderDataset(configuration())
        #expect(
            tree.message { _ = try data.sample(at: 1) }
                == "ROOT/masks/b.png: is a colour image; labels are one number a pixel; save the mask as a grey or palette PNG whose numbers are the classes"
        )
    }
}

/// Settings as YAML writes them.
@Suite struct DatasetSettingsTests {
    @Test func yaml() throws {
        let folder = try FolderDataset.Configuration.decode(
            yaml:
                "{classes: [sky, sea], image_suffixes: [.jpg], ignore: [0, 255], map: {1: 0, 7: 1}, exif: ignore, truncated: accept}"
        )
        #expect(folder.classes == .names(["sky", "sea"]))
        #expect(folder.map == [1: 0, 7: 1])
        #expect(folder.ignore == [0, 255])
        #expect((folder.exif, folder.truncated) == (.ignore, .accept))
        #expect(folder.maskSuffix == ".png")
        let ade = try ADE20K.Configuration.decode(
            yaml: "{root: /data, split: validation, classes: names.yaml}")
        #expect((ade.root, ade.split, ade.classes) == ("/data", .validation, .file("names.yaml")))
        #expect(throws: (any Error).self) {
            try ADE20K.Configuration.decode(yaml: "{split: testing}")
        }
    }

    @Test func layouts() throws {
        let streets = try Cityscapes.Configuration.decode(
            yaml: "{root: /data, split: val, labels: ids, exif: ignore}")
        #expect(
            (streets.root, streets.split, streets.labels, streets.exif) == (
                "/data", .val, .ids, .ignore
            ))
        #expect(
            try COCOStuff164k.Configuration.decode(yaml: "labels: train_ids").labels == .trainIDs)
        #expect(try PascalVOC.Configuration.decode(yaml: "split: trainaug").split == .trainaug)
        #expect(throws: (any Error).self) {
            try COCOStuff10k.Configuration.decode(yaml: "labels: ids")
        }
    }
}
