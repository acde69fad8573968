import DenseKitComponents
import DenseKitData
import DenseKitEvaluation
import Foundation
import Testing

@testable import DenseKitTraining

/// The loss of the first iteration and its gradients by name, of a run over six images at once or a
/// few at a time.
private func firstIteration(_ atATime: Int, _ loss: String, in folder: String) throws -> (
    loss: Double, gradients: [[Float]]
) {
    let folder = "\(folder)/\(atATime)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let run = try UnevenRun(in: folder, atATime: atATime, loss: loss)
    let trainer = try run.experiment.trainer(in: run.work, dataset: run.dataset)
    try trainer.run()
    let loss = try #require(trainer.last.values.first { $0.name == "loss" }?.value)
    return (loss, try trainer.optimizer.gradients.map { try $0.floats() })
}

/// Keeps the gradients that it is shown, and may set them to 0.
private final class Watching: Hook {
    private(set) var seen: [[[Float]]] = []
    private(set) var iterations: [Int] = []
    private let erases: Bool

    init(erases: Bool = false) { self.erases = erases }

    func afterBackward(_ trainer: Trainer) throws {
        seen.append(try trainer.optimizer.gradients.map { try $0.floats() })
        iterations.append(trainer.iteration)
        guard erases else { return }
        for gradient in trainer.optimizer.gradients { try gradient.mulInPlace(0) }
        // What is computed from parameters here records nothing.
        let sum = try trainer.optimizer.groups[0].parameters[0].sum()
        guard !sum.requiresGrad else { throw CancellationError() }
    }
}

@Suite struct AccumulationTests {
    /// The images differ in how many of their pixels have a class: 16 · 16 in the first, a row less
    /// in each further one, none in the last.
    @Test(
        "The loss and the gradients of several passes are those of one",
        arguments: [
            "{ type: CrossEntropy, average_non_ignored: true }",
            "{ type: CrossEntropy, average_non_ignored: true, class_weights: [0.3, 2], weight: 0.7 }",
            "CrossEntropy",
            "{ type: CrossEntropy, class_weights: [0.3, 2] }",
        ])
    func passes(_ loss: String) throws {
        try withTemporaryFolder { folder in
            let whole = try firstIteration(6, loss, in: folder)
            #expect(whole.loss > 0.1)
            for atATime in [3, 2, 1] {
                let parts = try firstIteration(atATime, loss, in: folder)
                #expect(
                    abs(parts.loss - whole.loss) < 1e-5,
                    "\(atATime) at a time: \(parts.loss) and \(whole.loss)")
                #expect(parts.gradients.count == whole.gradients.count)
                for (a, b) in zip(parts.gradients, whole.gradients) {
                    let largest = b.map(abs).max() ?? 0
                    #expect(
                        zip(a, b).allSatisfy { abs($0 - $1) < 1e-5 + 1e-4 * largest },
                        "\(atATime) at a time")
                }
            }
        }
    }

    @Test(
        "A hook sees the gradients of the whole batch once, whatever the number of passes, and no gradient is recorded"
    )
    func hooks() throws {
        try withTemporaryFolder { folder in
            var found: [[[Float]]] = []
            for atATime in [6, 2] {
                let run = try UnevenRun(
                    in: folder, atATime: atATime, loss: "CrossEntropy", iterations: 2)
                let hook = Watching()
                try run.experiment.trainer(in: run.work, dataset: run.dataset, hooks: [hook]).run()
                #expect(hook.seen.count == 2 && hook.iterations == [0, 1])
                found.append(try #require(hook.seen.first))
            }
            #expect(found[0].count == found[1].count)
            for (a, b) in zip(found[0], found[1]) {
                #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-5 })
                #expect(b.contains { $0 != 0 })
            }
        }
    }

    @Test("A hook that takes the gradients away leaves the weights as they were")
    func erasedGradients() throws {
        try withTemporaryFolder { folder in
            let run = try UnevenRun(in: folder, atATime: 3, loss: "CrossEntropy", iterations: 2)
            let hook = Watching(erases: true)
            let trainer = try run.experiment.trainer(
                in: run.work, dataset: run.dataset, hooks: [hook])
            let before = try trainer.model.namedParameters().map {
                try $0.tensor.detached().cloned().floats()
            }
            // Decay would change the weights, too.
            let rates = trainer.optimizer.groups.map(\.decayMultiplier)
            try trainer.run()
            let after = try trainer.model.namedParameters().map {
                try $0.tensor.detached().floats()
            }
            #expect(rates == [1] && hook.seen.count == 2)
            for (a, b) in zip(before, after) {
                #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-6 * max(1, abs($0)) })
            }
        }
    }

    @Test("A single iteration, as check takes it, averages over the whole batch too")
    func singleIteration() throws {
        try withTemporaryFolder { folder in
            let loss = "{ type: CrossEntropy, average_non_ignored: true }"
            let values = try [6, 2].map { atATime in
                let run = try UnevenRun(in: folder, atATime: atATime, loss: loss)
                let trainer = try run.experiment.trainer(in: run.work, dataset: run.dataset)
                return try #require(
                    trainer.takeOneIteration().values.first { $0.name == "loss" }?.value)
            }
            #expect(abs(values[0] - values[1]) < 1e-5, "\(values)")
        }
    }

    @Test("Pixels with a class are counted in a batch")
    func labelledPixels() throws {
        try withTemporaryFolder { folder in
            let run = try UnevenRun(in: folder, atATime: 6, loss: "CrossEntropy")
            let batch = try #require(try run.experiment.trainLoader(run.dataset).next())
            #expect(batch.labelledPixels == 16 * (16 + 15 + 14 + 13 + 12 + 0))
        }
    }
}
