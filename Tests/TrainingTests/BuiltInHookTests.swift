import DenseKitCheckpoints
import DenseKitComponents
import DenseKitEvaluation
import Foundation
import Testing

@testable import DenseKitTraining

private func hooks(_ list: String) -> [String] { ["hooks=[\(list)]"] }

/// The names of a run's hooks, in the order in which they are called.
private func names(_ trainer: Trainer) -> [String] { trainer.hooks.map { "\(type(of: $0))" } }

@Suite struct BuiltInHookTests {
    @Test("An automatic hook that is named takes its own place, and is there once")
    func named() throws {
        try withTemporaryFolder { folder in
            let automatic = ["LogHook", "CheckpointHook", "EvaluationHook"]
            #expect(try names(SmallRun(in: folder).trainer()) == automatic)
            let list =
                "EvaluationHook, {type: CheckpointHook, keep_interval: 3}, EarlyStopping, {type: LogHook, window: 2}"
            #expect(
                try names(SmallRun(in: folder, overrides: hooks(list)).trainer()) == [
                    "LogHook", "EarlyStopping", "CheckpointHook", "EvaluationHook",
                ])
            let skipping = try SmallRun(
                in: folder, data: "bad_image: skip",
                overrides: hooks("MetricsFile, SkippedImagesHook"))
            #expect(
                try names(skipping.trainer()) == [
                    "LogHook", "SkippedImagesHook", "MetricsFile", "CheckpointHook",
                    "EvaluationHook",
                ])
        }
    }

    @Test("An automatic hook of a program takes its own place too")
    func ofAProgram() throws {
        try withTemporaryFolder { folder in
            let run = try SmallRun(
                in: folder, iterations: 5, validates: false,
                overrides: ["train.keep_checkpoints=1", "train.checkpoint_interval=100"])
            var settings = CheckpointHook.Configuration()
            settings.keepInterval = 2
            let hook = try CheckpointHook(settings)
            let trainer = try run.experiment.trainer(
                in: run.work, dataset: run.dataset, hooks: [hook])
            #expect(names(trainer) == ["LogHook", "CheckpointHook"] && trainer.hooks[1] === hook)
            try trainer.run()
            #expect(try run.checkpoints() == ["iter_2", "iter_4", "iter_5"])
        }
    }

    @Test(
        "Checkpoints of the second interval are saved besides the others, and stay, after a resume too"
    )
    func keepInterval() throws {
        try withTemporaryFolder { folder in
            let list = hooks("{type: CheckpointHook, keep_interval: 2}")
            func run(_ iterations: Int) throws -> SmallRun {
                try SmallRun(
                    in: folder, iterations: iterations, validates: false,
                    overrides: list + ["train.checkpoint_interval=3", "train.keep_checkpoints=1"])
            }
            try run(5).trainer().run()
            let second = try run(9)
            #expect(try second.checkpoints() == ["iter_2", "iter_4", "iter_5"])
            try second.trainer(from: .newestCheckpoint).run()
            #expect(try second.checkpoints() == ["iter_2", "iter_4", "iter_6", "iter_8", "iter_9"])
        }
    }

    @Test("The window of the log is a setting")
    func window() throws {
        try withTemporaryFolder { folder in
            let run = try SmallRun(
                in: folder, validates: false, overrides: hooks("{type: LogHook, window: 2}"))
            let trainer = try run.trainer()
            try trainer.run()
            #expect(try #require(trainer.hooks[0] as? LogHook).state.recent.count == 2)
        }
    }

    @Test(
        "Hooks that do not fit are mistakes with their places, before training and in check",
        arguments: [
            (
                "LogHook, {type: LogHook, window: 3}",
                "LogHook is among the hooks twice; every run has one: list it once"
            ),
            (
                "{type: LogHook, window: 0}",
                "hook LogHook could not be built: window must be 1…100000, found 0"
            ),
            (
                "{type: CheckpointHook, keep_interval: -1}",
                "keep_interval must be 1…1000000000, found -1"
            ),
            ("{type: CheckpointHook, interval: 5}", "unknown key 'interval' of CheckpointHook"),
            ("{type: EarlyStopping, patience: 0}", "patience must be 1…1000000, found 0"),
            (
                "{type: EarlyStopping, min_delta: -0.5}",
                "min_delta must be 0.0…1000000.0, found -0.5"
            ),
            (
                "{type: MetricsFile, file: metrics.txt}",
                "file must end in .csv or .json, which says how it is written"
            ),
            ("SkippedImagesHook", "counts skipped images, and data.bad_image: error skips none"),
            ("EarlyStoping", "unknown hook 'EarlyStoping'; did you mean 'EarlyStopping'?"),
            (
                "EarlyStopping, EarlyStopping",
                "two hooks save a state under the name 'early_stopping'"
            ),
        ])
    func mistakes(_ list: String, _ message: String) throws {
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder, overrides: hooks(list))
            let error = #expect(throws: (any Error).self) { try run.trainer() }
            let text = "\(try #require(error))"
            #expect(text.contains(message) && text.hasPrefix("override hooks="), "\(text)")
            var check = ExperimentCheck(
                run.experiment.file, overrides: hooks(list), registry: run.experiment.registry,
                device: .meta)
            check.depth = .shapes
            check.run { _ in }
            #expect(check.findings.problems == [text])
        }
    }

    @Test(
        "Hooks of validations need a validation set",
        arguments: ["EarlyStopping", "MetricsFile", "EvaluationHook"])
    func needsValidation(_ hook: String) throws {
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder, validates: false, overrides: hooks(hook))
            let error = try #require(throws: ConfigurationError.self) { try run.trainer() }
            #expect(
                error.description
                    == "override hooks=[\(hook)]: the hook \(hook) needs validations, and data.val is "
                    + "missing; name a data set there, or leave the hook out")
        }
    }

    @Test("A hook of a run in a trainer of one's own says what it needs")
    func withoutRun() throws {
        try withTemporaryFolder { folder in
            let trainer = try SmallRun(in: folder).trainer()
            for hook in try [
                LogHook(.init()), SkippedImagesHook(), CheckpointHook(), EvaluationHook(),
            ] as [any Hook] {
                let error = try #require(throws: TrainingError.self) {
                    try hook.beforeTraining(trainer)
                }
                #expect(
                    error.description
                        == "the hook \(type(of: hook)) has no run: it needs a work directory, which only "
                        + "the trainer of an experiment has; make the trainer with `Experiment.trainer(in:)`, or leave the "
                        + "hook out")
            }
        }
    }
}

@Suite struct EarlyStoppingTests {
    /// The iteration at which a run of up to 12 iterations, validated every second, stops.
    private func end(
        of values: [Double], _ settings: String, better: MetricDirection = .higher,
        in folder: String
    ) throws -> Int {
        let run = try SmallRun(
            in: folder, iterations: 12, overrides: hooks("{type: EarlyStopping, \(settings)}"))
        let trainer = try run.trainer(reporting: values, better: better)
        try trainer.run()
        return trainer.iteration
    }

    @Test(
        "Training ends once the metric has not improved for as many validations as the patience",
        arguments: [
            ([1.0, 2, 3, 4, 5, 6], "patience: 1", MetricDirection.higher, 12),
            ([1, 2, 2, 4, 5, 6], "patience: 1", .higher, 6),
            ([1, 2, 2, 4, 3, 3.5], "patience: 2", .higher, 12),
            ([1, 3, 2, 2.5, 9, 9], "patience: 2", .higher, 8),
            ([6, 5, 4, 3, 2, 1], "patience: 1", .lower, 12),
            ([6, 5, 5.5, 7, 2, 1], "patience: 2", .lower, 8),
            ([1, 1.4, 1.9, 9, 9, 9], "patience: 2, min_delta: 1", .higher, 6),
            ([.nan, .nan, 1, 1, 1, 1], "patience: 2", .higher, 4),
            ([-9, -8, -8, 0, 0, 0], "patience: 1", .higher, 6),
        ])
    func patience(
        _ values: [Double], _ settings: String, _ better: MetricDirection, _ expected: Int
    ) throws {
        try withTemporaryFolder { folder in
            #expect(try end(of: values, settings, better: better, in: folder) == expected)
            let progress = try #require(RunProgress(workDirectory: folder + "/w"))
            #expect(progress.iteration == expected && progress.isStopped == (expected < 12))
        }
    }

    @Test("A resumed run waits on: the state is in the checkpoint")
    func resumed() throws {
        try withTemporaryFolder { folder in
            let list = hooks("{type: EarlyStopping, patience: 2}")
            // 5 is the best; a run that is stopped after one validation of waiting waits one more.
            try SmallRun(in: folder, iterations: 4, overrides: list)
                .trainer(reporting: [5, 4], better: .higher).run()
            let second = try SmallRun(in: folder, iterations: 12, overrides: list)
            let trainer = try second.trainer(
                reporting: [4.5, 9], better: .higher, from: .newestCheckpoint)
            try trainer.run()
            #expect(trainer.iteration == 6 && trainer.best?.value == 5)
            let logs =
                FileManager.default.enumerator(atPath: second.work.path)?.compactMap {
                    $0 as? String
                } ?? []
            let log = try #require(logs.first { $0.hasSuffix(".log") })
            let text = try String(contentsOfFile: second.work.path + "/" + log, encoding: .utf8)
            #expect(
                text.contains(
                    "INFO - training ends early: score has not improved in 2 validations; its best is 5.00 at iteration 2\n"
                ))
        }
    }
}

@Suite struct MetricsFileTests {
    private func content(_ run: SmallRun, _ trainer: Trainer, _ name: String) throws -> String {
        try String(contentsOfFile: #require(trainer.runFolder) + "/" + name, encoding: .utf8)
    }

    @Test(
        "A CSV file has a row for each validation; a resumed run has the rows of one that was not stopped"
    )
    func csv() throws {
        try withTemporaryFolder { folder in
            // A constant rate, so that the length of the run does not matter.
            let constant = ["schedule={type: Poly, power: 0, min_lr: 0, warmup_iterations: 0}"]
            func run(_ name: String, _ iterations: Int) throws -> SmallRun {
                let place = folder + "/" + name
                try FileManager.default.createDirectory(
                    atPath: place, withIntermediateDirectories: true)
                return try SmallRun(
                    in: place, iterations: iterations, overrides: hooks("MetricsFile") + constant)
            }
            let whole = try run("whole", 6)
            let trainer = try whole.trainer()
            try trainer.run()
            let text = try content(whole, trainer, "metrics.csv")
            let lines = text.split(separator: "\n")
            #expect(lines[0] == "step,lr,loss,aAcc,mIoU,mAcc" && lines.count == 4)
            let rows = lines.dropFirst().map { $0.split(separator: ",").map(String.init) }
            #expect(
                rows.map { $0[0] } == ["2", "4", "6"]
                    && rows.allSatisfy { $0.count == 6 && $0[1] == "0.0001" })
            #expect(rows.allSatisfy { Double($0[2]).map { $0 > 0 } == true })

            try run("parts", 4).trainer().run()
            let rest = try run("parts", 6)
            // What a killed run wrote after its checkpoint goes.
            let resumed = try rest.trainer(from: .newestCheckpoint)
            try Data("torn".utf8).write(
                to: URL(filePath: #require(resumed.runFolder) + "/metrics.csv"))
            try resumed.run()
            #expect(try content(rest, resumed, "metrics.csv") == text)
        }
    }

    @Test("A run that was stopped between an iteration and its validation has the same rows")
    func pendingValidation() throws {
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder, iterations: 2, overrides: hooks("MetricsFile"))
            let stopped = try run.trainer()
            for hook in stopped.hooks { try hook.beforeTraining(stopped) }
            for _ in 0..<2 {
                _ = try stopped.takeOneIteration()
                // All but the validation.
                for hook in stopped.hooks.dropLast() { try hook.afterIteration(stopped) }
            }
            #expect(try content(run, stopped, "metrics.csv") == "")
            let resumed = try run.trainer(from: .newestCheckpoint)
            try resumed.run()
            let rows = try content(run, resumed, "metrics.csv").split(separator: "\n")
            let values = try #require(rows.last).split(
                separator: ",", omittingEmptySubsequences: false)
            #expect(
                rows.count == 2 && values.count == 6 && values.allSatisfy { Double($0) != nil },
                "\(rows)")
        }
    }

    @Test("A JSON file is a list of objects; what is not finite is null")
    func json() throws {
        try withTemporaryFolder { folder in
            let file = folder + "/elsewhere.json"
            let run = try SmallRun(
                in: folder, overrides: hooks("{type: MetricsFile, file: \(file)}"))
            let trainer = try run.trainer(reporting: [2.5, .nan], better: .lower)
            try trainer.run()
            let data = try #require(FileManager.default.contents(atPath: file))
            let rows = try JSONDecoder().decode([[String: Double?]].self, from: data)
            #expect(
                rows.map { $0["step"] } == [2, 4]
                    && rows.map { $0["score"] } == [.some(2.5), .some(nil)])
        }
    }

    @Test("A file that cannot be written is found before the first iteration")
    func unwritable() throws {
        try withTemporaryFolder { folder in
            let file = folder + "/missing/metrics.csv"
            let run = try SmallRun(
                in: folder, overrides: hooks("{type: MetricsFile, file: \(file)}"))
            let trainer = try run.trainer()
            let error = try #require(throws: CheckpointError.self) { try trainer.run() }
            #expect("\(error)".contains(file) && trainer.iteration == 0, "\(error)")
        }
    }
}
