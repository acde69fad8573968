import DenseKitCheckpoints
import DenseKitComponents
import Foundation
import Testing

@testable import DenseKitTraining

/// The bytes of the model's running statistics.
private func statistics(_ trainer: Trainer) throws -> [[UInt8]] {
    try trainer.model.namedTensors().filter { $0.kind == .buffer }.map { try $0.tensor.bytes() }
}

/// Makes every weight of the head's classifier `value`.
private func spoil(_ trainer: Trainer, with value: Double) throws {
    let weight = try #require(
        try trainer.model.namedTensors().first { $0.name == "decode_head.conv_seg.weight" }?.tensor)
    try withoutGrad { _ = try weight.fillInPlace(value) }
}

@Test("A run keeps the newest checkpoints and the best one")
func keeping() throws {
    try withTemporaryFolder { folder in
        let run = try SmallRun(in: folder)
        let trainer = try run.trainer()
        try trainer.run()
        let best = try #require(trainer.best)
        #expect(try run.checkpoints() == ["best_mIoU_iter_\(best.iteration)", "iter_3", "iter_4"])
        let last = try String(contentsOfFile: run.work.path + "/last_checkpoint", encoding: .utf8)
        #expect(
            last == "\(run.work.path)/iter_4\n" && trainer.saves.newest == "\(run.work.path)/iter_4"
        )
        let state = try Checkpoint.Contents(run.work.path + "/iter_4").state
        #expect(state.best == best && state.hooks["evaluation"] == #"{"evaluated":4}"#)
    }
}

@Test(
    "A new run in a directory with checkpoints leaves them alone, and is the one that auto goes on from"
)
func newRunInAnOldDirectory() throws {
    try withTemporaryFolder { folder in
        try SmallRun(in: folder, ", seed: 1").trainer().run()
        let run = try SmallRun(in: folder, ", seed: 2", validates: false)
        let trainer = try run.trainer()
        let before = try run.checkpoints()
        let hook = try #require(trainer.hooks.compactMap { $0 as? CheckpointHook }.first)
        trainer.iteration = 1
        try hook.afterIteration(trainer)
        #expect(try run.checkpoints() == (before + ["iter_1"]).sorted())
        #expect(
            try run.work.resumption(.newestCheckpoint)?.checkpoint.path == run.work.path + "/iter_1"
        )
    }
}

@Test(
    "Auto falls back from damaged checkpoints to good ones, the best one last, and says so; a named one is refused with the good ones"
)
func fallingBack() throws {
    try withTemporaryFolder { folder in
        let run = try SmallRun(in: folder)
        try run.trainer().run()
        let best = try #require(try run.checkpoints().first)
        func chosen() throws -> (String, [String]) {
            let resumption = try #require(try run.work.resumption(.newestCheckpoint))
            return (
                URL(filePath: resumption.checkpoint.path).lastPathComponent,
                resumption.refused.map(\.problem)
            )
        }
        #expect(try chosen() == ("iter_4", []))
        // A cut tail of the moments, a flipped bit of the state, a missing file.
        let path = run.work.path
        let moments = path + "/iter_4/optimizer.safetensors"
        let size = try #require(FileManager.default.contents(atPath: moments)).count
        #expect(truncate(moments, size - 1) == 0)
        #expect(try chosen() == ("iter_3", ["has \(size - 1) bytes, \(size) were written"]))
        let named = try #require(throws: CheckpointError.self) {
            try run.work.resumption(.checkpoint(path + "/iter_4"))
        }
        #expect(
            named.description
                == "\(moments): has \(size - 1) bytes, \(size) were written. Good ones are: \(path)/iter_3, \(path)/\(best)."
        )

        var state = try #require(FileManager.default.contents(atPath: path + "/iter_3/state.json"))
        state[state.count / 2] ^= 4
        try state.write(to: URL(filePath: path + "/iter_3/state.json"))
        let (fallback, problems) = try chosen()
        #expect(
            fallback == best && problems.contains("was changed or cut off after it was written"))
        let trainer = try run.trainer(from: .newestCheckpoint)
        #expect(trainer.iteration == trainer.best?.iteration)

        try FileManager.default.removeItem(atPath: "\(path)/\(best)/model.safetensors")
        let none = try #require(throws: CheckpointError.self) {
            try run.work.resumption(.newestCheckpoint)
        }
        #expect(none.problem.hasPrefix("none of its 3 checkpoints is whole: "))
    }
}

@Test("A checkpoint from before its evaluation makes the resumed run evaluate first")
func pendingEvaluation() throws {
    try withTemporaryFolder { folder in
        let run = try SmallRun(in: folder)
        let whole = try run.trainer()
        let evaluation = try #require(whole.hooks.last as? EvaluationHook)
        try whole.model.setTraining(true)
        whole.iteration = 2
        try whole.hooks.dropLast().forEach { try $0.afterIteration(whole) }
        #expect(
            try Checkpoint.Contents(run.work.path + "/iter_2").state.hooks["evaluation"]
                == #"{"evaluated":0}"#)
        let resumed = try run.trainer(from: .newestCheckpoint)
        try evaluation.afterIteration(whole)
        #expect(
            try Checkpoint.Contents(run.work.path + "/iter_2").state.best == whole.best
                && whole.best != nil)

        #expect(resumed.iteration == 2 && resumed.best == nil)
        let hook = try #require(resumed.hooks.last as? EvaluationHook)
        try hook.beforeTraining(resumed)
        #expect(resumed.best == whole.best && hook.state.evaluated == 2)
        try hook.beforeTraining(resumed)
    }
}

@Test(
    "A run that was killed between a checkpoint and the note of it writes the note when it goes on")
func staleNote() throws {
    try withTemporaryFolder { folder in
        let run = try SmallRun(in: folder)
        try run.trainer().run()
        let note = run.work.path + "/last_checkpoint"
        try Data("\(run.work.path)/iter_3\n".utf8).write(to: URL(filePath: note))
        try run.trainer(from: .newestCheckpoint).run()
        #expect(try String(contentsOfFile: note, encoding: .utf8) == "\(run.work.path)/iter_4\n")
    }
}

@Test(
    "An iteration whose loss is not finite changes nothing but the count; after too many training stops and can go on"
)
func badLosses() throws {
    try withTemporaryFolder { folder in
        let run = try SmallRun(in: folder, ", max_bad_losses: 3", validates: false)
        let trainer = try run.trainer()
        let before = try statistics(trainer)
        try spoil(trainer, with: .nan)
        let error = try #require(throws: TrainingError.self) { try trainer.run() }
        // Before the third bad loss in a row the first checkpoint finds the weight.
        guard case .notFinite(let tensor, let newest) = error else {
            return #expect(Bool(false), "\(error)")
        }
        #expect(tensor == "decode_head.conv_seg.weight" && newest == nil)
        #expect(
            try statistics(trainer) == before && trainer.badLosses == BadLosses(inARow: 1, total: 1)
        )
        #expect(try run.checkpoints().isEmpty && run.temporaries().isEmpty)
    }
}

@Test(
    "Three bad losses in a row: the counts of the checkpoint are those before the iteration that is done again"
)
func tooManyBadLosses() throws {
    try withTemporaryFolder { folder in
        let run = try SmallRun(in: folder, ", max_bad_losses: 3")
        let trainer = try run.trainer()
        // Finite weights whose products are not.
        try spoil(trainer, with: 3e38)
        let error = try #require(throws: TrainingError.self) { try trainer.run() }
        guard case .badLosses(3, let names) = error else { return #expect(Bool(false), "\(error)") }
        #expect(names.count == 2 && trainer.iteration == 2)
        #expect(trainer.badLosses == BadLosses(inARow: 2, total: 2))
        let state = try #require(try run.work.resumption(.newestCheckpoint)).checkpoint.state
        #expect(state.badLosses == trainer.badLosses && state.iteration == 2)
    }
}

@Test(
    "An iteration that fails in its second half leaves the model as it was before the first",
    arguments: 0..<6)
func failedIteration(unreadable: Int) throws {
    try withTemporaryFolder { folder in
        let run = try SmallRun(
            in: folder, ", per_device_batch: 1", validates: false,
            noise: "unreadable: \(unreadable)")
        let trainer = try run.trainer()
        let first = try statistics(trainer)
        let error = try #require(throws: (any Error).self) { try trainer.run() }
        #expect(
            "\(error)".contains("noise \(unreadable)") && trainer.iteration < 3
                && trainer.isConsistent)
        guard trainer.iteration > 0 else { return #expect(try statistics(trainer) == first) }
        let saved = try Checkpoint.Contents("\(run.work.path)/iter_\(trainer.iteration)").weights
        for entry in try trainer.model.namedTensors() {
            #expect(
                try saved[entry.name]?.bytes() == entry.tensor.detached().bytes(), "\(entry.name)")
        }
    }
}

@Test("What stops training, in words")
func messages() {
    let table: [(error: TrainingError, message: String)] = [
        (
            .notFinite(tensor: "neck.conv.weight", newest: "w/iter_8"),
            "neck.conv.weight holds values that are infinite or not a number, so no checkpoint was saved; the newest good one is w/iter_8. "
                + "Lower the learning rate, or set train.clip_norm, and resume from it."
        ),
        (
            .failedSaves(1, newest: "w/iter_8"),
            "1 checkpoint could not be saved (the log says why); the newest good one is w/iter_8"
        ),
        (
            .failedSaves(3, newest: nil),
            "3 checkpoints could not be saved (the log says why); the newest good one is none: the run is lost"
        ),
        (
            .badImages(4, of: 8, share: 0.1, last: "a.jpg: is empty"),
            "4 of 8 training images cannot be read, which is more than data.max_bad_share: 0.1 allows; the last of them: a.jpg: is empty. Mend "
                + "the files that the log names, or find them all with `ExperimentCheck`."
        ),
    ]
    for (error, message) in table { #expect(error.description == message) }
    #expect(
        Interrupted(signal: SIGTERM).exitCode == 0 && Interrupted(signal: SIGINT).exitCode == 130)
    #expect(
        "\(Interrupted(signal: SIGTERM))" == "interrupted by SIGTERM"
            && "\(Interrupted(signal: SIGINT))" == "interrupted by SIGINT")
    #expect("\(Interrupted(signal: SIGUSR1))" == "interrupted by SIGUSR1")
}
