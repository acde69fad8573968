import Foundation
import Testing

/// Two runs with two seeds of a DenseCLIP as small as can be.
private let sweep = """
    _base_: run.yaml
    sweep:
      set: { train.checkpoint_interval: 1 }
      runs:
        - { name: narrow }
        - { name: wide, set: { model.neck: { type: FPN, channels: 16 } } }
      grid: { train.seed: [0, 1] }

    """

private func withSweep(_ text: String = sweep, _ body: (URL) throws -> Void) throws {
    try withRun { folder in
        try Data(text.utf8).write(to: folder.appending(path: "sweep.yaml"))
        try body(folder)
    }
}

/// The table without its times.
private func table(_ folder: URL) throws -> String {
    try String(contentsOf: folder.appending(path: "table.json"), encoding: .utf8)
        .replacing(/"seconds" : [^\n]*/, with: "").replacing(
            folder.lastPathComponent + "/", with: "")
}

@Suite("Sweeps", .serialized) struct SweepTests {
    @Test(
        "Interrupted, killed and called again, a sweep ends with the table of one that was never stopped; each run is what `train` trains"
    )
    func interruptedAndKilled() throws {
        try withSweep { folder in
            let whole = try runDensekit(["sweep", "sweep.yaml", "--work-dir", "whole"], in: folder)
            #expect(whole.status == 0, "\(whole.errors)")
            #expect(
                whole.output.hasPrefix("sweep: 4 runs, 4 finished\n")
                    && lossLines(whole.errors).count == 16, "\(whole.output)")
            #expect(
                whole.output.contains(/\nwide +2 +\d+\.\d\d ± \d+\.\d\d +\d+\.\d\d ± \d+\.\d\d\n/),
                "\(whole.output)")

            let arguments = ["sweep", "sweep.yaml", "--work-dir", "part"]
            let interrupted = try RunningDensekit(arguments, in: folder)
            #expect(interrupted.says("Iter(train) [2/4]"))
            interrupted.signal(SIGINT)
            let stopped = try interrupted.result()
            #expect(
                stopped.status == 130
                    && stopped.errors.contains("interrupted by SIGINT: the same command resumes"),
                "\(stopped.errors)")
            #expect(
                stopped.errors.contains("resume with --resume auto")
                    && !stopped.errors.contains("wide"))

            let killed = try RunningDensekit(arguments, in: folder)
            #expect(
                killed.says("run 'narrow, seed 1', 2 more to come")
                    && killed.says("saved part/narrow-seed-1/iter_1"))
            killed.signal(SIGKILL)
            #expect(try killed.result().errors.contains("resumed from part/narrow-seed-0/iter_"))

            let rest = try runDensekit(arguments, in: folder)
            #expect(
                rest.status == 0 && !rest.errors.contains("run 'narrow, seed 0'"), "\(rest.errors)")
            #expect(
                try table(folder.appending(path: "part")) == table(folder.appending(path: "whole")))

            let again = try runDensekit(arguments + ["--markdown"], in: folder)
            #expect(again.status == 0 && !again.errors.contains("Iter("))
            #expect(
                try again.output
                    == String(contentsOf: folder.appending(path: "part/table.md"), encoding: .utf8))

            let alone = try runDensekit(
                [
                    "train", "run.yaml", "--work-dir", "alone", "--seed", "1", "--set",
                    "model.neck.channels=16",
                ], in: folder)
            let lines = whole.errors.components(separatedBy: "run 'wide, seed 1'").last ?? ""
            #expect(
                lossLines(alone.errors).count == 4 && lossLines(alone.errors) == lossLines(lines))
        }
    }

    @Test(
        "A run that fails leaves the others; its row says why; mended, it is trained by the same command"
    )
    func failure() throws {
        let two = """
            _base_: run.yaml
            sweep: { runs: [{ name: torn, set: { data.train.root: torn } }, { name: sound }], set: { train.iterations: 1 } }

            """
        try withSweep(two) { folder in
            try FileManager.default.copyItem(
                at: folder.appending(path: "data"), to: folder.appending(path: "torn"))
            let pictures = (0..<4).map { folder.appending(path: "torn/images/training/\($0).jpg") }
            let good = try pictures.map { try Data(contentsOf: $0) }
            for (picture, data) in zip(pictures, good) {
                try data.prefix(data.count / 2).write(to: picture)
            }
            let arguments = ["sweep", "sweep.yaml", "--threads", "1"]
            let first = try runDensekit(arguments, in: folder)
            #expect(
                first.status == 1
                    && first.errors.contains(
                        "error: 1 run is not finished: torn. The table says why;"),
                "\(first.errors)")
            #expect(
                first.output.contains(/\ntorn +torn +- +- +0\/1 +- +failed \[1\]\nsound +data +\d/),
                "\(first.output)")
            #expect(
                first.output.contains(
                    /\[1\] torn: torn\/images\/training\/\d\.jpg: the JPEG data is truncated/),
                "\(first.output)")
            for (picture, data) in zip(pictures, good) { try data.write(to: picture) }
            let listed = try runDensekit(["sweep", "sweep.yaml", "--list"], in: folder)
            #expect(listed.status == 0 && listed.output + "\n" == first.output + "\n")
            let second = try runDensekit(arguments + ["--only", "torn"], in: folder)
            #expect(
                second.status == 0 && second.output.hasPrefix("sweep: 2 runs, 2 finished\n"),
                "\(second.errors)")
            #expect(lossLines(second.errors).count == 1 && !second.output.contains("["))
        }
    }

    @Test("A run whose process is killed is a failed one, and the sweep goes on")
    func killedRun() throws {
        let two = """
            _base_: run.yaml
            sweep: { runs: [{ name: long, set: { train.iterations: 500 } }, { name: short, set: { train.iterations: 1 } }] }

            """
        try withSweep(two) { folder in
            let sweep = try RunningDensekit(["sweep", "sweep.yaml"], in: folder)
            #expect(sweep.says("Iter(train) [  1/500]"))
            let owner = try String(
                contentsOf: folder.appending(path: "work_dirs/sweep/long/.lock"), encoding: .utf8)
            kill(try #require(pid_t(owner.prefix { $0.isNumber })), SIGKILL)
            let result = try sweep.result()
            #expect(
                result.status == 1
                    && result.output.contains(
                        "[1] long: was killed by signal 9, as the system does where memory is short\n"
                    ))
            #expect(result.output.contains(/\nshort +1 +\d.* finished\n/), "\(result.output)")
        }
    }

    @Test(
        "All runs are checked before the first is trained: unknown keys, data, shapes, and what their folders hold"
    )
    func checks() throws {
        try withSweep { folder in
            let set = ["--set", "train.iterations=1"]
            let trained = try runDensekit(
                ["train", "sweep.yaml", "--run", "narrow, seed 0", "--seed", "1"] + set, in: folder)
            #expect(
                trained.status == 0
                    && trained.output.contains("work_dirs/sweep/narrow-seed-0/best_mIoU_iter_1"),
                "\(trained.errors)")
            let changed = try runDensekit(["sweep", "sweep.yaml"], in: folder)
            #expect(changed.status == 2 && lossLines(changed.errors).isEmpty)
            #expect(
                changed.errors == """
                    error: run 'narrow, seed 0': work_dirs/sweep/narrow-seed-0 holds a run of this name with other settings: train.iterations is 1 \
                    there and 4 here, train.seed is 1 there and 0 here; give the run another name, put the settings back, or remove that folder \
                    to train it again
                    nothing was trained

                    """)
            let mistaken =
                sweep.replacing("channels: 16", with: "chanels: 16")
                + "data: { val: { root: lost } }\n"
            try Data(mistaken.utf8).write(to: folder.appending(path: "mistaken.yaml"))
            let refused = try runDensekit(["sweep", "mistaken.yaml"], in: folder)
            #expect(refused.status == 2 && refused.output.isEmpty)
            let lines = refused.errors.split(separator: "\n")
            #expect(
                lines.count == 3
                    && lines[0].hasPrefix("error: run 'narrow, seed 0' and 3 others: "),
                "\(refused.errors)")
            #expect(lines.count == 3 && lines[0].contains("lost"), "\(refused.errors)")
            #expect(
                lines.count == 3
                    && lines[1].hasPrefix(
                        "run 'wide, seed 0' and 1 other: mistaken.yaml:6:53: unknown key 'chanels' of FPN; did you mean 'channels'?"
                    ),
                "\(refused.errors)")
            #expect(
                !FileManager.default.fileExists(
                    atPath: folder.appending(path: "work_dirs/mistaken").path))
        }
    }

    @Test("Two sweeps in one directory share the runs")
    func shared() throws {
        let two =
            "_base_: run.yaml\nsweep: { set: { train.iterations: 2 }, grid: { train.seed: [0, 1] } }\n"
        try withSweep(two) { folder in
            let first = try RunningDensekit(["sweep", "sweep.yaml"], in: folder)
            #expect(first.says("Iter(train) [1/2]"))
            let second = try runDensekit(["sweep", "sweep.yaml"], in: folder)
            let done = try first.result()
            #expect(done.status == 0 && second.status == 0, "\(done.errors) \(second.errors)")
            #expect(lossLines(done.errors).count + lossLines(second.errors).count == 4)
            #expect(second.output.hasPrefix("sweep: 2 runs, 2 finished\n"))
        }
    }

    @Test(
        "Mistakes on the command line",
        arguments: [
            (["sweep.yaml", "--json", "--markdown"], "--json and --markdown exclude each other"),
            (
                ["sweep.yaml", "--list", "--only", "wide"],
                "--only says what is trained, and --list trains nothing: use one of them"
            ),
            (
                ["sweep.yaml", "--only", "wider"],
                "sweep.yaml has no run 'wider'; did you mean 'wide'? (runs: narrow, seed 0; narrow, seed 1; wide, seed 0; wide, seed 1)"
            ),
        ] as [([String], String)])
    func mistakes(_ arguments: [String], _ message: String) throws {
        try withTemporaryFolder { folder in
            try Data("train: {}\n".utf8).write(to: folder.appending(path: "run.yaml"))
            try Data(sweep.utf8).write(to: folder.appending(path: "sweep.yaml"))
            let result = try runDensekit(["sweep"] + arguments, in: folder)
            #expect(
                result.status == 64 && result.errors.hasPrefix("Error: " + message),
                "\(result.errors)")
        }
    }
}
