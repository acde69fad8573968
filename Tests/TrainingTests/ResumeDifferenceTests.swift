import DenseKitCheckpoints
import DenseKitComponents
import Foundation
import Testing

@testable import DenseKitTraining

/// The lines of the newest run's log in the work directory.
private func log(of run: SmallRun) throws -> String {
    let files =
        FileManager.default.enumerator(atPath: run.work.path)?.compactMap { $0 as? String } ?? []
    return try files.filter { $0.hasSuffix(".log") }.sorted().map {
        try String(contentsOfFile: run.work.path + "/" + $0, encoding: .utf8)
    }.joined()
}

/// What differs between a run's checkpoint and the same run with other settings.
private func differences(_ overrides: [String], in folder: String) throws -> [String] {
    let run = try SmallRun(in: folder, overrides: overrides)
    return try #require(try run.work.resumption(.newestCheckpoint)).differences(
        to: run.experiment, images: run.dataset.count)
}

/// Trains a run of four iterations in `folder` and lets go of its work directory.
private func train(in folder: String) throws { try SmallRun(in: folder).trainer().run() }

@Suite struct ResumeDifferenceTests {
    @Test(
        "A checkpoint of other classes is refused with the classes that differ",
        arguments: [
            ("[light, night]", "class 1 is 'dark' in the checkpoint and 'night' in data.train"),
            (
                "[dark, light]",
                "class 0 is 'light' in the checkpoint and 'dark' in data.train; class 1 is 'dark' in the checkpoint and 'light' in "
                    + "data.train"
            ),
            ("[light, dark, grey]", "the checkpoint has 2 classes and data.train 3"),
        ])
    func otherClasses(_ names: String, _ problem: String) throws {
        try withTemporaryFolder { folder in
            try train(in: folder)
            let run = try SmallRun(
                in: folder, validates: false, overrides: ["data.train.classes=\(names)"])
            let error = try #require(throws: CheckpointError.self) {
                try run.trainer(from: .newestCheckpoint)
            }
            #expect(error.problem == "was trained for other classes: \(problem)")
            #expect(
                error.remedy?.contains("begin a new run from its weights with model.weights.file")
                    == true)
        }
    }

    @Test("Every other setting that matters is listed with its old and its new value, and no other")
    func otherSettings() throws {
        try withTemporaryFolder { folder in
            try train(in: folder)
            #expect(try differences([], in: folder) == [])
            // Said as the default, otherwise, or of no consequence: the same.
            #expect(
                try differences(
                    [
                        "optimizer={type: AdamW, lr: 0.0001, betas: [0.9, 0.999]}",
                        "schedule.power=9e-1", "work_dir=elsewhere",
                        "data.workers=3", "train.log_interval=7", "train.keep_checkpoints=9",
                        "train.checkpoint_interval=2",
                        "model.backbone.weights=lost.pth",
                        "model.head.loss={type: CrossEntropy, weight: 1}",
                    ], in: folder) == [])
            let found =
                try differences(
                    [
                        "optimizer.lr=5e-5", "train.batch=4", "train.per_device_batch=2",
                        "train.seed=3", "train.iterations=9",
                        "train.precision=bfloat16", "model.head.dropout=0.2",
                        "model.head.loss.weight=2",
                        "data.train.unreadable=5", "data.train_pipeline=[Normalize, RandomFlip]",
                        "test.mode=slide",
                        "model.freeze=[backbone]",
                    ], in: folder)
            let pipeline = "data.train_pipeline: "
            #expect(
                found.contains {
                    $0.hasPrefix(pipeline) && $0.hasSuffix("}, {type: RandomFlip, prob: 0.5}]")
                })
            #expect(
                found.filter { !$0.hasPrefix(pipeline) } == [
                    "model.head.dropout: 0.1 → 0.2", "model.head.loss.weight: 1.0 → 2.0",
                    "model.freeze: [] → [backbone]",
                    "data.train.unreadable: null → 5",
                    "optimizer.lr: 0.0001 → 5e-05", "train.iterations: 4 → 9", "train.batch: 2 → 4",
                    "train.per_device_batch: null → 2", "train.seed: 0 → 3",
                    "train.precision: float32 → bfloat16",
                    "test.mode: whole → slide",
                ])
            #expect(
                try differences(["optimizer=SGD"], in: folder).first
                    == "optimizer.type: AdamW → SGD")
            #expect(
                try differences(["data.train_pipeline.0.mean=[1, 2, 3]"], in: folder).map {
                    String($0.prefix(27))
                } == [
                    "data.train_pipeline.0.mean:"
                ])
        }
    }

    @Test("What differs stands in the log, and so do moments that another optimizer has no use for")
    func theLog() throws {
        try withTemporaryFolder { folder in
            try train(in: folder)
            let run = try SmallRun(
                in: folder, overrides: ["optimizer={type: SGD, lr: 0.001}", "train.iterations=6"])
            let trainer = try run.trainer(from: .newestCheckpoint)
            #expect(trainer.iteration == 4)
            let text = try log(of: run)
            let checkpoint = run.work.path + "/iter_4"
            #expect(
                text.contains(
                    "WARNING - other than when \(checkpoint) was saved: optimizer.type: AdamW → SGD\n"
                ))
            #expect(
                text.contains(
                    "WARNING - other than when \(checkpoint) was saved: train.iterations: 4 → 6\n"))
            #expect(
                text.contains(
                    "tensors of the optimizer's state in \(checkpoint) are of no use to this optimizer and are dropped"
                )
            )
            try trainer.run()
            #expect(trainer.iteration == 6)
        }
    }

    @Test("Another optimizer, another pipeline and other images are told with what they say")
    func wholeComponents() throws {
        try withTemporaryFolder { folder in
            try train(in: folder)
            let optimizer = try differences(["optimizer={type: SGD, lr: 0.1}"], in: folder)
            #expect(
                optimizer.contains("optimizer.type: AdamW → SGD")
                    && optimizer.contains("optimizer.lr: 0.0001 → 0.1"),
                "\(optimizer)")
            let pipeline = try differences(
                ["data.train_pipeline=[{type: RandomCrop, crop_size: 8}]"], in: folder)
            #expect(
                pipeline.contains("data.train_pipeline.0.type: Normalize → RandomCrop"),
                "\(pipeline)")
            #expect(
                pipeline.contains("data.train_pipeline.0.crop_size: not set → 8"), "\(pipeline)")
            let run = try SmallRun(in: folder)
            let found = try #require(try run.work.resumption(.newestCheckpoint)).differences(
                to: run.experiment, images: 9)
            #expect(
                found == [
                    "data.train has other images: 6 → 9, so the order of every epoch is another"
                ])
        }
    }

    @Test("The same settings are resumed without a word, and moments are kept")
    func nothingToSay() throws {
        try withTemporaryFolder { folder in
            try train(in: folder)
            let run = try SmallRun(in: folder)
            _ = try run.trainer(from: .newestCheckpoint)
            let text = try log(of: run)
            #expect(
                text.contains("resumed from") && !text.contains("other than when")
                    && !text.contains("of no use"))
        }
    }

    @Test(
        "A checkpoint that says neither classes nor configuration is resumed, and one with a configuration of another time says so"
    )
    func oldCheckpoints() throws {
        try withTemporaryFolder { folder in
            let first = try SmallRun(in: folder)
            let trainer = try first.trainer()
            try trainer.run()
            let path = first.work.path + "/iter_4"
            func write(_ metadata: [String: String]) throws {
                let weights = try TensorFile.load(path + "/model.safetensors").tensors.map {
                    ($0.key, $0.value)
                }
                try TensorFile.save(weights, metadata: metadata, to: path + "/model.safetensors")
                try Checkpoint.saveState(trainer, run: "old", serial: 99, in: path)
            }
            try write([:])
            let resumption = try #require(try first.work.resumption(.newestCheckpoint))
            #expect(resumption.checkpoint.path == path && resumption.checkpoint.classNames == nil)
            #expect(resumption.differences(to: first.experiment, images: 6) == [])
            try resumption.check(classes: ["anything"])
            try write(["configuration": "model: { bakcbone: Speck }"])
            let old = try #require(try first.work.resumption(.newestCheckpoint)).differences(
                to: first.experiment, images: 6)
            #expect(
                old.count == 1 && old[0].contains("cannot be compared with this one")
                    && old[0].contains("'bakcbone'"))
        }
    }
}
