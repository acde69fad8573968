import DenseKitCheckpoints
import Foundation
import TemporaryFolders
import Testing

@Test func replacesAFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("state.json")
    try AtomicFile.write(Data("old".utf8), to: path)
    try AtomicFile.write(Data("new".utf8), to: path)
    #expect(FileManager.default.contents(atPath: path) == Data("new".utf8))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["state.json"])
}

@Test("Places where no file can be written")
func impossiblePlaces() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("file", [0])
    try FileManager.default.createDirectory(
        atPath: folder.file("taken"), withIntermediateDirectories: false)
    for (path, problem, remedy) in [
        (
            folder.path + "/none/a", "cannot be created (No such file or directory)",
            "Check the path."
        ),
        (file + "/a", "cannot be created (Not a directory)", nil),
        (folder.file("taken"), "cannot be replaced (Is a directory)", nil),
        (folder.path + "/", "is not the name of a file", nil),
        ("", "is not the name of a file", nil),
    ] as [(String, String, String?)] {
        #expect(throws: CheckpointError(path: path, problem: problem, remedy: remedy)) {
            try AtomicFile.write(Data([1]), to: path)
        }
    }
    #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
            "file", "taken",
        ])
}

/// In a process of its own: the limit is the whole process's.
@Test("A file that grows too large: the old one stays, the temporary one is gone")
func diskFull() async {
    await #expect(processExitsWith: .success) {
        let folder = try TemporaryFolder()
        let path = try folder.write("a", [1])
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 8 << 20, rlim_max: 8 << 20)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)

        let error = CheckpointError(
            path: path, problem: "cannot be written (File too large)",
            remedy: "The file would exceed the size that is allowed (ulimit -f).")
        #expect(throws: error) { try AtomicFile.write(Data(count: 9 << 20), to: path) }
        #expect(FileManager.default.contents(atPath: path) == Data([1]))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a"])
    }
}
