import DenseKitComponents

/// One step of training: the passes of a batch forward and backward, the bound on the gradients, and the update of the parameters.
///
///     let step = try TrainingStep(model, optimizer, clipping: GradientClipping(maxNorm: 1))
///     let rates = optimizer.learningRates(schedule, iteration: t, of: total)
///     let result = try step(learningRates: rates) { _ in
///         try model.losses(images, targets, ForwardPass(progress: 0.5))
///     }
///
/// Every step of the project is one of these: those of the trainer, which `densekit check` uses too, of `densekit bench train`, and of the
/// golden cases.
public final class TrainingStep {
    public let optimizer: any Optimizer
    public let clipping: GradientClipping?
    public let precision: Precision
    public let device: Device
    /// Whether the parameters and the optimizer stand before or behind a step. False where the optimizer failed in the middle of one.
    public private(set) var isConsistent = true
    /// Running statistics and the like, which a step that is not taken puts back.
    private let buffers: [Tensor]

    /// - Parameters:
    ///   - module: what is trained
    ///   - optimizer: of the module's parameters
    ///   - clipping: nil where gradients stay as they are
    ///   - precision: of the forward passes
    ///   - device: where the module is
    public init(
        _ module: Module, _ optimizer: any Optimizer, clipping: GradientClipping? = nil, precision: Precision = .float32,
        on device: Device = .cpu
    ) throws {
        (self.optimizer, self.clipping, self.precision, self.device) = (optimizer, clipping, precision, device)
        buffers = try module.namedTensors().filter { $0.kind == .buffer }.map(\.tensor)
    }

    /// Takes the step, or where a loss or the norm of the gradients is not finite, leaves everything as it was.
    ///
    /// - Parameters:
    ///   - learningRates: of every group of the optimizer, multipliers and schedule included
    ///   - passes: how many make up the batch; the mean of their losses is minimised
    ///   - losses: the forward pass of this number, from 0
    /// - Throws: `TrainingError.noLoss`, and what `losses` and the optimizer throw. What `losses` throws leaves parameters, buffers and the
    ///   random generator as they were.
    @discardableResult
    public func callAsFunction(
        learningRates: [Double], passes: Int = 1, losses: (_ pass: Int) throws -> Losses
    ) throws -> StepResult {
        let before = try PassState(buffers)
        isConsistent = false
        var result: StepResult
        do {
            result = try gradients(passes, losses)
        } catch {
            try before.restore()
            isConsistent = true
            throw error
        }
        if result.isFinite {
            try optimizer.step(learningRates: learningRates)
            result.isTaken = true
        } else {
            try before.restore()
        }
        isConsistent = true
        return result
    }

    /// The gradients of the batch, clipped, in place of those that the parameters had.
    private func gradients(_ passes: Int, _ losses: (Int) throws -> Losses) throws -> StepResult {
        try optimizer.clearGradients()
        var result = try Self.addGradients(passes: passes) { pass in
            try withAutocast(precision.dtype, on: device) { try losses(pass) }
        }
        if result.isFinite, let clipping {
            let norm = try clipGradients(optimizer.gradients, maxNorm: clipping.maxNorm, order: clipping.order)
            result.add(gradientNorm: norm)
        }
        return result
    }

    /// Forward and backward alone: the gradients of the mean of the passes' losses are added to those that the parameters have.
    ///
    /// - Throws: `TrainingError.noLoss` where a pass has nothing to minimise, `TrainingError.reservedName`, and what `losses` throws.
    public static func addGradients(passes: Int = 1, losses: (_ pass: Int) throws -> Losses) throws -> StepResult {
        var result = StepResult()
        for pass in 0..<passes {
            let losses = try losses(pass)
            guard let total = try losses.total() else { throw TrainingError.noLoss }
            try result.add(losses, total: total, passes: passes)
            // Behind a loss that is not finite no gradient is worth its time.
            if result.isFinite { try (passes == 1 ? total : total / Double(passes)).backward() }
        }
        return result
    }
}

/// A bound on the common norm of all gradients.
public struct GradientClipping: Sendable, Equatable {
    /// Gradients whose norm is above this are all scaled down to it.
    public var maxNorm: Double
    /// Of the norm, above 0: 2 for the Euclidean length, infinity for the largest magnitude.
    public var order: Double

    public init(maxNorm: Double, order: Double = 2) { (self.maxNorm, self.order) = (maxNorm, order) }
}

extension Optimizer {
    /// The rate of every group at `iteration`, which counts from 0, by `schedule`.
    public func learningRates(_ schedule: any Schedule, iteration: Int, of total: Int) -> [Double] {
        groups.map { group in
            schedule.learningRate(base: baseLearningRate * group.learningRateMultiplier, iteration: iteration, of: total)
        }
    }
}
