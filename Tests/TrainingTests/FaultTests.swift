import Foundation
import Synchronization
import Testing

import DenseKitConfiguration

@testable import DenseKitCheckpoints
@testable import DenseKitTraining

/// System calls that are counted, and of which one fails.
private final class Faults: Sendable {
    enum Kind: CaseIterable { case noSpace, inputOutput, shortWrite }

    private let count = Mutex(0)
    /// Shown the number of every call, before it.
    private let before: @Sendable (Int) -> Void
    private let failing: Int?
    private let kind: Kind
    private let exchanges: Bool

    init(
        failing: Int? = nil, _ kind: Kind = .noSpace, exchanges: Bool = true,
        before: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.failing = failing
        self.kind = kind
        self.exchanges = exchanges
        self.before = before
    }

    var calls: Int { count.withLock { $0 } }

    /// Whether this call fails; a disk that is full stays full until the save is over.
    private func fails() -> Bool {
        let number = count.withLock { count in
            count += 1
            return count
        }
        before(number)
        guard let failing, number == failing || (number > failing && kind != .inputOutput) else {
            return false
        }
        errno = kind == .inputOutput ? EIO : ENOSPC
        return true
    }

    var systemCalls: SystemCalls {
        var result = SystemCalls()
        let real = result
        result.open = { self.fails() ? -1 : real.open($0, $1, $2) }
        result.write = { file, bytes, size in
            guard self.fails() else { return real.write(file, bytes, size) }
            // Half of it first, the error at the next call.
            guard self.kind == .shortWrite, self.calls == self.failing, size > 1 else { return -1 }
            return real.write(file, bytes, size / 2)
        }
        result.synchronize = { self.fails() ? -1 : real.synchronize($0) }
        result.rename = { self.fails() ? -1 : real.rename($0, $1) }
        result.exchange = { first, second in
            guard !self.fails() else { return -1 }
            guard !self.exchanges else { return real.exchange(first, second) }
            errno = EINVAL
            return -1
        }
        result.makeFolder = { self.fails() ? -1 : real.makeFolder($0) }
        return result
    }
}

/// A trainer with a checkpoint of iteration 1 behind it, which stands at `iteration` now.
private func withSaved(
    at iteration: Int, _ body: (SmallRun, Trainer, CheckpointStore) throws -> Void
) throws {
    try withTemporaryFolder { folder in
        let run = try SmallRun(in: folder, iterations: 1, validates: false)
        let trainer = try run.trainer()
        try trainer.run()
        let store = CheckpointStore(
            run.work, run: "run", info: .init(classes: run.dataset.classes, configuration: ""))
        try store.savePeriodic(trainer)
        trainer.iteration = iteration
        try body(run, trainer, store)
    }
}

@Test(
    "Whichever system call of a save fails, in whichever way: the old checkpoint stands, nothing is left over, training would go on",
    arguments: [2, 1], [true, false])
func everyCallFails(iteration: Int, exchanges: Bool) throws {
    try withSaved(at: iteration) { run, trainer, store in
        let whole = Faults(exchanges: exchanges)
        try SystemCalls.$current.withValue(whole.systemCalls) { try store.savePeriodic(trainer) }
        #expect(whole.calls > 60 && trainer.saves.failed == 0)
        if iteration == 2 { AtomicFile.removeDirectory(run.work.path + "/iter_2") }
        for kind in Faults.Kind.allCases {
            for number in 1...whole.calls {
                let place = "call \(number), \(kind)"
                trainer.saves.failed = 0
                let faults = Faults(failing: number, kind, exchanges: exchanges)
                try SystemCalls.$current.withValue(faults.systemCalls) {
                    try store.savePeriodic(trainer)
                }
                #expect(trainer.saves.failed > 0, "\(place)")
                #expect(
                    try Checkpoint.Contents(run.work.path + "/iter_1").state.iteration == 1,
                    "\(place)")
                let resumption = try #require(try run.work.resumption(.newestCheckpoint))
                #expect(resumption.refused.isEmpty, "\(place): \(resumption.refused)")
                #expect(run.temporaries().isEmpty, "\(place): \(run.temporaries())")
                if iteration == 2 { AtomicFile.removeDirectory(run.work.path + "/iter_2") }
            }
        }
        trainer.saves.failed = 0
        try store.savePeriodic(trainer)
        #expect(
            trainer.saves.failed == 0
                && trainer.saves.newest == run.work.path + "/iter_\(iteration)")
    }
}

@Test(
    "A work directory in which a system call of a save fails is refused before training begins, with its name and the reason, and left as it was",
    arguments: [true, false])
func provenFirst(exchanges: Bool) throws {
    try withTemporaryFolder { folder in
        let path = folder + "/w"
        let whole = Faults(exchanges: exchanges)
        _ = try SystemCalls.$current.withValue(whole.systemCalls) { try WorkDirectory(path) }
        #expect(whole.calls > 10)
        for number in 1...whole.calls where exchanges || number != whole.calls {
            let faults = Faults(failing: number, exchanges: exchanges)
            let error = try #require(throws: CheckpointError.self, "call \(number)") {
                try SystemCalls.$current.withValue(faults.systemCalls) {
                    _ = try WorkDirectory(path)
                }
            }
            #expect(error.path == path)
            #expect(
                error.problem.hasPrefix("nothing can be saved in the work directory: cannot be "),
                "\(error)")
            #expect(error.problem.hasSuffix(" (No space left on device)"), "\(error)")
            #expect(error.remedy == "Free some space, or write to another disk.")
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: path) == [".lock"],
                "call \(number)")
        }
    }
}

@Test("A home folder of nobody is no folder to make; one of the user's is found")
func workDirectoryInAHomeFolder() throws {
    let path = "~nobody-of-this-name/runs"
    #expect(
        WorkDirectory.choose(option: nil, configuration: "~/runs", name: "a") == FilePaths.expanded(
            "~") + "/runs")
    #expect(
        WorkDirectory.choose(option: "~/o", configuration: "~/runs", name: "a")
            == FilePaths.expanded("~") + "/o")
    #expect(WorkDirectory.choose(option: nil, configuration: nil, name: "a") == "work_dirs/a")
    let error = try #require(throws: CheckpointError.self) { _ = try WorkDirectory(path) }
    #expect(
        "\(error)"
            == "\(path): the work directory cannot be made: \(path) there is no user nobody-of-this-name with a home folder; choose another with "
            + "work_dir")
}

@Test("Where a file of results cannot be written is said before the work for it begins")
func provenFiles() throws {
    try withTemporaryFolder { folder in
        try AtomicFile.prove(folder + "/a.json")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        try Data("old".utf8).write(to: URL(filePath: folder + "/a.json"))
        try AtomicFile.prove(folder + "/a.json")
        #expect(try Data(contentsOf: URL(filePath: folder + "/a.json")) == Data("old".utf8))
        for (path, problem) in [
            (folder, "is a folder; the name of a file is wanted"),
            (folder + "/", "is a folder; the name of a file is wanted"),
            (folder + "/no/a.json", "cannot be created (No such file or directory)"),
        ] {
            let error = try #require(throws: CheckpointError.self) { try AtomicFile.prove(path) }
            #expect((error.path, error.problem) == (path, problem))
        }
    }
}

@Test("Writes that take only a part of what they are given lose nothing")
func shortWrites() throws {
    try withTemporaryFolder { folder in
        var calls = SystemCalls()
        calls.write = { Glibc.write($0, $1, min($2, 3)) }
        let data = Data((0..<1000).map { UInt8(truncatingIfNeeded: $0) })
        try SystemCalls.$current.withValue(calls) { try AtomicFile.write(data, to: folder + "/a") }
        #expect(FileManager.default.contents(atPath: folder + "/a") == data)
    }
}

@Test(
    "Killed before any system call of a save, a run finds a whole checkpoint when it starts again",
    arguments: [2, 1],
    [true, false])
func killedAnywhere(iteration: Int, exchanges: Bool) throws {
    try withSaved(at: iteration) { run, trainer, store in
        try withTemporaryFolder { copies in
            // What a kill leaves is what lies on the disk at that moment.
            let path = run.work.path
            let wanted = copies
            let faults = Faults(exchanges: exchanges) { number in
                try? FileManager.default.copyItem(atPath: path, toPath: "\(wanted)/\(number)")
            }
            try SystemCalls.$current.withValue(faults.systemCalls) {
                try store.savePeriodic(trainer)
            }
            for number in 1...faults.calls {
                let left = try WorkDirectory("\(copies)/\(number)")
                let resumption = try #require(
                    try left.resumption(.newestCheckpoint), "call \(number)")
                #expect(
                    resumption.refused.isEmpty
                        && [1, iteration].contains(resumption.checkpoint.state.iteration))
                let hidden = try FileManager.default.contentsOfDirectory(atPath: left.path).filter {
                    $0.hasPrefix(".")
                }
                #expect(hidden == [".lock"], "call \(number)")
            }
        }
    }
}
