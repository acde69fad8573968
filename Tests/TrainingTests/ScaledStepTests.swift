import DenseKitCore
import Testing

@testable import DenseKitNN
@testable import DenseKitTraining

/// Weights `[3]`, and a buffer that every forward pass counts.
private final class Slope: Module {
    @Parameter var weight: Tensor
    @ModuleBuffer var passes: Tensor

    init(_ start: [Float] = [0.3, -0.7, 1.1]) throws {
        weight = try Tensor.from(start)
        passes = try Tensor.zeros([])
    }

    /// `Σ (w − goal)²`, whose gradient is `2 (w − goal)`.
    ///
    /// - Parameter isSteep: whether the gradient is times 1e34 on its way: with a scale of 65536
    ///   float32 overflows there, with half of it not
    func losses(goal: Double, isSteep: Bool = false) throws -> Losses {
        try withoutGrad { _ = try passes.addInPlace(1) }
        let distance = try (weight - goal).pow(2).sum()
        var losses = Losses()
        losses.add(term: "distance", try isSteep ? distance * 1e-34 * 1e34 : distance)
        return losses
    }

    func step(clipping: GradientClipping? = nil) throws -> TrainingStep {
        let parameters = try namedParameters()
        let group = try ParameterGroup(
            names: parameters.map(\.name), parameters: parameters.map(\.tensor))
        let optimizer = SGD([group], learningRate: 0.1, momentum: 0.9, weightDecay: 0.01)
        return try TrainingStep(self, optimizer, clipping: clipping)
    }
}

@Suite struct ScaledStepTests {
    @Test("Only float16 needs a scaler") func precisions() throws {
        for precision in Precision.allCases {
            let slope = try Slope()
            let optimizer = try slope.step().optimizer
            let step = try TrainingStep(slope, optimizer, precision: precision)
            #expect(step.scaler == (precision == .float16 ? GradientScaler() : nil))
        }
    }

    @Test(
        "Steps of scaled losses have the bits of steps without a scale, with accumulation and clipping",
        arguments: [1, 3])
    func exact(_ passes: Int) throws {
        let (plain, scaled) = try (Slope(), Slope())
        let clipping = GradientClipping(maxNorm: 1)
        let (one, other) = try (plain.step(clipping: clipping), scaled.step(clipping: clipping))
        other.scaler = GradientScaler()
        for _ in 0..<5 {
            let expected = try one(learningRates: [0.1], passes: passes) { pass in
                try plain.losses(goal: Double(pass))
            }
            let found = try other(learningRates: [0.1], passes: passes) { pass in
                try scaled.losses(goal: Double(pass))
            }
            #expect(
                found.isTaken
                    && found.loggedValues.map(\.value) == expected.loggedValues.map(\.value))
            #expect(try scaled.weight.detached().bytes() == plain.weight.detached().bytes())
        }
        #expect(other.scaler?.stepsSinceChange == 5 && other.scaler?.scale == 65536)
    }

    @Test("After the backward pass hooks see the gradients without the scale")
    func afterBackward() throws {
        let slope = try Slope()
        let step = try slope.step()
        step.scaler = GradientScaler()
        var seen: [Float] = []
        try step(
            learningRates: [0.1],
            afterBackward: { seen = try step.optimizer.gradients.flatMap { try $0.floats() } },
            losses: { _ in try slope.losses(goal: 0) })
        #expect(seen == [0.6, -1.4, 2.2])
    }

    @Test("Gradients that overflow change nothing but the scale, and the next step is taken")
    func overflow() throws {
        let slope = try Slope()
        let step = try slope.step(clipping: GradientClipping(maxNorm: 1))
        step.scaler = GradientScaler()
        let weight = try slope.weight.detached().bytes()
        let generator = try RandomGenerator.standard.state().bytes()
        var calls = 0
        func take() throws -> StepResult {
            try step(
                learningRates: [0.1], afterBackward: { calls += 1 },
                losses: { _ in
                    _ = try Tensor.randomNormal([3])
                    return try slope.losses(goal: 0.7, isSteep: true)
                })
        }
        let skipped = try take()
        #expect(skipped.gradientsOverflowed && !skipped.isTaken && !skipped.isFinite)
        #expect(skipped.loss.isFinite && skipped.gradientNorm == nil && calls == 0)
        #expect(try slope.weight.detached().bytes() == weight && slope.passes.item() == 0)
        #expect(try RandomGenerator.standard.state().bytes() == generator && step.isConsistent)
        #expect(step.scaler?.scale == 32768 && step.scaler?.skippedSteps == 1)
        let taken = try take()
        #expect(taken.isTaken && !taken.gradientsOverflowed && taken.loss == skipped.loss)
        #expect(calls == 1 && step.scaler?.scale == 32768 && step.scaler?.stepsSinceChange == 1)
        #expect(try slope.weight.detached().bytes() != weight && slope.passes.item() == 1)
    }

    @Test("One pass of several whose gradients overflow skips the whole step")
    func overflowOfOnePass() throws {
        let slope = try Slope()
        let step = try slope.step()
        step.scaler = GradientScaler(scale: 131072)
        let skipped = try step(learningRates: [0.1], passes: 2) { pass in
            try slope.losses(goal: 0.7, isSteep: pass == 0)
        }
        #expect(skipped.gradientsOverflowed && !skipped.isTaken)
        #expect(try slope.passes.item() == 0 && step.scaler?.scale == 65536)
    }

    private struct Stop: Error {}

    @Test("A loss that is not finite, and what a hook throws, leave the scale as it was")
    func unchanged() throws {
        let slope = try Slope()
        let step = try slope.step()
        step.scaler = GradientScaler()
        let bad = try step(learningRates: [0.1]) { _ in try slope.losses(goal: .infinity) }
        #expect(!bad.isTaken && !bad.gradientsOverflowed && step.scaler == GradientScaler())
        #expect(throws: Stop.self) {
            try step(
                learningRates: [0.1], afterBackward: { throw Stop() },
                losses: { _ in try slope.losses(goal: 1) })
        }
        #expect(step.scaler == GradientScaler())
    }
}
