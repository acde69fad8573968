import Foundation
import Testing

private func train(_ arguments: String...) -> [String] { ["train", "run.yaml"] + arguments }

/// Settings for a run that takes a while.
private let long = [
    "--set", "train.iterations=500", "--set", "train.checkpoint_interval=1000", "--set",
    "train.eval_interval=1000", "--set",
    "train.batch=2",
]

private func names(_ work: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: work.path).filter {
        $0.hasPrefix("iter_") || $0.hasPrefix("best_")
    }
    .sorted()
}

@Suite(.serialized) struct StoppingTests {
    @Test(
        "SIGTERM, SIGINT and SIGUSR1: the iteration is finished and saved, and the exit code says which",
        arguments: [(SIGTERM, Int32(0)), (SIGINT, Int32(130)), (SIGUSR1, Int32(75))])
    func signals(number: Int32, code: Int32) throws {
        try withRun { folder in
            let run = try RunningDensekit(train("--work-dir", "w") + long, in: folder)
            #expect(run.says("Iter(train) [  3/500]"))
            run.signal(number)
            let result = try run.result()
            let done = lossLines(result.errors).count
            #expect(
                result.status == code && run.process.terminationReason == .exit, "\(result.errors)")
            #expect((3...5).contains(done), "\(done) iterations")
            #expect(try names(folder.appending(path: "w")) == ["iter_\(done)"])
            let resumed = try runDensekit(
                train("--work-dir", "w", "--resume", "auto") + long + [
                    "--set", "train.iterations=\(done + 1)",
                ], in: folder)
            #expect(
                resumed.status == 0
                    && resumed.errors.contains("resumed from w/iter_\(done) at iteration \(done)"))
        }
    }

    @Test(
        "A signal during an evaluation: it stops, and comes first when the run goes on; the result is that of an unbroken run"
    )
    func signalDuringEvaluation() throws {
        try withRun(validationImages: 40) { folder in
            let setup = [
                "--set", "train.iterations=3", "--set", "train.eval_interval=2", "--set",
                "train.checkpoint_interval=100",
            ]
            #expect(try runDensekit(train("--work-dir", "whole") + setup, in: folder).status == 0)
            let run = try RunningDensekit(train("--work-dir", "w") + setup, in: folder)
            #expect(run.says("Iter(train) [2/3]"))
            run.signal(SIGTERM)
            let stopped = try run.result()
            #expect(
                stopped.status == 0 && !stopped.errors.contains("Iter(val)"), "\(stopped.errors)")
            #expect(try names(folder.appending(path: "w")) == ["iter_2"])
            let resumed = try runDensekit(
                train("--work-dir", "w", "--resume", "auto") + setup, in: folder)
            #expect(
                resumed.errors.contains("iteration 2 has not been evaluated yet"),
                "\(resumed.errors)")
            let whole = try RunResult(folder.appending(path: "whole"))
            let part = try RunResult(folder.appending(path: "w"))
            #expect(part.weights == whole.weights && part.moments == whole.moments)
            #expect(part.scalars == whole.scalars && part.best == whole.best)
        }
    }

    @Test(
        "A second signal ends the process at once; a signal before the first iteration ends it without a checkpoint"
    )
    func earlySignals() throws {
        try withRun { folder in
            let run = try RunningDensekit(train("--work-dir", "w") + long, in: folder)
            #expect(run.says("training images"))
            run.signal(SIGINT)
            let result = try run.result()
            #expect(result.status == 130 && lossLines(result.errors).count <= 1, "\(result.errors)")

            // The first iteration takes long enough for both signals.
            let heavy = [
                "--set", "train.batch=64", "--set", "train.per_device_batch=64", "--set",
                "data.workers=1",
            ]
            let second = try RunningDensekit(train("--work-dir", "v") + long + heavy, in: folder)
            #expect(second.says("training images"))
            usleep(200_000)
            second.signal(SIGTERM)
            usleep(50_000)
            second.signal(SIGTERM)
            let ended = try second.result()
            #expect(
                ended.status == 128 + SIGTERM && lossLines(ended.errors).isEmpty,
                "\(ended.status) \(ended.errors)")
        }
    }

    @Test(
        "A second run in a work directory is refused with the first one's number; a killed run's lock is free"
    )
    func secondRun() throws {
        try withRun { folder in
            let run = try RunningDensekit(train("--work-dir", "w") + long, in: folder)
            #expect(run.says("Iter(train)"))
            let number = run.process.processIdentifier
            let refused = try runDensekit(train("--work-dir", "w"), in: folder)
            #expect(refused.status == 1)
            #expect(
                refused.errors.contains("w: a run is at work here already: process \(number) on "),
                "\(refused.errors)")
            run.signal(SIGKILL)
            _ = try run.result()
            let next = try runDensekit(train("--work-dir", "w"), in: folder)
            #expect(next.status == 0, "\(next.errors)")
        }
    }

    @Test(
        "Files that may not grow: training goes on, every failed save is told, nothing half written stays, the exit code is 1"
    )
    func fileSizeLimit() throws {
        try withRun { folder in
            // In kibibytes: logs fit, weights do not.
            let setup = ["--set", "train.checkpoint_interval=1", "--set", "train.eval_interval=2"]
            let result = try runDensekit(
                train("--work-dir", "w") + setup, in: folder, limit: "ulimit -f 200")
            #expect(result.status == 1 && lossLines(result.errors).count == 4, "\(result.errors)")
            let told = result.errors.split(separator: "\n").filter {
                $0.contains("ERROR - w/iter_") && $0.contains("File too large")
            }
            #expect(told.count == 4 && told.allSatisfy { $0.contains("ulimit -f") })
            #expect(
                result.errors.contains("error: 6 checkpoints could not be saved"),
                "\(result.errors)")
            #expect(try names(folder.appending(path: "w")).isEmpty)
            let left = try FileManager.default.contentsOfDirectory(
                atPath: folder.appending(path: "w").path)
            #expect(!left.contains { $0.hasSuffix(".tmp") })
        }
    }

    @Test(
        "A name that is taken by a folder: training goes on, and the command fails at the end with the newest good checkpoint"
    )
    func takenName() throws {
        try withRun { folder in
            try FileManager.default.createDirectory(
                at: folder.appending(path: "w/last_checkpoint"), withIntermediateDirectories: true)
            let result = try runDensekit(train("--work-dir", "w"), in: folder)
            #expect(result.status == 1 && lossLines(result.errors).count == 4, "\(result.errors)")
            #expect(
                result.errors.contains("ERROR - w/last_checkpoint was not saved: "),
                "\(result.errors)")
            let message =
                "error: 2 checkpoints could not be saved (the log says why); the newest good one is w/best_mIoU_iter_4\n"
            #expect(result.errors.hasSuffix(message), "\(result.errors)")
        }
    }

    @Test("Whoever reads the log may go away: training goes on")
    func closedPipe() throws {
        try withRun { folder in
            let result = try runDensekit(
                train("--work-dir", "w"), in: folder, limit: "exec 2> >(head -n 1 >/dev/null)")
            #expect(result.status == 0)
            #expect(try names(folder.appending(path: "w")).contains("iter_4"))
        }
    }
}
