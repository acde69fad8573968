import DenseKitBuiltIn
import DenseKitCore
import Foundation
import TestDevice

/// A short run of a family on a device: training with validation and checkpoints, a resumed run,
/// and the prediction of an image from a checkpoint alone.
struct FamilyRun {
    /// The losses and metrics of each iteration.
    let lines: [[IterationRecord.LoggedValue]]
    /// Those of the iteration that was taken again, from the checkpoint before it.
    let resumed: [IterationRecord.LoggedValue]
    /// The primary metric of the validation.
    let score: Double
    /// What the last checkpoint predicts for an image on the device that it names.
    let prediction: ImageResult
    /// What it predicts for the image on the CPU.
    let predictionOnCPU: ImageResult

    init(_ family: Family, on device: Device, in folder: String) throws {
        let registry = try Registry(BuiltIn.plugins + [BlocksPlugin()])
        let experiment = try Self.experiment(family, registry, on: device, in: folder)
        let log = Log()
        let result = try experiment.train(in: folder + "/run", hooks: [log])
        lines = log.lines
        score = result.best?.value ?? .nan
        let again = Log()
        let second = folder + "/run/iter_2"
        try experiment.train(in: folder + "/run", from: .checkpoint(second), hooks: [again])
        resumed = again.lines.first ?? []
        let last = result.lastCheckpoint ?? ""
        var sample = try LabelledBlocks(.init()).sample(at: 0)
        prediction = try Predictor(last, registry: registry)(sample.image)
        predictionOnCPU = try Predictor(last, registry: registry, device: .cpu)(sample.image)
    }

    /// What the last iterations of a short run exchange, with a line in the log and without, and
    /// what the prediction of an image does.
    static func transfers(
        _ family: Family, on device: Device, in folder: String, traced: Bool = false
    ) throws -> (logged: Transfers, other: Transfers, image: Transfers) {
        let registry = try Registry(BuiltIn.plugins + [BlocksPlugin()])
        let experiment = try experiment(
            family, registry, on: device, in: folder,
            overrides: [
                "log_interval=4", "iterations=7", "eval_interval=7", "checkpoint_interval=7",
            ].map { "train." + $0 })
        let meter = Meter(traced: traced)
        let result = try experiment.train(in: folder + "/transfers", hooks: [meter])
        let predictor = try Predictor(result.lastCheckpoint ?? "", registry: registry)
        var sample = try LabelledBlocks(.init()).sample(at: 0)
        let image = sample.image
        // The first image also computes what is computed once.
        _ = try predictor(image)
        let ofImage = try TestDevice.transfers { _ = try predictor(image) }
        return (meter.iterations[3], meter.iterations[4], ofImage)
    }

    static func experiment(
        _ family: Family, _ registry: Registry, on device: Device, in folder: String,
        overrides: [String] = []
    ) throws -> Experiment {
        let dataset = family.detects ? "BlockInstances" : "LabelledBlocks"
        let yaml = """
            model:
              \(family.model)
            data:
              train: { type: \(dataset) }
              val: { type: \(dataset) }
              train_pipeline: [ { type: Normalize } ]
              test_pipeline: [ { type: Normalize } ]
            optimizer: { type: AdamW, lr: 1e-4 }
            train: { iterations: 3, batch: 2, log_interval: 1, eval_interval: 3, checkpoint_interval: 2, keep_checkpoints: 3, clip_norm: 1}
            """
        try Data(yaml.utf8).write(to: URL(filePath: folder + "/run.yaml"))
        return try Experiment(
            folder + "/run.yaml", overrides: overrides, registry: registry, device: device)
    }
}

/// Keeps what every iteration exchanges; the hooks of the run itself come before it.
private final class Meter: Hook {
    private(set) var iterations: [Transfers] = []
    private let traced: Bool

    init(traced: Bool) { self.traced = traced }

    func beforeTraining(_ trainer: Trainer) { _ = TestDevice.takeTransfers() }
    func afterIteration(_ trainer: Trainer) {
        iterations.append(TestDevice.takeTransfers())
        TestDevice.trace(traced && iterations.count == 4)
    }
}

/// Keeps the figures of every iteration.
private final class Log: Hook {
    private(set) var lines: [[IterationRecord.LoggedValue]] = []

    func afterIteration(_ trainer: Trainer) { lines.append(trainer.last.values) }
}

extension ImageResult {
    /// The share of pixels, or of instances, on which both agree: in their class, and instances
    /// within a hundredth of a pixel and of their score.
    func agreement(with other: ImageResult) -> Double {
        if let labels, let others = other.labels {
            let equal = zip(labels.labels, others.labels).count { $0 == $1 }
            return Double(equal) / Double(labels.labels.count)
        }
        guard let instances, let others = other.instances, instances.count == others.count else {
            return 0
        }
        let equal = zip(instances, others).count { a, b in
            let distances = [
                a.box.x1 - b.box.x1, a.box.y1 - b.box.y1, a.box.x2 - b.box.x2,
                a.box.y2 - b.box.y2, (a.score ?? 0) - (b.score ?? 0),
            ]
            return a.label == b.label && distances.allSatisfy { abs($0) < 0.01 }
                && (a.mask == nil) == (b.mask == nil)
        }
        return instances.isEmpty ? 1 : Double(equal) / Double(instances.count)
    }
}

extension [IterationRecord.LoggedValue] {
    /// Names and values, for comparisons to the bit.
    var pairs: [String] { map { "\($0.name) \($0.value)" } }

    /// The largest difference from another line of the same names, relative to the larger value;
    /// infinite for other names.
    func distance(from other: Self) -> Double {
        guard map(\.name) == other.map(\.name) else { return .infinity }
        return zip(self, other).map { a, b in
            a.value == b.value
                ? 0 : abs(a.value - b.value) / Swift.max(abs(a.value), abs(b.value), 1e-6)
        }.max() ?? 0
    }
}
