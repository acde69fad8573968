import Foundation
import Testing

/// `test` by several processes.
@Suite("A test by several processes", .serialized) struct SharedTestCommandTests {
    /// The files below a folder by their paths.
    private func content(_ folder: URL) -> [String: Data] {
        let paths = FileManager.default.enumerator(atPath: folder.path)?
            .compactMap { $0 as? String }
        let files = (paths ?? []).compactMap { path -> (String, Data)? in
            // Folders have no content.
            FileManager.default.contents(atPath: folder.appending(path: path).path).map {
                (path, $0)
            }
        }
        return Dictionary(uniqueKeysWithValues: files)
    }

    private func arguments(_ name: String) -> [String] {
        [
            "test", "run.yaml", "work_dirs/run/iter_1", "--threads", "1", "--out",
            "\(name)/scores.json", "--results", "\(name)/found", "--show-dir", "\(name)/shown",
        ]
    }

    @Test("prints and writes what one process does, once; an error names its process")
    func detection() throws {
        try withDetection { folder in
            let train = try runDensekit(
                ["train", "run.yaml", "--set", "train.iterations=1"], in: folder)
            #expect(train.status == 0, "\(train.errors)")
            for name in ["one", "three"] {
                try FileManager.default.createDirectory(
                    at: folder.appending(path: name), withIntermediateDirectories: true)
            }
            let one = try runDensekit(arguments("one"), in: folder)
            #expect(one.status == 0 && one.output.contains("Average Precision"), "\(one.errors)")
            // Two images: the third process has none.
            let three = try runDensekit(arguments("three") + ["--processes", "3"], in: folder)
            #expect(three.status == 0 && three.output == one.output, "\(three.errors)")
            let files = content(folder.appending(path: "one"))
            #expect(files.count == 7, "\(files.keys)")
            let others = content(folder.appending(path: "three"))
            #expect(others == files)

            try Data("no image".utf8).write(to: folder.appending(path: "data/val2017/5.jpg"))
            let broken = try runDensekit(arguments("three") + ["--processes", "3"], in: folder)
            #expect(broken.status == 1, "\(broken.errors)")
            #expect(broken.errors.contains("5.jpg"), "\(broken.errors)")
            #expect(broken.errors.contains("rank 1 of 3 failed first"), "\(broken.errors)")
        }
    }
}
