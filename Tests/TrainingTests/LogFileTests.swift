import DenseKitCheckpoints
import Foundation
import Testing

@testable import DenseKitTraining

@Test("Scalars of what the checkpoint has behind it stay, later and torn lines go")
func scalarsAreCut() throws {
    let lines = [
        #"{"lr":0.1,"loss":null,"iter":1,"step":1}"#, #"{"lr":0.1,"iter":2,"step":2}"#,
        #"{"mIoU":3.5,"step":2}"#,
        #"{"lr":0.1,"iter":3,"step":3}"#, #"{"mIoU":4.5,"step":3}"#, #"{"lr":0.1,"iter":4,"#,
    ]
    let table: [(iteration: Int, evaluated: Int, kept: Int)] = [
        (0, 0, 0), (2, 0, 2), (2, 2, 3), (3, 2, 4), (3, 3, 5), (9, 9, 5),
    ]
    for (iteration, evaluated, kept) in table {
        for sameFile in [true, false] {
            try withTemporaryFolder { folder in
                let (old, new) = ("\(folder)/old", sameFile ? "\(folder)/old" : "\(folder)/new")
                try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: old))
                try Scalars.carryOver(
                    from: old, to: new, iteration: iteration, evaluated: evaluated)
                let expected = lines.prefix(kept).map { $0 + "\n" }.joined()
                #expect(FileManager.default.contents(atPath: new) == Data(expected.utf8))
            }
        }
    }
}

@Test("What is no number is nan in a line of the log, whichever sign its bits have")
func noNumbers() {
    #expect(
        [Double.nan, -Double.nan, .infinity, -.infinity, 1.25].map { $0.text() } == [
            "nan", "nan", "inf", "-inf", "1.2500",
        ])
    #expect(1.25.text(decimals: 1) == "1.2")
}

@Test("A line that cannot be written is told once, counted, and leaves no half of it")
func linesOnAFullDisk() throws {
    let full = try LineFile("/dev/full")
    let problem = CheckpointError(
        path: "/dev/full", problem: "cannot be written (No space left on device)",
        remedy: "Training continues, and lines will be missing there until it can be.")
    #expect(full.append("one") == problem)
    #expect(full.append("two") == nil && full.lostLines == 2)
    try withTemporaryFolder { folder in
        try Data("old\n".utf8).write(to: URL(filePath: folder + "/log"))
        let file = try LineFile(folder + "/log")
        #expect(file.append("new") == nil && file.lostLines == 0)
        #expect(FileManager.default.contents(atPath: folder + "/log") == Data("old\nnew\n".utf8))
        #expect(throws: CheckpointError(path: folder, problem: "cannot be opened (Is a directory)"))
        { try LineFile(folder) }
    }
}

@Test(
    "A work directory has one run at a time; what a killed one left half written goes when the next begins"
)
func lock() throws {
    try withTemporaryFolder { folder in
        let path = folder + "/w"
        let host = ProcessInfo.processInfo.hostName
        let taken = CheckpointError(
            path: path, problem: "a run is at work here already: process \(getpid()) on \(host)",
            remedy: "Wait for it, stop it, or choose another directory with work_dir.")
        try withExtendedLifetime(WorkDirectory(path)) {
            for left in [
                ".iter_3.tmp/x", ".best_mIoU_iter_2.tmp/x", "iter_2/.state.json.abc.tmp/x",
                ".iter_1.tmp.old/whole",
            ] {
                try FileManager.default.createDirectory(
                    atPath: "\(path)/\(left)", withIntermediateDirectories: true)
            }
            #expect(throws: taken) { try WorkDirectory(path) }
            #expect(
                FileManager.default.fileExists(atPath: path + "/.iter_3.tmp"),
                "whoever has no lock removes nothing")
        }
        let second = try WorkDirectory(path)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: second.path).sorted() == [
                ".lock", "iter_1", "iter_2",
            ])
        #expect(try FileManager.default.contentsOfDirectory(atPath: path + "/iter_2").isEmpty)
        #expect(FileManager.default.fileExists(atPath: path + "/iter_1/whole"))
    }
}
