import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

@testable import DenseKitCommandLine

private func names(_ folder: URL) throws -> [String] {
    let found =
        FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return found.filter { $0.hasSuffix(".png") }.sorted()
}

/// A JPEG file whose EXIF data says orientation 6.
private func turned(_ jpeg: Data) -> Data {
    let tiff: [UInt8] =
        Array("MM".utf8) + [
            0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0,
        ]
    let segment = Array("Exif\0\0".utf8) + tiff
    return jpeg.prefix(2) + [0xFF, 0xE1, 0, UInt8(segment.count + 2)] + segment + jpeg.dropFirst(2)
}

@Suite("Files and names on the command line", .serialized) struct FileNameTests {
    /// Arguments and options whose texts are no paths.
    private static let words: Set = [
        "cfgOptions", "classes", "device", "filter", "heatmap", "ignore", "master", "name",
        "only", "overrides", "sweepRun", "table",
        "ReproduceCommand.swift weights",  // CONFIGURATION=PATH
    ]

    @Test(
        "Every argument and option that takes a text takes a word, or a path in which ~ is expanded"
    )
    func paths() throws {
        let folder = packageFolder.appending(path: "Sources/CommandLine")
        var paths = 0
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        where file.hasSuffix(".swift") {
            let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            let wrapper =
                /@(?:Option|Argument)\((?<settings>[\s\S]*?)\)\s+var (?<name>\w+)(?<type>: \[?String\]?\??| = ")/
            for match in text.matches(of: wrapper) {
                // The wrapper before may be of another type: only what follows the last one belongs
                // to this variable.
                let settings = match.settings.components(separatedBy: "@Option(").last ?? ""
                guard
                    !settings.contains("@Argument(")
                        || settings.contains("transform: FilePaths.expanded")
                else { continue }
                let name = String(match.name)
                if settings.contains("transform: FilePaths.expanded") {
                    paths += 1
                } else {
                    #expect(
                        Self.words.contains(name) || Self.words.contains("\(file) \(name)"),
                        "\(file): \(name)")
                }
            }
        }
        #expect(paths > 30)
    }

    @Test(
        "~ in work_dir, in the data's root and after the = of an option leads to the home folder, for a whole run"
    )
    func home() throws {
        try withRun { folder in
            let home = ["HOME": folder.path]
            func run(_ arguments: String...) throws -> ProcessResult {
                try runDensekit(
                    arguments, in: folder.appending(path: "elsewhere"), environment: home)
            }
            try FileManager.default.createDirectory(
                at: folder.appending(path: "elsewhere"), withIntermediateDirectories: true)
            let file = folder.appending(path: "run.yaml")
            let text = try String(contentsOf: file, encoding: .utf8).replacing(
                "root: data", with: "root: ~/data")
            try Data((text + "\nwork_dir: ~/runs/a\n").utf8).write(to: file)
            let train = try run("train", "~/run.yaml", "--set", "train.iterations=2")
            #expect(train.status == 0, "\(train.errors)")
            #expect(
                train.output.contains("\(folder.path)/runs/a/best_mIoU_iter_2"), "\(train.output)")
            let test = try run(
                "test", "~/run.yaml", "~/runs/a/iter_2", "--out=~/scores.json", "--show-dir=~/shown"
            )
            #expect(test.status == 0, "\(test.errors)")
            #expect(FileManager.default.fileExists(atPath: folder.path + "/scores.json"))
            let infer = try run(
                "infer", "~/run.yaml", "~/runs/a/iter_2", "~/data/images/validation/*.jpg",
                "--out-dir=~/out")
            #expect(infer.status == 0, "\(infer.errors)")
            #expect(try names(folder.appending(path: "out/vis")) == ["4.png", "5.png"])
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.path + "/elsewhere")
                    .isEmpty)
            let lost = try run("test", "~/run.yaml", "~/runs/a/iter_2", "--out=~/no/scores.json")
            #expect(
                lost.status == 1
                    && lost.errors
                        == "error: \(folder.path)/no/scores.json: cannot be created (No such file or directory). Check the path.\n",
                "\(lost.errors)")
            try pictures(folder, home)
            try folders(folder, home)
        }
    }

    /// `infer` reads an image as `test` does, by the settings of the validation data, else of the
    /// training data.
    private func pictures(_ folder: URL, _ home: [String: String]) throws {
        let input = folder.appending(path: "input")
        try FileManager.default.createDirectory(at: input, withIntermediateDirectories: true)
        let plain = input.appending(path: "a.jpg")
        let noise = (0..<64 * 96 * 3).map { UInt8(truncatingIfNeeded: $0 * $0 % 251) }
        try ImageFile.writeJPEG(RGBImage(height: 64, width: 96, pixels: noise), to: plain.path)
        try turned(try Data(contentsOf: plain)).write(to: plain)
        for name in ["._a.jpg", "Thumbs.db"] {
            try Data([0, 5, 0x16, 7]).write(to: input.appending(path: name))
        }
        func infer(_ settings: String...) throws -> (result: ProcessResult, size: Size2D?) {
            let out = "out-\(UUID())"
            let arguments =
                ["infer", "run.yaml", "runs/a/iter_2", "input", "--out-dir", out]
                + settings.flatMap { ["--set", $0] }
            let result = try runDensekit(arguments, in: folder, environment: home)
            return (result, try? LabelFile.size(folder.appending(path: "\(out)/pred/a.png").path))
        }
        let stored = Size2D(height: 64, width: 96)
        let upright = Size2D(height: 96, width: 64)
        let first = try infer()
        #expect(first.size == upright, "\(first.result.errors)")
        #expect(
            first.result.errors
                == "warning: input: holds hidden files, or files that macOS and Windows leave in folders: 2, the first of them "
                + "._a.jpg; they are skipped\n")
        #expect(try infer("data.val.exif=ignore").size == stored)
        #expect(try infer("data.val=null", "data.train.exif=ignore").size == stored)
        #expect(try infer("data.train.exif=ignore").size == upright)
        let whole = try Data(contentsOf: plain)
        try whole.prefix(whole.count * 3 / 4).write(to: plain)
        let refused = try infer()
        #expect(refused.result.status == 1 && refused.size == nil)
        #expect(
            refused.result.errors.contains("set truncated: accept in its data set"),
            "\(refused.result.errors)")
        #expect(try infer("data.val.truncated=accept").size == upright)
    }

    /// Pictures of equal names in different folders stay apart.
    private func folders(_ folder: URL, _ home: [String: String]) throws {
        for kind in ["images", "annotations"] {
            let place = folder.appending(path: "data/\(kind)/validation")
            let suffix = kind == "images" ? "jpg" : "png"
            for (name, part) in [("4", "a"), ("5", "b")] {
                try FileManager.default.createDirectory(
                    at: place.appending(path: part), withIntermediateDirectories: true)
                try FileManager.default.moveItem(
                    at: place.appending(path: "\(name).\(suffix)"),
                    to: place.appending(path: "\(part)/4.\(suffix)"))
            }
        }
        let test = try runDensekit(
            ["test", "run.yaml", "runs/a/iter_2", "--show-dir", "parts"], in: folder,
            environment: home)
        #expect(test.status == 0, "\(test.errors)")
        for part in ["vis", "pred"] {
            #expect(try names(folder.appending(path: "parts/\(part)")) == ["a/4.png", "b/4.png"])
        }
    }

    @Test("~ in the variables that name folders leads to the home folder")
    func variables() throws {
        try withTemporaryFolder { folder in
            let file = folder.appending(path: "assets/bpe_simple_vocab_16e6.txt.gz")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data([1]).write(to: file)
            let doctor = try runDensekit(
                ["doctor"], in: folder,
                environment: ["HOME": folder.path, "DENSEKIT_ASSETS": "~/assets"])
            #expect(
                doctor.output.contains("vocabulary") && doctor.output.contains(file.path),
                "\(doctor.output)")
        }
    }
}
