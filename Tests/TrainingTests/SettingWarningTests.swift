import DenseKitComponents
import Foundation
import Testing

@testable import DenseKitTraining

/// What is said of a small run of four iterations with other settings, each with its place left
/// out.
private func warnings(_ overrides: [String], withDataset: Bool = true) throws -> [String] {
    try withTemporaryFolder { folder in
        let run = try SmallRun(in: folder, overrides: ["schedule.warmup_iterations=0"] + overrides)
        let model = try run.experiment.model(run.dataset.classes)
        return try run.experiment.settingWarnings(
            on: model, training: withDataset ? run.dataset : nil
        ).map {
            $0.replacing(folder + "/", with: "")
        }
    }
}

@Suite struct SettingWarningTests {
    @Test("A sound recipe is not remarked on") func nothing() throws {
        #expect(try warnings([]) == [])
        #expect(
            try warnings([
                "schedule.warmup_iterations=3", "train.eval_interval=4",
                "train.checkpoint_interval=4",
            ]) == [])
        #expect(
            try warnings(["test={mode: slide, crop: 16, stride: 8}", "train.per_device_batch=1"])
                == [])
    }

    @Test(
        "Settings that another overrides or that are longer than the run are named where they stand",
        arguments: [
            (
                ["train.epochs=2"],
                [
                    "run.yaml:8:22: train.iterations has no effect: train.epochs: 2 (override train.epochs=2) takes its place; set "
                        + "train.epochs: null to count in iterations"
                ]
            ),
            (
                ["train.per_device_batch=3"],
                [
                    "override train.per_device_batch=3: train.per_device_batch is 3, more than train.batch: all 2 images go through at once"
                ]
            ),
            (
                ["model.head={type: Spots, counts: true}", "train.per_device_batch=1"],
                [
                    "override train.per_device_batch=1: train.per_device_batch is 1 of 2: model.head Spots averages over spots of the images "
                        + "at a time, as on each GPU of its reference, so another number of images at a time is another training"
                ]
            ),
            (
                ["test.crop=16", "test.stride=8"],
                [
                    "override test.crop=16: test.crop has no effect: windows are for test.mode: slide, and the mode is whole",
                    "override test.stride=8: test.stride has no effect: windows are for test.mode: slide, and the mode is whole",
                ]
            ),
            (
                ["train.eval_interval=5", "train.checkpoint_interval=5"],
                [
                    "override train.eval_interval=5: train.eval_interval is 5, more than the run's 4 iterations: the only validation is at "
                        + "its end",
                    "override train.checkpoint_interval=5: train.checkpoint_interval is 5, more than the run's 4 iterations: the only "
                        + "checkpoint is at its end",
                ]
            ),
            (
                ["schedule={type: Poly, warmup_iterations: 4}"],
                [
                    "override schedule={type: Poly, warmup_iterations: 4}: schedule.warmup_iterations: the warm-up of 4 iterations does not end within the run's 4: the learning rate never "
                        + "reaches lr; make it shorter, or the run longer"
                ]
            ),
            (
                ["schedule={type: Step, by_epoch: false, steps: [2, 4, 9], warmup_iterations: 0}"],
                [
                    "override schedule={type: Step, by_epoch: false, steps: [2, 4, 9], war…: schedule.steps: the run of 4 iterations "
                        + "ends before 4, 9 iterations: the learning rate does not fall there"
                ]
            ),
            (
                ["schedule={type: Step, steps: [1, 2], warmup_iterations: 0}"],
                [
                    "override schedule={type: Step, steps: [1, 2], warmup_iterations: 0}: schedule.steps: the run of 4 iterations ends "
                        + "before 2 epochs: the learning rate does not fall there"
                ]
            ),
            (
                ["data.max_bad_share=0.2"],
                [
                    "override data.max_bad_share=0.2: data.max_bad_share has no effect: it is for data.bad_image: skip"
                ]
            ),
            (
                ["schedule.warmup_ratio=0.1"],
                [
                    "override schedule.warmup_ratio=0.1: warmup_ratio of Poly has no effect: there is no warm-up (warmup_iterations: 0)"
                ]
            ),
            (
                [
                    "data.train_pipeline=[{type: Resize, scale: [8, 8], scales: [[8, 8], [9, 9]], ratio_range: null}, Normalize]"
                ],
                [
                    "override data.train_pipeline=[{type: Resize, scale: [8, 8], scales: […: scale of Resize has no effect: scales "
                        + "takes its place"
                ]
            ),
        ])
    func overridden(_ overrides: [String], _ expected: [String]) throws {
        // Two of the six images of an epoch make an iteration: two epochs are six.
        let found = try warnings(overrides)
        #expect(found == expected)
    }

    @Test("The length of a run of epochs is known with its data") func epochs() throws {
        let settings = [
            "train.iterations=null", "train.epochs=2",
            "schedule={type: Step, steps: [1, 2], warmup_iterations: 0}",
        ]
        // iterations is a number
        #expect(throws: ConfigurationError.self) { try warnings(settings) }
        let late =
            "override \(settings[2]): schedule.steps: the run of 6 iterations ends before 2 epochs: the learning rate does not fall there"
        #expect(try warnings(Array(settings.dropFirst())).contains(late))
        #expect(
            try warnings(Array(settings.dropFirst()), withDataset: false).contains(late) == false)
    }
}
