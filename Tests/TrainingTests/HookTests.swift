import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

/// Counts its calls, and stops training after an iteration.
private final class Counting: Hook {
    struct Configuration: YAMLConfiguration {
        var stopAfter = 1000
    }

    private(set) var iterations = 0
    private(set) var evaluations: [Int] = []
    private let stopAfter: Int

    init(_ configuration: Configuration, _ context: BuildContext) {
        stopAfter = configuration.stopAfter
    }

    func afterIteration(_ trainer: Trainer) {
        iterations += 1
        if trainer.iteration == stopAfter { trainer.stop() }
    }

    func afterEvaluation(_ trainer: Trainer, _ report: any EvaluationReport) {
        evaluations.append(trainer.iteration)
    }
}

private final class Remembering: StatefulHook {
    let stateName = "remembering"
    var state = 0
}

/// Has the name of another hook's state, and a state of another type.
private final class Forgetting: StatefulHook {
    let stateName = "remembering"
    var state = ["a": "b"]
}

/// Sends the process a signal after an iteration, once.
private final class Signalling: Hook {
    private var isSent = false

    func afterIteration(_ trainer: Trainer) {
        guard trainer.iteration == 2, !isSent else { return }
        isSent = true
        raise(SIGINT)
    }
}

private struct CountingPlugin: Plugin {
    func register(in registry: inout Registry) {
        registry.hooks.register("Counting", Counting.init)
    }
}

@Suite struct HookTests {
    @Test(
        "A hook of the program is called after each iteration and validation; results say where the checkpoints are"
    )
    func program() throws {
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder)
            let hook = Counting(.init(), BuildContext(registry: run.experiment.registry))
            let result = try run.experiment.train(in: folder + "/program", hooks: [hook])
            #expect(hook.iterations == 4 && hook.evaluations == [2, 4])
            #expect(result.iterations == 4 && result.lastCheckpoint?.hasSuffix("/iter_4") == true)
            let best = try #require(result.bestCheckpoint)
            #expect(FileManager.default.fileExists(atPath: best + "/model.safetensors"))
        }
    }

    @Test(
        "A hook that the configuration names ends training, and what was reached is saved and resumed"
    )
    func configuration() throws {
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder, overrides: ["train.checkpoint_interval=100"])
            var registry = run.experiment.registry
            try registry.install(CountingPlugin())
            let stopping = try Experiment(
                folder + "/run.yaml",
                overrides: [
                    "train.checkpoint_interval=100", "hooks=[{type: Counting, stop_after: 3}]",
                ], registry: registry)
            let result = try stopping.train(in: folder + "/named")
            #expect(result.iterations == 3 && result.lastCheckpoint?.hasSuffix("/iter_3") == true)
            let progress = try #require(RunProgress(workDirectory: folder + "/named"))
            #expect(progress.isStopped && progress.isFinished(iterations: 4, validates: true))
            let resumed = try run.experiment.train(in: folder + "/named", from: .newestCheckpoint)
            #expect(resumed.iterations == 4)
        }
    }

    @Test("A hook that is not registered is a mistake with its place, for `check` too")
    func unknown() throws {
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder, overrides: ["hooks=[{type: Nothing}]"])
            let error = try #require(throws: ConfigurationError.self) {
                try run.experiment.train(in: folder + "/unknown")
            }
            #expect("\(error)".contains("unknown hook 'Nothing'"), "\(error)")
            #expect(throws: ConfigurationError.self) { try run.experiment.checkRecipe() }
        }
    }

    @Test("A program that is interrupted while it trains saves, and can train again")
    func interruption() throws {
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder)
            let hook = Signalling()
            let stop = try #require(throws: Interrupted.self) {
                try run.experiment.train(in: folder + "/a", hooks: [hook])
            }
            #expect(stop.signal == SIGINT && stop.exitCode == 130)
            let resumed = try run.experiment.train(
                in: folder + "/a", from: .newestCheckpoint, hooks: [hook])
            #expect(resumed.iterations == 4)
        }
    }

    @Test(
        "A resumed run says which states of hooks it has no use for, and refuses one that its hook cannot read"
    )
    func otherStates() throws {
        try withTemporaryFolder { folder in
            try SmallRun(in: folder).experiment.train(in: folder + "/a", hooks: [Remembering()])
            let longer = try SmallRun(in: folder, iterations: 6)
            let error = try #require(throws: CheckpointError.self) {
                try longer.experiment.train(
                    in: folder + "/a", from: .newestCheckpoint, hooks: [Forgetting()])
            }
            #expect(error.path == folder + "/a/iter_4")
            #expect(
                error.problem.hasPrefix(
                    "holds a state of the hook 'remembering' that Forgetting cannot read: "),
                "\(error)")
            try longer.experiment.train(in: folder + "/a", from: .newestCheckpoint)
            let names =
                FileManager.default.enumerator(atPath: folder + "/a")?.compactMap { $0 as? String }
                ?? []
            let log = try String(
                contentsOfFile: folder + "/a/" + (#require(names.first { $0.hasSuffix(".log") })),
                encoding: .utf8)
            #expect(
                log.contains(
                    "WARNING - \(folder)/a/iter_4 holds states of hooks that this run does not have, they are dropped: "
                        + "remembering\n"))
        }
    }

    @Test("Two hooks with one name of their state are a mistake before training begins")
    func names() throws {
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder)
            let error = try #require(throws: ConfigurationError.self) {
                try run.experiment.train(in: folder + "/a", hooks: [Remembering(), Remembering()])
            }
            #expect(
                "\(error)".contains("two hooks save a state under the name 'remembering'"),
                "\(error)")
        }
    }
}
