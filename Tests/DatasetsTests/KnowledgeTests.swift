import DenseKitConfiguration
import DenseKitData
import DenseKitVision
import Foundation
import Testing

@testable import DenseKitDatasets

/// What settings say of a data set whose files are not there.
@Suite struct KnowledgeTests {
    private static let sets: [(type: any DatasetSettings.Type, classes: ClassList)] = [
        (ADE20K.Configuration.self, ADE20K.benchmark),
        (ADE20KFull.Configuration.self, ADE20KFull.benchmark),
        (COCODetection.Configuration.self, COCODetection.benchmark),
        (COCOStuff10k.Configuration.self, COCOStuff.benchmark),
        (COCOStuff164k.Configuration.self, COCOStuff.benchmark),
        (Cityscapes.Configuration.self, Cityscapes.benchmark),
        (PascalContext.Configuration.self, PascalContext.benchmark),
        (PascalContext59.Configuration.self, PascalContext59.benchmark),
        (PascalVOC.Configuration.self, PascalVOC.benchmark),
        (ISAID.Configuration.self, ISAID.benchmark),
    ]

    @Test("A named data set knows its classes without its files", arguments: sets.indices)
    func named(index: Int) throws {
        let (type, classes) = Self.sets[index]
        func settings<Settings: DatasetSettings>(_ type: Settings.Type, _ yaml: String) throws
            -> Settings
        {
            try Settings.decode(yaml: yaml)
        }
        let plain = try settings(type, "root: /nowhere")
        #expect(try plain.knownClasses() == classes)
        #expect(plain.imagePolicy == ImagePolicy())
        let turned = try settings(type, "{root: /nowhere, exif: ignore, truncated: accept}")
        #expect(turned.imagePolicy == ImagePolicy(exif: .ignore, truncated: .accept))
    }

    @Test("Settings that name classes say them; a file of the root counts where it is")
    func names() throws {
        let tree = try Tree()
        #expect(
            try FolderDataset.Configuration.decode(yaml: "classes: [sky, sea]").knownClasses()
                == ClassList(names: ["sky", "sea"]))
        #expect(
            tree.message { _ = try FolderDataset.Configuration().knownClasses() }
                == "Folder: classes: expected the names of the classes, or a YAML file that lists them; found none"
        )
        var own = ADE20K.Configuration()
        own.root = tree.path
        #expect(try own.knownClasses() == ADE20K.benchmark)
        try ClassFile.write(["p", "q"], to: tree.file("classes.yaml"))
        #expect(try own.knownClasses()?.names == ["p", "q"])
        own.classes = .names(["r\u{A0}", "s"])
        #expect(try own.knownClasses()?.names == ["r", "s"])
        let cats = try COCODetection.Configuration.decode(yaml: "classes: [cat, unicorn]")
            .knownClasses()
        #expect(
            cats?.palette[0] == COCODetection.benchmark.palette[15]
                && cats?.names == ["cat", "unicorn"])
    }

    @Test("~ stands for the home folder in every path of a data set")
    func home() throws {
        let home = FilePaths.expanded("~")
        try #require(home.hasPrefix("/"))
        let place = "no-folder-\(UUID())"
        let opens: [(name: String, open: (String) throws -> any Dataset)] = [
            ("ADE20K", { path in try ADE20K(settings(.init()) { $0.root = path }) }),
            (
                "PascalVOC",
                { path in
                    try PascalVOC(settings(.init()) { ($0.root, $0.split) = (path, .trainaug) })
                }
            ),
            (
                "COCODetection",
                { path in
                    try COCODetection(
                        COCODetection.Configuration.decode(
                            yaml: "{root: \(path), annotations: a.json}"))
                }
            ),
            (
                "COCODetection annotations",
                { path in
                    try COCODetection(
                        COCODetection.Configuration.decode(yaml: "{annotations: \(path)}"))
                }
            ),
            (
                "Folder",
                { path in
                    try FolderDataset(
                        FolderDataset.Configuration.decode(yaml: "{root: \(path), classes: [a]}"))
                }
            ),
            (
                "Folder images",
                { path in
                    try FolderDataset(
                        FolderDataset.Configuration.decode(
                            yaml: "{root: x, images: \(path), classes: [a]}"))
                }
            ),
            (
                "classes",
                { path in
                    try FolderDataset(FolderDataset.Configuration.decode(yaml: "classes: \(path)"))
                }
            ),
        ]
        for (name, open) in opens {
            let error = try #require(throws: DataError.self, "\(name)") {
                _ = try open("~/" + place)
            }
            #expect(error.path.hasPrefix("\(home)/\(place)"), "\(name): \(error)")
            #expect(!error.description.contains("~"), "\(name): \(error)")
        }
    }
}
