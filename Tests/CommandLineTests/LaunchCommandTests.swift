import DenseKitCore
import Foundation
import Testing

/// Settings for a run that saves after every iteration and takes a while.
private let long = [
    "--set", "train.iterations=200", "--set", "train.checkpoint_interval=1", "--set",
    "train.eval_interval=1000",
]

/// The process that trains in the work directory at `work`.
private func trainer(_ work: URL) throws -> pid_t {
    let owner = try String(contentsOf: work.appending(path: ".lock"), encoding: .utf8)
    return try #require(pid_t(owner.prefix { $0.isNumber }))
}

/// Waits until no process trains in a work directory: its lock is free once that has ended.
private func expectFree(_ work: URL) {
    for _ in 0..<1000 where WorkDirectory.owner(of: work.path) != nil { usleep(10_000) }
    #expect(WorkDirectory.owner(of: work.path) == nil)
}

@Suite(.serialized) struct LaunchCommandTests {
    @Test("Half an environment ends the command before it reads anything")
    func halfEnvironment() throws {
        try withRun { folder in
            let result = try runDensekit(
                ["train", "run.yaml"], in: folder, environment: ["WORLD_SIZE": "2"])
            #expect(result.status == 1)
            #expect(
                result.errors
                    == "error: RANK: is not set, but WORLD_SIZE is. Set it to the number of this process among all, from 0, or give --launcher none for one process.\n"
            )
        }
    }

    @Test("The launcher finds a mistake in the configuration, and starts nothing")
    func mistake() throws {
        try withRun { folder in
            let result = try runDensekit(
                ["train", "run.yaml", "--processes", "2", "--set", "train.bach=2"], in: folder)
            #expect(result.status == 2 && result.errors.hasPrefix("error: --set train.bach=2: "))
            #expect(!result.errors.contains("starting"))
        }
    }

    @Test("A failure of the processes is one block, with the error of the first and its exit code")
    func block() throws {
        try withRun { folder in
            let result = try runDensekit(
                ["test", "run.yaml", "none.safetensors", "--processes", "2"], in: folder)
            #expect(result.status == 1)
            #expect(result.errors.contains(/starting 2 processes, \d+ threads? each/))
            let block =
                /error: rank [01] of 2 failed first\n  host +\S+\n  rank +([01]) \(local rank \1\)\n  process +\d+\n  ended by  exit code 1\n  time +\S+ \S+\n  error     none\.safetensors:/
            #expect(result.errors.contains(block), "\(result.errors)")
        }
    }

    @Test(
        "A process that is killed is started again, and the run ends with the bytes of one that was never stopped"
    )
    func restarted() throws {
        try withRun { folder in
            let setup = long + ["--set", "train.iterations=12"]
            let whole = try runDensekit(
                ["train", "run.yaml", "--work-dir", "whole"] + setup, in: folder)
            #expect(whole.status == 0, "\(whole.errors)")
            let work = folder.appending(path: "w")
            let run = try RunningDensekit(
                ["train", "run.yaml", "--work-dir", "w", "--max-restarts", "2"] + setup, in: folder)
            #expect(run.says("saved w/iter_3"))
            kill(try trainer(work), SIGKILL)
            let result = try run.result()
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.errors.contains("ended by  signal 9 (SIGKILL)\n"))
            #expect(result.errors.contains("\nall processes are started again: 1 of 2\n"))
            #expect(result.errors.contains("resumed from w/iter_"))
            let end = try RunResult(work)
            let expected = try RunResult(folder.appending(path: "whole"))
            #expect(end.weights == expected.weights && end.moments == expected.moments)
            #expect(end.scalars == expected.scalars && end.checkpoints == expected.checkpoints)
        }
    }

    @Test(
        "Signals to the launcher reach the process: it saves, and the exit code says which",
        arguments: [(SIGTERM, Int32(0)), (SIGINT, Int32(130)), (SIGUSR1, Int32(75))])
    func signals(number: Int32, code: Int32) throws {
        try withRun { folder in
            let run = try RunningDensekit(
                ["train", "run.yaml", "--work-dir", "w", "--max-restarts", "2"] + long, in: folder)
            #expect(run.says("Iter(train) [  3/200]"))
            run.signal(number)
            let result = try run.result()
            #expect(result.status == code, "\(result.errors)")
            #expect(!result.errors.contains("failed first"))
            let done = lossLines(result.errors).count
            #expect((3...6).contains(done))
            let last = try String(
                contentsOf: folder.appending(path: "w/last_checkpoint"), encoding: .utf8)
            #expect(last.contains("iter_\(done)"))
        }
    }

    @Test("The process ends with its launcher, whatever ends that")
    func killedLauncher() throws {
        try withRun { folder in
            let run = try RunningDensekit(
                ["train", "run.yaml", "--work-dir", "w", "--max-restarts", "2"] + long, in: folder)
            #expect(run.says("Iter(train) [  2/200]"))
            let process = try trainer(folder.appending(path: "w"))
            #expect(process != run.process.processIdentifier)
            run.signal(SIGKILL)
            _ = try run.result()
            expectFree(folder.appending(path: "w"))
        }
    }

    @Test("The processes of a run end with its sweep, whatever ends that")
    func killedSweep() throws {
        try withRun { folder in
            let sweep = "_base_: run.yaml\nsweep: { runs: [{ name: one }] }\n"
            try Data(sweep.utf8).write(to: folder.appending(path: "sweep.yaml"))
            let run = try RunningDensekit(
                ["sweep", "sweep.yaml", "--max-restarts", "1"] + long, in: folder)
            #expect(run.says("/one/iter_1"))
            run.signal(SIGKILL)
            _ = try run.result()
            expectFree(folder.appending(path: "work_dirs/sweep/one"))
        }
    }

    @Test("The runs of a sweep have launchers of their own; a killed process is started again")
    func sweep() throws {
        try withRun { folder in
            let sweep = """
                _base_: run.yaml
                sweep: { runs: [{ name: one }], set: { train.iterations: 8, train.checkpoint_interval: 1 } }

                """
            try Data(sweep.utf8).write(to: folder.appending(path: "sweep.yaml"))
            let run = try RunningDensekit(
                ["sweep", "sweep.yaml", "--max-restarts", "1"], in: folder)
            #expect(run.says("/one/iter_2"))
            kill(try trainer(folder.appending(path: "work_dirs/sweep/one")), SIGKILL)
            let result = try run.result()
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.errors.contains("all processes are started again: 1 of 1"))
            #expect(result.output.hasPrefix("sweep: 1 run, 1 finished\n"), "\(result.output)")
        }
    }
}
