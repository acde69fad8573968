import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

@testable import DenseKitTraining

/// The sweep in `yaml`, with configurations `base.yaml` and `other.yaml` beside it.
private func sweep(_ yaml: String, overrides: [String] = [], _ body: (Sweep, String) throws -> Void)
    throws
{
    try withTemporaryFolder { path in
        let folder = URL(filePath: path)
        let files = [
            "base.yaml": "model: { neck: { type: FPN, channels: 8 } }\ntrain: { batch: 8 }\n",
            "other.yaml": "model: { neck: { type: FPN } }\ntrain: { batch: 2 }\noptimizer: SGD\n",
            "nested.yaml": "sweep: {}\n",
            "sweep.yaml": yaml,
        ]
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
        let registry = try Registry(BuiltIn.plugins)
        let sweep = try Sweep(path + "/sweep.yaml", overrides: overrides, registry: registry)
        try body(sweep, path)
    }
}

/// The message that the sweep in `yaml` ends with, with paths relative to its folder.
private func problem(_ yaml: String) throws -> String {
    try withTemporaryFolder { _ in
        var text = ""
        do {
            try sweep(yaml) { _, _ in }
        } catch {
            text = "\(error)"
        }
        return text.replacing(/[^ '(]*densekit-tests-[^\/]*\//, with: "")
    }
}

@Suite("Files of sweeps") struct SweepFileTests {
    @Test("Every run with every combination of the grid: names, folders, values")
    func combinations() throws {
        let yaml = """
            _base_: base.yaml
            work_dir: out
            sweep:
              set: { train.batch: 4, train.iterations: 10 }
              runs:
                - { name: γ 0.5 }
                - { name: "a/b: [c]", set: { train: { batch: 6 }, model.neck: { type: Pyramid } } }
                - { name: other, config: other.yaml }
              grid: { train.seed: [0, 1], model.neck.channels: [16, 8] }
            """
        try sweep(yaml, overrides: ["train.iterations=20"]) { sweep, folder in
            #expect(sweep.name == "sweep" && sweep.folder == "out" && sweep.runs.count == 12)
            #expect(
                sweep.runs[..<5].map(\.name) == [
                    "γ 0.5, seed 0, channels 16", "γ 0.5, seed 0, channels 8",
                    "γ 0.5, seed 1, channels 16",
                    "γ 0.5, seed 1, channels 8",
                    "a/b: [c], seed 0, channels 16",
                ])
            #expect(
                sweep.runs[0].slug == "γ-0.5-seed-0-channels-16"
                    && sweep.runs[4].slug == "a-b-c-seed-0-channels-16")
            #expect(sweep.runs[4].folder == "out/a-b-c-seed-0-channels-16")
            func values(_ index: Int) -> String {
                [
                    "train.batch", "train.iterations", "train.seed", "model.neck",
                    "model.neck.channels", "work_dir",
                ]
                .map { sweep.runs[index].value(at: $0)?.cell ?? "-" }.joined(separator: " ")
            }
            #expect(values(0) == "4 20 0 FPN 16 out/γ-0.5-seed-0-channels-16")
            #expect(values(7) == "6 20 1 Pyramid 8 out/a-b-c-seed-1-channels-8")
            #expect(
                values(8) == "4 20 0 FPN 16 out/other-seed-0-channels-16"
                    && sweep.runs[8].config == "\(folder)/other.yaml")
            let byName = try sweep.run(named: "other, seed 1, channels 8")
            let byFolder = try sweep.run(named: "other-seed-1-channels-8")
            #expect(byName.slug == byFolder.slug)
            let entry = try sweep.runs(named: "other")
            let single = try sweep.runs(named: "other, seed 1, channels 8")
            #expect(entry.count == 4 && single.count == 1)
        }
        try sweep("_base_: base.yaml\nsweep: { grid: { train.seed: [3, 4] } }") { sweep, _ in
            #expect(
                sweep.runs.map(\.name) == ["seed 3", "seed 4"] && sweep.folder == "work_dirs/sweep")
        }
    }

    @Test(
        "A list of configurations: each is laid over those before it, and the run's own values over them"
    )
    func bases() throws {
        let yaml = """
            sweep:
              runs:
                - { name: both, config: [base.yaml, other.yaml], set: { train.seed: 3 } }
                - { name: first, config: [base.yaml] }
            """
        try sweep(yaml) { sweep, folder in
            let run = sweep.runs[0]
            let values = ["model.neck.channels", "train.batch", "train.seed", "optimizer"].map {
                run.value(at: $0)?.cell ?? "-"
            }
            #expect(values == ["8", "2", "3", "SGD"])
            #expect(run.bases == ["\(folder)/base.yaml", "\(folder)/other.yaml"])
            let first = try YAMLNode.load(path: folder + "/base.yaml")
            #expect(sweep.runs[1].node.without("work_dir") == first)
            let table = try sweep.table().text
            #expect(
                table.contains(/\nboth +base \+ other +\S/) && table.contains(/\nfirst +base +\S/),
                "\(table)")
        }
    }

    @Test(
        "Mistakes, with their places",
        arguments: [
            (
                "model: {}",
                "sweep.yaml: has no sweep: it is one experiment, which `Experiment` trains; list runs, such as `sweep: {grid: {train.seed: [0, 1, 2]}}`"
            ),
            (
                "sweep: {}",
                "sweep.yaml:1:1: sweep lists no runs; list some, such as `sweep: {grid: {train.seed: [0, 1, 2]}}`"
            ),
            (
                "sweep: { run: [] }",
                "sweep.yaml:1:10: unknown key 'run' in sweep; did you mean 'runs'? (keys: set, runs, grid)"
            ),
            (
                "sweep: { runs: [{ set: {} }] }",
                "sweep.yaml:1:17: sweep.runs.0: the key 'name' is missing"
            ),
            (
                "sweep: { runs: [{ name: a, sett: {} }] }",
                "sweep.yaml:1:28: unknown key 'sett' in sweep.runs.0; did you mean 'set'? (keys: name, config, set)"
            ),
            ("sweep: { runs: [{ name: '' }] }", "sweep.yaml:1:25: the name of a run is empty"),
            (
                "sweep: { runs: [{ name: '..' }] }",
                "sweep.yaml:1:25: the run '..' cannot have a folder of its name; name it with letters and digits"
            ),
            (
                "sweep: { runs: [{ name: table.md }] }",
                "sweep.yaml:1:25: the run 'table.md' cannot have a folder of its name; name it with letters and digits"
            ),
            (
                "sweep: { runs: [{ name: \(String(repeating: "a", count: 201)) }] }",
                "sweep.yaml:1:25: the name of a run is longer than a folder's can be: '\(String(repeating: "a", count: 60))…'; shorten it"
            ),
            (
                "sweep: { runs: [{ name: a }, { name: a, set: { train.seed: 1 } }] }",
                "sweep.yaml:1:38: a second run is called 'a'; give each a name of its own"
            ),
            (
                "sweep: { runs: [{ name: a 1 }, { name: A/1, set: { train.seed: 1 } }] }",
                "sweep.yaml:1:40: the runs 'a 1' and 'A/1' share a folder; give each a name of its own"
            ),
            (
                "sweep: { runs: [{ name: a }, { name: b }] }",
                "sweep.yaml:1:38: the run 'b' is the same as 'a'; remove one, or change a value in it"
            ),
            (
                "sweep: { runs: [{ name: a, set: [1] }] }",
                "sweep.yaml:1:33: set of the run 'a': expected keys with values; write {train.seed: 1, model.neck.channels: 64}"
            ),
            (
                "sweep: { set: 1, runs: [{ name: a }] }",
                "sweep.yaml:1:15: sweep.set: expected keys with values; write {train.seed: 1, model.neck.channels: 64}"
            ),
            (
                "sweep: { grid: [1] }",
                "sweep.yaml:1:16: sweep.grid: expected keys with values; write {train.seed: 1, model.neck.channels: 64}"
            ),
            (
                "sweep: { grid: { train.seed: 3 } }",
                "sweep.yaml:1:30: sweep.grid: expected a list of values for train.seed; write train.seed: [0, 1, 2]; settings of all runs go in sweep.set"
            ),
            (
                "sweep: { grid: { train.seed: [1, 1] } }",
                "sweep.yaml:1:34: a second run is called 'seed 1'; give each a name of its own"
            ),
            (
                "sweep: { grid: { train.: [1] } }",
                "sweep.yaml:1:18: an empty name in the path; write model.head.channels: 64"
            ),
            (
                "sweep: { runs: [{ name: a, set: { train.seed: 1 } }], grid: { train.seed: [1] } }",
                "sweep.yaml:1:35: train.seed is in sweep.grid too; keep one"
            ),
            (
                "sweep: { grid: { a: [\(Array(repeating: "1", count: 40).joined(separator: ","))], b: [\(Array(repeating: "1", count: 40).joined(separator: ","))] } }",
                "sweep.yaml:1:104: sweep: more than 1000 runs"
            ),
            (
                "sweep: { runs: [{ name: a, config: x.yaml }] }",
                "sweep.yaml:1:36: config x.yaml: no such file"
            ),
            (
                "sweep: { runs: [{ name: a, config: basse.yaml }] }",
                "sweep.yaml:1:36: config basse.yaml: no such file; did you mean base.yaml?"
            ),
            (
                "sweep: { runs: [{ name: a, config: nested.yaml }] }",
                "sweep.yaml:1:36: config nested.yaml: is a sweep itself, and one experiment is wanted"
            ),
            (
                "sweep: { runs: [{ name: a, config: [base.yaml, nested.yaml] }] }",
                "sweep.yaml:1:48: config nested.yaml: is a sweep itself, and one experiment is wanted"
            ),
            (
                "sweep: { runs: [{ name: a, config: [base.yaml, x.yaml] }] }",
                "sweep.yaml:1:48: config x.yaml: no such file"
            ),
            (
                "sweep: { runs: [{ name: a, config: [] }] }",
                "sweep.yaml:1:36: config takes a file or a list of files, found an empty list; remove it: a run without config starts from the file's own configuration"
            ),
            (
                "sweep: { runs: [{ name: a, config: [base.yaml, [x]] }] }",
                "sweep.yaml:1:48: sweep.runs.0.config.1: expected a string, found a list"
            ),
            (
                "train: { batch: 1 }\nsweep: { runs: [{ name: a, config: base.yaml }] }",
                "sweep.yaml:1:1: no run starts from this configuration: each names its own; settings of all runs go in sweep.set"
            ),
            (
                "_base_: base.yaml\nsweep: { runs: [{ name: a, set: { train.batch.x: 1 } }] }",
                "sweep.yaml:2:35: train.batch is the number 8, which has no 'x' (base.yaml:2:17)"
            ),
        ] as [(String, String)])
    func mistakes(yaml: String, message: String) throws { #expect(try problem(yaml) == message) }

    @Test("A name that no run has: the nearest one, and all of them")
    func unknownRun() throws {
        try sweep("sweep: { runs: [{ name: gamma 1 }, { name: gamma 2, set: { train.seed: 1 } }] }")
        { sweep, folder in
            let error = try #require(throws: ArgumentError.self) { try sweep.run(named: "gama 1") }
            #expect(
                "\(error)".replacing("\(folder)/", with: "")
                    == "sweep.yaml has no run 'gama 1'; did you mean 'gamma 1'? (runs: gamma 1; gamma 2)"
            )
        }
    }

    @Test("A sweep is no experiment: what asks for one says how to name a run")
    func noExperiment() throws {
        try withTemporaryFolder { folder in
            let file = folder + "/sweep.yaml"
            try Data("sweep: { grid: { train.seed: [1] } }".utf8).write(to: URL(filePath: file))
            let error = try #require(throws: ConfigurationError.self) {
                try Experiment(file, registry: Registry(BuiltIn.plugins))
            }
            #expect(
                "\(error)"
                    == "\(file):1:1: a sweep is many experiments, and one is wanted here; the sweep \(file) trains them all, a run's name names one of them"
            )
        }
    }

    @Test("The shortest end of a path that no other has")
    func names() {
        #expect(
            shortNames(["train.seed", "model.neck.channels", "model.head.channels", "a", "b.a"])
                == [
                    "train.seed": "seed", "model.neck.channels": "neck.channels",
                    "model.head.channels": "head.channels", "a": "a",
                    "b.a": "b.a",
                ])
    }
}
