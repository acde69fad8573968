import DenseKitCore
import Foundation
import Testing

/// One pass a process, and nothing that draws by the composition of a pass.
private let setup = [
    "--set", "train.per_device_batch=null", "--set", "model.head.dropout=0", "--set",
    "data.workers=1",
]

/// A run that saves after every iteration.
private let saving =
    setup + [
        "--set", "train.iterations=10", "--set", "train.checkpoint_interval=1", "--set",
        "train.eval_interval=4", "--set", "train.keep_checkpoints=2",
    ]

/// The losses of the lines of a log, from the first iteration on.
private func losses(_ log: String) -> [Double] {
    log.matches(of: /Iter\(train\).*  loss: ([0-9.]+)/).compactMap { Double($0.output.1) }
}

private func near(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 2e-4 * max(1, abs($1)) }
}

/// The environment of one process of several, as torchrun gives it.
private func torchrun(_ rank: Int, of count: Int, port: Int) -> [String: String] {
    [
        "RANK": "\(rank)", "WORLD_SIZE": "\(count)", "LOCAL_RANK": "\(rank)",
        "LOCAL_WORLD_SIZE": "\(count)", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(port)",
        "OMP_NUM_THREADS": "1",
    ]
}

/// A port that is free now.
func freePort() throws -> Int {
    try ProcessStore(host: "127.0.0.1", port: 0, isServer: true, timeout: 5).port
}

/// The processes that a launcher has started, by their ranks.
func children(of launcher: RunningDensekit) -> [Int: pid_t] {
    let parent = launcher.process.processIdentifier
    var found: [Int: pid_t] = [:]
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
        guard let number = pid_t(name),
            let status = try? String(contentsOfFile: "/proc/\(name)/status", encoding: .utf8),
            status.contains("\nPPid:\t\(parent)\n"),
            let data = FileManager.default.contents(atPath: "/proc/\(name)/environ")
        else { continue }
        for entry in data.split(separator: 0) {
            let text = String(decoding: entry, as: UTF8.self)
            if text.hasPrefix("RANK="), let rank = Int(text.dropFirst(5)) { found[rank] = number }
        }
    }
    return found
}

@Suite(.serialized) struct SeveralProcessesTests {
    @Test(
        "Losses are those of one process, and a resume at another number of processes continues")
    func trajectories() throws {
        try withRun { folder in
            func train(_ count: Int, _ work: String, _ more: [String] = []) throws -> String {
                let processes = ["--processes", "\(count)"]
                let result = try runDensekit(
                    ["train", "run.yaml", "--work-dir", work] + setup + processes + more,
                    in: folder)
                #expect(result.status == 0, "\(result.errors)")
                return result.errors
            }
            let whole = try losses(train(1, "one"))
            #expect(whole.count == 4)
            let two = try train(2, "two")
            #expect(two.contains("global batch: 4 images = 2 processes × 2 at a time × 1 pass"))
            #expect(near(losses(two), whole), "\(losses(two)) \(whole)")
            let four = try train(4, "four")
            #expect(near(losses(four), whole), "\(losses(four)) \(whole)")
            // What four processes have saved, two resume, and one what these have saved.
            let resumed = try train(2, "rest", ["--resume", "four/iter_2"])
            #expect(near(losses(resumed), Array(whole.dropFirst(2))), "\(losses(resumed))")
            let last = try train(
                1, "last", ["--resume", "rest/iter_4", "-o", "train.iterations=6"])
            #expect(losses(last).count == 2)
            // Every process has the same part in it: nothing but errors is written by the others.
            let names = try FileManager.default.subpathsOfDirectory(
                atPath: folder.appending(path: "four").path)
            #expect(names.filter { $0.hasSuffix("scalars.json") }.count == 1)
        }
    }

    @Test("A batch that cannot be divided is refused, with the numbers that can be")
    func division() throws {
        try withRun { folder in
            let result = try runDensekit(
                ["train", "run.yaml", "--processes", "3"] + setup, in: folder)
            #expect(result.status == 2)
            #expect(
                result.errors.contains(
                    "4 images cannot be divided among 3 processes; possible numbers of processes: 1, 2, 4"
                ), "\(result.errors)")
        }
    }

    @Test(
        "A rank that is killed in training, evaluation or saving: the run starts again and ends with the same bits"
    )
    func killed() throws {
        try withRun(validationImages: 8) { folder in
            let command = ["train", "run.yaml", "--processes", "2"] + saving
            let first = try runDensekit(command + ["--work-dir", "whole"], in: folder)
            #expect(first.status == 0, "\(first.errors)")
            let whole = try RunResult(folder.appending(path: "whole"))
            let moments = [
                ("saved", 0), ("Iter(train) [ 3/10]", 1), ("Iter(val)", 1), ("iter_7", 0),
            ]
            for (text, rank) in moments {
                let work = folder.appending(path: "killed")
                let run = try RunningDensekit(
                    command + ["--work-dir", "killed", "--max-restarts", "2"], in: folder)
                #expect(run.says(text))
                let process = try #require(children(of: run)[rank])
                kill(process, SIGKILL)
                let result = try run.result()
                #expect(result.status == 0, "\(text): \(result.errors)")
                #expect(
                    result.errors.contains("rank \(rank) of 2 failed first"), "\(result.errors)")
                #expect(result.errors.contains("signal 9 (SIGKILL)"))
                let end = try RunResult(work)
                #expect(end.weights == whole.weights && end.moments == whole.moments, "\(text)")
                #expect(end.best == whole.best && end.scalars == whole.scalars, "\(text)")
                try FileManager.default.removeItem(at: work)
            }
        }
    }

    @Test("SIGTERM to the launcher saves one iteration on all ranks, and ends with 0")
    func terminated() throws {
        try withRun { folder in
            let run = try RunningDensekit(
                ["train", "run.yaml", "--processes", "2", "--work-dir", "w"] + saving
                    + ["--set", "train.iterations=500"], in: folder)
            #expect(run.says("Iter(train) [  3/500]"))
            run.signal(SIGTERM)
            let result = try run.result()
            #expect(result.status == 0, "\(result.errors)")
            #expect(!result.errors.contains("failed first"), "\(result.errors)")
            let done = losses(result.errors).count
            let pointer = try String(
                contentsOf: folder.appending(path: "w/last_checkpoint"), encoding: .utf8)
            #expect(pointer.contains("iter_\(done)\n"), "\(pointer) \(done)")
        }
    }

    @Test("Processes with different configurations are refused, with the difference")
    func differentConfigurations() throws {
        try withRun { folder in
            let port = try freePort()
            let runs = try (0..<2).map { rank in
                try RunningDensekit(
                    ["train", "run.yaml", "--work-dir", "w", "--set", "train.seed=\(rank)"] + setup,
                    in: folder, environment: torchrun(rank, of: 2, port: port))
            }
            for run in runs {
                let result = try run.result()
                #expect(result.status != 0)
                #expect(
                    result.errors.contains(
                        "another configuration than process 0: train.seed: 0 → 1"),
                    "\(result.errors)")
            }
        }
    }

    @Test("A rank that never comes is named, and a port that is taken is too")
    func absent() throws {
        try withRun { folder in
            let command = ["train", "run.yaml", "--work-dir", "w", "--timeout", "3"] + setup
            let alone = try runDensekit(
                command, in: folder, environment: torchrun(0, of: 2, port: freePort()))
            #expect(alone.status == 1)
            #expect(alone.errors.contains("rank 1"), "\(alone.errors)")
            let taken = try ProcessStore(host: "127.0.0.1", port: 0, isServer: true, timeout: 5)
            let result = try runDensekit(
                command, in: folder, environment: torchrun(0, of: 2, port: taken.port))
            #expect(result.status == 1)
            #expect(
                result.errors.contains("port \(taken.port) cannot be opened"), "\(result.errors)")
        }
    }
}
