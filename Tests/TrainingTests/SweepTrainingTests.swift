import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

/// Counts iterations, and ends training where it is told to.
private final class Counter: Hook {
    struct Told: Error, CustomStringConvertible { let description = "told to fail" }

    private(set) var iterations = 0
    private let fails: Bool

    init(fails: Bool = false) { self.fails = fails }

    func afterIteration(_ trainer: Trainer) throws {
        iterations += 1
        if fails { throw Told() }
    }
}

/// Sends the process a signal after its first iteration.
private final class Signal: Hook {
    func afterIteration(_ trainer: Trainer) { raise(SIGINT) }
}

@Suite("Sweeps from programs", .serialized) struct SweepTrainingTests {
    private func withSweep(_ body: (Sweep, String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let yaml = """
                model: { backbone: { type: Speck }, head: { type: SemanticFPN, channels: 4 } }
                data:
                  train: { type: Noise }
                  val: { type: Noise }
                  train_pipeline: [ { type: Normalize } ]
                  test_pipeline: [ { type: Normalize } ]
                train: { iterations: 2, batch: 2, log_interval: 1, eval_interval: 2, checkpoint_interval: 1 }
                sweep:
                  runs:
                    - { name: plain }
                    - { name: narrow, set: { model.head.channels: 2 } }
                  grid: { train.seed: [0, 1] }
                """
            try Data(yaml.utf8).write(to: URL(filePath: folder + "/s.yaml"))
            let registry = try Registry(BuiltIn.plugins + [SmallPlugin()])
            let sweep = try Sweep(
                folder + "/s.yaml", workDirectory: folder + "/w", registry: registry)
            try body(sweep, folder)
        }
    }

    @Test(
        "All runs are trained with the program's hooks; the table has their scores; once more, nothing is trained"
    )
    func allRuns() throws {
        try withSweep { sweep, folder in
            var counters: [String: Counter] = [:]
            let table = try sweep.train { run in
                let counter = Counter()
                counters[run.name] = counter
                return [counter]
            }
            let names = sweep.runs.map(\.name)
            #expect(names.map { counters[$0]?.iterations } == [2, 2, 2, 2] && counters.count == 4)
            #expect(table.rows.map(\.run.name) == names && names[3] == "narrow, seed 1")
            #expect(table.rows.allSatisfy { $0.state == .finished && $0.metric == "mIoU" })
            #expect(table.rows.allSatisfy { $0.scores?.last.iteration == 2 })
            #expect(table.columns == ["model.head.channels", "train.seed"])
            #expect(table.seeds.map(\.name) == ["plain", "narrow"])
            #expect(table.text.hasPrefix("s: 4 runs, 4 finished\n"))
            let written = try String(contentsOfFile: folder + "/w/table.md", encoding: .utf8)
            #expect(written == table.markdown + "\n")

            let again = try sweep.train { _ in
                Issue.record("a finished run is trained again")
                return []
            }
            #expect(again.text == table.text)
        }
    }

    @Test("One run by its name is what the sweep trains; other settings in its folder are refused")
    func oneRun() throws {
        try withSweep { sweep, folder in
            let run = try sweep.run(named: "narrow, seed 1")
            let result = try run.experiment().train(from: .newestCheckpoint)
            #expect(result.workDirectory == folder + "/w/narrow-seed-1" && result.iterations == 2)
            let rows = try sweep.table().rows
            #expect(rows.map(\.state) == [.waiting, .waiting, .waiting, .finished])

            let named = try Experiment(sweep.file, run: run.name, registry: sweep.registry)
            #expect(named.name == "narrow-seed-1" && named.configuration.train.seed == 1)
            let other = try Sweep(
                sweep.file, overrides: ["train.batch=3"], workDirectory: folder + "/w",
                registry: sweep.registry)
            let refused = try #require(throws: SweepMistakes.self) { try other.check() }
            let problem =
                "holds a run of this name with other settings: train.batch is 2 there and 3 here;"
            #expect("\(refused)".contains(problem), "\(refused)")
            let unknown = try #require(throws: ArgumentError.self) {
                try sweep.train(only: ["wide"])
            }
            #expect("\(unknown)".contains("has no run 'wide'"), "\(unknown)")
        }
    }

    @Test("A run that fails stops no other; the table says why, and the next call trains it")
    func failure() throws {
        try withSweep { sweep, _ in
            let unfinished = try #require(throws: UnfinishedRuns.self) {
                try sweep.train(only: ["plain"]) { run in
                    [Counter(fails: run.name == "plain, seed 0")]
                }
            }
            #expect(
                "\(unfinished)"
                    == "1 run is not finished: plain, seed 0. The table says why; once that is fixed, "
                    + "the same call resumes them.")
            let table = try sweep.table()
            #expect(
                table.rows.map(\.state) == [.failed("told to fail"), .finished, .waiting, .waiting])
            #expect(table.text.hasSuffix("[1] plain, seed 0: told to fail"))
            let mended = try sweep.train(only: ["plain, seed 0"])
            #expect(mended.rows.map(\.state) == [.finished, .finished, .waiting, .waiting])
        }
    }

    @Test(
        "A program may train a run in its own way; what that says of a failure stands in the table")
    func ownWay() throws {
        try withSweep { sweep, folder in
            var names: [String] = []
            let error = #expect(throws: UnfinishedRuns.self) {
                try sweep.train(by: { run in
                    names.append(run.name)
                    return "no device"
                })
            }
            #expect(error?.names == names && names == sweep.runs.map(\.name))
            let rows = try sweep.table().rows
            #expect(rows.allSatisfy { $0.state == .failed("no device") })
        }
    }

    @Test("A sweep that is interrupted saves the run and ends; the same call resumes it")
    func interruption() throws {
        try withSweep { sweep, _ in
            let stop = try #require(throws: Interrupted.self) {
                try sweep.train(hooks: { _ in [Signal()] })
            }
            #expect(stop.signal == SIGINT)
            let rows = try sweep.table().rows
            #expect(rows.map(\.state) == [.stopped, .waiting, .waiting, .waiting])
            #expect(rows[0].progress?.iteration == 1)
            let counter = Counter()
            let table = try sweep.train(only: ["plain, seed 0"], hooks: { _ in [counter] })
            #expect(table.rows[0].state == .finished && counter.iterations == 1)
        }
    }

    @Test(
        "One run of a sweep is checked by its name, with the overrides; the whole file by its list of runs"
    )
    func check() throws {
        try withSweep { sweep, _ in
            func problems(_ run: String?, _ override: String) throws -> [String] {
                var check = try ExperimentCheck(
                    sweep.file, run: run, overrides: [override], registry: sweep.registry,
                    device: .meta)
                check.depth = .shapes
                check.run { _ in }
                return check.findings.problems
            }
            let sound = try problems("narrow, seed 1", "train.batch=3")
            let unknown = try problems("narrow, seed 1", "model.head.chanels=3")
            #expect(sound.isEmpty && unknown.count == 1)
            #expect(unknown.first?.contains("unknown key 'chanels'") == true, "\(unknown)")
            let whole = try problems(nil, "train.batch.x=3")
            #expect(
                whole.first?.contains("train.batch is the number 2, which has no 'x'") == true,
                "\(whole)")
            #expect(throws: ArgumentError.self) { try problems("wide", "train.batch=3") }
        }
    }
}
