import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

@testable import DenseKitNN
@testable import DenseKitTraining

/// The distance of the logits of the first class from 1, whose gradient is times 1e34 on its way:
/// with a scale of 65536 float32 overflows there, with half of it not. `isEndless`: its gradient is
/// never finite, and it is itself.
private final class Steep: Module, Loss {
    struct Configuration: YAMLConfiguration { var isEndless = false }

    let name = "steep"
    let isEndless: Bool

    init(_ configuration: Configuration, _ context: BuildContext) {
        isEndless = configuration.isEndless
    }

    func callAsFunction(_ prediction: Tensor, _ target: Tensor, _ options: LossOptions) throws
        -> Tensor
    {
        if isEndless { return try (prediction * 0).sum().sqrt() + 1 }
        return try (prediction.selected(1, 0) - 1).pow(2).mean() * 1e-34 * 1e34
    }
}

private struct SteepPlugin: Plugin {
    func register(in registry: inout Registry) { registry.losses.register("Steep", Steep.init) }
}

/// The log of the runs in a work directory, and their lines of scalars.
private func records(of work: WorkDirectory) throws -> (log: String, scalars: [[String: Double]]) {
    let files =
        FileManager.default.enumerator(atPath: work.path)?.compactMap { $0 as? String } ?? []
    func text(_ end: String) throws -> String {
        try files.filter { $0.hasSuffix(end) }.sorted().map {
            try String(contentsOfFile: work.path + "/" + $0, encoding: .utf8)
        }.joined()
    }
    let lines = try text("scalars.json").split(separator: "\n").map {
        try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Double] ?? [:]
    }
    return (try text(".log"), lines)
}

/// What precedes the message that the CPU does not compute in float16.
private let refusal = "libtorch \(Engine.version) does not compute in float16 on the device cpu"
private let remedy = "float16 needs a CUDA device; on a CPU use bfloat16"

/// Runs in float32 whose trainers scale their losses as those of float16 do, so that all of it is
/// tested on every engine.
@Suite struct HalfPrecisionTests {
    @Test("A run with a scale has the bits of one without, and its scale is in log and scalars")
    func exactRun() throws {
        func run(isScaled: Bool) throws -> (weights: [[UInt8]], scales: [Double?]) {
            try withTemporaryFolder { folder in
                let run = try SmallRun(in: folder, ", clip_norm: 1, per_device_batch: 1")
                let trainer = try run.trainer()
                trainer.scaler = isScaled ? GradientScaler() : nil
                try trainer.run()
                let (log, scalars) = try records(of: run.work)
                #expect(log.contains("  loss_scale: 65536.0000") == isScaled)
                #expect(!log.contains("overflow"))
                let weights = try trainer.model.namedTensors().map { $0.tensor }
                return (
                    try weights.map { try $0.detached().bytes() },
                    scalars.filter { $0["iter"] != nil }.map { $0["loss_scale"] }
                )
            }
        }
        let plain = try run(isScaled: false)
        let scaled = try run(isScaled: true)
        #expect(scaled.weights == plain.weights && plain.scales == [nil, nil, nil, nil])
        #expect(scaled.scales == [65536, 65536, 65536, 65536])
    }

    @Test("An iteration whose gradients overflow is skipped, counted and named, and is no bad loss")
    func overflow() throws {
        try withTemporaryFolder { folder in
            let run = try UnevenRun(
                in: folder, atATime: 6, loss: "Steep", iterations: 3, plugins: [SteepPlugin()])
            let trainer = try run.experiment.trainer(in: run.work, dataset: run.dataset)
            trainer.scaler = GradientScaler()
            trainer.badLosses = BadLosses(inARow: 2, total: 2)
            let first = try trainer.takeOneIteration()
            #expect(trainer.badLosses == BadLosses(inARow: 0, total: 2) && trainer.iteration == 1)
            #expect(first.lossScale == 65536 && first.loss?.isFinite == true)
            try trainer.run()
            let scaler = try #require(trainer.scaler)
            #expect(
                scaler.scale == 32768 && scaler.skippedSteps == 1 && scaler.stepsSinceChange == 2)
            let (log, scalars) = try records(of: run.work)
            #expect(
                log.contains(
                    "INFO - iteration 1: the gradients overflow at the scale 65536, the step is skipped; the next scale is 32768\n"
                ), "\(log)")
            #expect(
                log.contains(
                    "INFO - 1 of 3 iterations were skipped, because their gradients overflowed; the scale is 32768\n"
                ), "\(log)")
            #expect(scalars.map { $0["loss_scale"] } == [32768, 32768])
            let state = try #require(try run.work.resumption(.newestCheckpoint)).checkpoint.state
            #expect(state.scaler == scaler)
        }
    }

    @Test("Gradients that are finite at no scale end the run; what was saved is whole")
    func exhausted() throws {
        try withTemporaryFolder { folder in
            let run = try UnevenRun(
                in: folder, atATime: 6, loss: "{ type: Steep, is_endless: true }", iterations: 40,
                plugins: [SteepPlugin()])
            let trainer = try run.experiment.trainer(in: run.work, dataset: run.dataset)
            trainer.scaler = GradientScaler()
            let error = try #require(throws: TrainingError.self) { try trainer.run() }
            #expect(
                error.description.hasPrefix(
                    "the gradients were not finite at any scale of the loss down to 1.52587890625e-05; last images: noise "
                ))
            #expect(
                error.description.hasSuffix(
                    ". Train with train.precision: bfloat16 or float32, or lower the learning rate."
                ), "\(error)")
            #expect(trainer.iteration == 32 && trainer.badLosses == BadLosses())
            let state = try #require(try run.work.resumption(.newestCheckpoint)).checkpoint.state
            #expect(state.iteration == 32 && state.scaler == trainer.scaler)
            #expect(state.scaler?.scale == GradientScaler.smallestScale)
        }
    }

    @Test(
        "The scale is resumed; one that is missing, and one that is of no use, are warned of",
        arguments: [
            (true, true, nil),
            (
                false, true,
                "holds no scale of float16: it begins at 65536, and the first steps may be skipped"
            ),
            (
                true, false,
                "holds a scale of float16, which float32 has no use for: it is dropped"
            ),
        ] as [(Bool, Bool, String?)])
    func resumed(_ wasScaled: Bool, _ isScaled: Bool, _ warning: String?) throws {
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder, validates: false)
            let trainer = try run.trainer()
            var saved = GradientScaler(scale: 512)
            saved.update(gradientsAreFinite: false)
            if wasScaled { trainer.scaler = saved }
            try trainer.run()
            let path = run.work.path + "/iter_4"
            let text = try String(contentsOfFile: path + "/state.json", encoding: .utf8)
            #expect(text.contains("scaler") == wasScaled)
            for _ in 0..<4 { saved.update(gradientsAreFinite: true) }

            let next = try run.trainer()
            if isScaled { next.scaler = GradientScaler() }
            try next.resume(from: path)
            let expected = wasScaled ? saved : GradientScaler()
            #expect(next.scaler == (isScaled ? expected : nil))
            let log = try records(of: run.work).log
            #expect(log.contains("of float16") == (warning != nil))
            if let warning { #expect(log.contains("WARNING - \(path) \(warning)\n"), "\(log)") }
        }
    }

    @Test(
        "In float16 training and testing run where the engine computes in it, and are refused by name where not"
    )
    func float16() throws {
        try withTemporaryFolder { folder in
            let both = ["train.precision=float16", "test.precision=float16"]
            let run = try SmallRun(in: folder, overrides: both)
            guard canAutocast(.float16, on: .cpu) else { return try expectRefusals(of: run) }
            let trainer = try run.trainer()
            #expect(trainer.scaler == GradientScaler())
            try trainer.run()
            #expect(trainer.badLosses == BadLosses() && trainer.best != nil)
            #expect(try #require(trainer.last.loss).isFinite && trainer.last.lossScale != nil)
            let resumed = try run.trainer(from: .newestCheckpoint)
            #expect(resumed.scaler == trainer.scaler)
            #expect(try !records(of: run.work).log.contains("of float16"))

            // Gradients of the logits above 2⁻²⁰ are no numbers of float16 at these scales.
            let steep = try run.trainer()
            steep.scaler = GradientScaler(scale: 0x1p40)
            let before = try steep.model.namedTensors().map { try $0.tensor.detached().bytes() }
            try steep.run()
            let after = try steep.model.namedTensors().map { try $0.tensor.detached().bytes() }
            #expect(steep.scaler?.skippedSteps == 4 && steep.scaler?.scale == 0x1p36)
            #expect(before == after && steep.badLosses == BadLosses())
        }
    }

    private func expectRefusals(of run: SmallRun) throws {
        let train = "override train.precision=float16: train.precision: \(refusal); \(remedy)"
        let test = "override test.precision=float16: test.precision: \(refusal); \(remedy)"
        func message(_ body: () throws -> Void) throws -> String {
            try #require(throws: ConfigurationError.self, performing: body).description
        }
        let experiment = run.experiment
        let model = try experiment.model(run.dataset.classes)
        #expect(try message { _ = try run.trainer() } == train)
        #expect(try message { _ = try experiment.evaluator(model, run.dataset) } == test)
        var check = ExperimentCheck(
            experiment.file, overrides: ["train.precision=float16", "test.precision=float16"],
            registry: experiment.registry)
        check.run { _ in }
        #expect(check.findings.problems == [train, test])
        var benchmark = Benchmark()
        benchmark.precision = .float16
        let error = try #require(throws: ArgumentError.self) {
            try benchmark.training(of: experiment)
        }
        #expect(error.description == "\(refusal): \(remedy)")
    }
}
