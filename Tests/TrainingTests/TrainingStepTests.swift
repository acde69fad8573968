import DenseKitCore
import Foundation
import Testing

@testable import DenseKitTraining

/// One number to train, and a buffer that every forward pass counts.
private final class Point: Module {
    @Parameter var x: Tensor
    @ModuleBuffer var passes: Tensor

    init(_ start: Double) throws {
        x = try Tensor.full([], start)
        passes = try Tensor.zeros([])
    }

    /// (x − goal)², as a term that has no "loss" in its name, and a metric that has one.
    func losses(goal: Double) throws -> Losses {
        try withoutGrad { _ = try passes.addInPlace(1) }
        var losses = Losses()
        losses.add(metric: "loss_of_nobody", try x * 100)
        losses.add(term: "distance", try (x - goal).pow(2))
        return losses
    }

    var value: Double { get throws { try x.item() } }
}

private func descent(_ point: Point) throws -> SGD {
    let parameters = try point.namedParameters()
    let group = try ParameterGroup(
        names: parameters.map(\.name), parameters: parameters.map(\.tensor))
    return SGD([group], learningRate: 0.25, momentum: 0, weightDecay: 0)
}

@Suite struct TrainingStepTests {
    @Test("Terms are minimised and metrics are not, whatever they are called")
    func termsAndMetrics() throws {
        let point = try Point(1)
        let step = try TrainingStep(point, descent(point))
        let result = try step(learningRates: [0.25]) { _ in try point.losses(goal: 3) }
        // The gradient is 2 (1 − 3): that of the metric, 100, would lead away.
        #expect(
            try point.value == 2 && result.isTaken && result.loss == 4 && result.gradientNorm == nil
        )
        #expect(result.loggedValues.map(\.name) == ["loss_of_nobody", "distance", "loss"])
        #expect(result.loggedValues.map(\.value) == [100, 4, 4])
    }

    @Test("Several passes minimise the mean of their losses, in one step")
    func passes() throws {
        let point = try Point(0)
        let step = try TrainingStep(point, descent(point), clipping: GradientClipping(maxNorm: 100))
        let result = try step(learningRates: [0.25], passes: 2) {
            try point.losses(goal: $0 == 0 ? 2 : 4)
        }
        // (4 + 16) / 2, and the gradient (−4 − 8) / 2.
        #expect(try abs(point.value - 1.5) < 1e-6 && point.passes.item() == 2)
        #expect(
            result.loggedValues.map(\.name) == ["loss_of_nobody", "distance", "loss", "grad_norm"])
        #expect(
            result.loggedValues.map(\.value) == [0, 10, 10, 6] && result.loss == 10
                && result.gradientNorm == 6)
    }

    @Test(
        "Between the passes and the clipping the gradients are those of all passes; what changes them changes the step"
    )
    func afterBackward() throws {
        let point = try Point(0)
        let optimizer = try descent(point)
        let step = try TrainingStep(point, optimizer, clipping: GradientClipping(maxNorm: 9))
        var seen: [Float] = []
        let result = try step(
            learningRates: [0.25], passes: 2,
            afterBackward: {
                seen = try optimizer.gradients.flatMap { try $0.floats() }
                for gradient in optimizer.gradients { try gradient.mulInPlace(-3) }
            },
            losses: { try point.losses(goal: $0 == 0 ? 2 : 4) })
        // (−4 − 8) / 2, then 18, which is clipped to 9: from 0 by a quarter of it.
        #expect(seen == [-6] && result.gradientNorm == 18 && result.isTaken)
        #expect(try abs(point.value + 2.25) < 1e-5)
    }

    @Test(
        "Without a finite loss there are no gradients to look at; what the look at them throws leaves everything as it was"
    )
    func afterBackwardFailing() throws {
        let point = try Point(1)
        let optimizer = try descent(point)
        let step = try TrainingStep(point, optimizer)
        var calls = 0
        let bad = try step(
            learningRates: [0.25], passes: 2, afterBackward: { calls += 1 },
            losses: { try point.losses(goal: $0 == 1 ? .infinity : 3) })
        #expect(!bad.isTaken && calls == 0)
        #expect(throws: Stop.self) {
            try step(
                learningRates: [0.25], afterBackward: { throw Stop() },
                losses: { _ in try point.losses(goal: 3) })
        }
        #expect(try point.value == 1 && point.passes.item() == 0 && step.isConsistent)
    }

    @Test("Gradients above the bound are scaled down to it")
    func clipping() throws {
        let point = try Point(0)
        let step = try TrainingStep(
            point, descent(point), clipping: GradientClipping(maxNorm: 2, order: .infinity))
        let result = try step(learningRates: [0.25]) { _ in try point.losses(goal: 4) }
        #expect(try abs(point.value - 0.5) < 1e-5 && result.gradientNorm == 8)
    }

    @Test("A loss that is not finite changes nothing; a metric that is not finite has no say")
    func notFinite() throws {
        let point = try Point(1)
        let step = try TrainingStep(point, descent(point), clipping: GradientClipping(maxNorm: 1))
        let generator = try RandomGenerator.standard.state().bytes()
        let bad = try step(learningRates: [0.25], passes: 2) { pass in
            _ = try Tensor.randomNormal([3])
            return try point.losses(goal: pass == 1 ? .infinity : 3)
        }
        #expect(
            try !bad.isTaken && !bad.isFinite && bad.gradientNorm == nil && point.value == 1
                && point.passes.item() == 0)
        #expect(try RandomGenerator.standard.state().bytes() == generator && step.isConsistent)

        let good = try step(learningRates: [0.25]) { _ in
            var losses = try point.losses(goal: 1.25)
            losses.add(metric: "acc", try Tensor.full([], .nan))
            return losses
        }
        #expect(try good.isTaken && point.value == 1.125 && point.passes.item() == 1)
        #expect(good.loggedValues.first { $0.name == "acc" }?.value.isNaN == true)
    }

    private struct Stop: Error {}

    @Test(
        "What a forward pass throws leaves everything as it was; what the optimizer throws may not")
    func failures() throws {
        let point = try Point(1)
        let step = try TrainingStep(point, descent(point))
        #expect(throws: Stop.self) {
            try step(learningRates: [0.25], passes: 2) { pass in
                let losses = try point.losses(goal: 3)
                if pass == 1 { throw Stop() }
                return losses
            }
        }
        #expect(try point.value == 1 && point.passes.item() == 0 && step.isConsistent)
        #expect(throws: OptimizerStateError.self) {
            try step(learningRates: [0.25, 0.25]) { _ in try point.losses(goal: 3) }
        }
        #expect(!step.isConsistent)
        #expect(
            try step(learningRates: [0.25]) { _ in try point.losses(goal: 3) }.isTaken
                && step.isConsistent)
    }

    @Test("Nothing to minimise, and names that the log needs, are mistakes of their own")
    func mistakes() throws {
        func problem(_ fill: (inout Losses) throws -> Void) throws -> String {
            let point = try Point(1)
            let step = try TrainingStep(point, descent(point))
            let error = try #require(throws: TrainingError.self) {
                try step(learningRates: [0.25]) { _ in
                    var losses = Losses()
                    try fill(&losses)
                    return losses
                }
            }
            return error.description
        }
        #expect(
            try problem { $0.add(metric: "loss_x", try Tensor.ones([])) }
                == "the model has no loss: neither its head nor its prompter returned a term to minimise; one is added with "
                + "`losses.add(term: …)`")
        #expect(
            try problem { $0.add(term: "loss", try Tensor.ones([])) }
                == "a loss or metric of the model is named 'loss', under which the log says something else; give it another name, "
                + "such as 'loss_1'")
    }

    @Test("Rates of groups are the schedule's, over their multipliers")
    func rates() throws {
        let point = try Point(1)
        let x = try point.namedParameters()
        let groups = try [1.0, 0.5].map { multiplier in
            try ParameterGroup(
                names: ["x"], parameters: [x[0].tensor], learningRateMultiplier: multiplier)
        }
        let optimizer = SGD(groups, learningRate: 0.25, momentum: 0, weightDecay: 0)
        #expect(optimizer.learningRates(Halving(), iteration: 1, of: 4) == [0.125, 0.0625])
    }
}

private struct Halving: Schedule {
    func learningRate(base: Double, iteration: Int, of total: Int) -> Double {
        base / Double(1 << iteration)
    }
}

/// A loss whose name does not say that it is one: how far the logits of both classes are from 1 and
/// 0.
private final class Dice: Module, Loss {
    struct Configuration: YAMLConfiguration {}

    let name = "dice"

    init(_ configuration: Configuration, _ context: BuildContext) {}

    func callAsFunction(_ prediction: Tensor, _ target: Tensor, _ options: LossOptions) throws
        -> Tensor
    {
        let isLight = try target.equals(Tensor.zeros([], dtype: .int64)).to(.float32)
        return try (prediction.selected(1, 0) - isLight).pow(2).mean()
    }
}

private struct DicePlugin: Plugin {
    func register(in registry: inout Registry) { registry.losses.register("Dice", Dice.init) }
}

@Test("A plugin's loss without 'loss' in its name is minimised, and logged under its name")
func plugInLoss() throws {
    try withTemporaryFolder { folder in
        let run = try UnevenRun(
            in: folder, atATime: 3, loss: "Dice", iterations: 8, plugins: [DicePlugin()])
        let trainer = try run.experiment.trainer(in: run.work, dataset: run.dataset)
        let first = try trainer.takeOneIteration()
        #expect(first.values.map(\.name) == ["decode.dice", "decode.acc_seg", "loss"])
        #expect(first.values[0].value == first.loss)
        while trainer.iteration < 8 { _ = try trainer.takeOneIteration() }
        #expect(try #require(trainer.last.loss) < #require(first.loss))
    }
}
