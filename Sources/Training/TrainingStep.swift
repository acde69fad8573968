import DenseKitComponents
import DenseKitDistributed

/// One training step: forward and backward passes of a batch, gradient clipping, and the update of
/// the parameters.
///
///     let step = try TrainingStep(model, optimizer, clipping: GradientClipping(maxNorm: 1))
///     let rates = optimizer.learningRates(schedule, iteration: t, of: total)
///     let result = try step(learningRates: rates) { _ in
///         try model.losses(images, targets, ForwardPass(progress: 0.5))
///     }
///
/// All steps of the library are of this type: those of `Trainer`, `densekit check`,
/// `densekit bench train` and the golden cases.
public final class TrainingStep {
    /// The optimizer that updates the parameters.
    public let optimizer: any Optimizer
    /// The bound on the gradients; nil for none.
    public let clipping: GradientClipping?
    /// The precision of the forward passes.
    public let precision: Precision
    /// The device of the model.
    public let device: Device
    /// Scales the losses of a step, and adapts to its gradients; nil where the precision needs none.
    public var scaler: GradientScaler?
    /// Whether parameters and optimizer are in the state before or after a step; false where the
    /// optimizer failed in the middle of one.
    public private(set) var isConsistent = true
    /// Running statistics and the like, which a step that is not taken puts back.
    private let buffers: [Tensor]
    private let parameters: [NamedTensor]
    /// Nil for one process.
    let exchange: GradientExchange?

    /// A step of `module`.
    ///
    /// - Parameters:
    ///   - module: the module that is trained
    ///   - optimizer: of the module's parameters
    ///   - clipping: nil leaves gradients unchanged
    ///   - precision: of the forward passes
    ///   - device: of the module
    ///   - processes: those that take the step together, each on its part of the batch; gradients
    ///     are averaged over them
    ///   - traces: whether what processes send each other is noted, for a benchmark
    /// - Throws: `ModuleError` for a module that cannot be walked.
    public init(
        _ module: Module, _ optimizer: any Optimizer, clipping: GradientClipping? = nil,
        precision: Precision = .float32, on device: Device = .cpu,
        processes: Processes = .alone, traces: Bool = false
    ) throws {
        self.optimizer = optimizer
        self.clipping = clipping
        self.precision = precision
        self.device = device
        scaler = precision.needsScaler ? GradientScaler() : nil
        buffers = try module.namedTensors().filter { $0.kind == .buffer }.map(\.tensor)
        parameters = try module.namedParameters().filter { $0.tensor.requiresGrad }
        exchange = try GradientExchange(parameters, processes, traces: traces)
    }

    /// The names of parameters that are trained and that no pass of the last step used, on any
    /// process; empty before the first step.
    public var unusedParameters: [String] {
        guard parameters.contains(where: { $0.tensor.grad != nil }) else { return [] }
        return parameters.filter { $0.tensor.grad == nil }.map(\.name)
    }

    /// Takes the step. Where the loss, the gradient norm or, with a scaler, a gradient is not
    /// finite, it leaves everything as it was, but for the scaler: gradients that are not finite
    /// lower the scale.
    ///
    /// - Parameters:
    ///   - learningRates: one for each group of the optimizer, with multipliers and schedule
    ///     applied
    ///   - passes: the number of passes that make up the batch; the mean of their losses is
    ///     minimised
    ///   - afterBackward: called once the gradients of all passes are complete, before clipping, to
    ///     read or change `optimizer.gradients`; not called where the loss is not finite, or with a
    ///     scaler the gradients
    ///   - losses: the forward pass of this number, from 0
    /// - Throws: `TrainingError.noLoss`, `TrainingError.reservedName`, and what `losses`,
    ///   `afterBackward` and the optimizer throw. What the first two throw leaves parameters,
    ///   buffers and the random generator as they were.
    @discardableResult
    public func callAsFunction(
        learningRates: [Double], passes: Int = 1, afterBackward: () throws -> Void = {},
        losses: (_ pass: Int) throws -> Losses
    ) throws -> StepResult {
        let before = try PassState(buffers, on: device)
        isConsistent = false
        var result: StepResult
        do {
            result = try gradients(passes, afterBackward, losses)
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
        // The scales of all processes stay equal.
        if result.loss.isFinite, result.isFiniteElsewhere {
            scaler?.update(gradientsAreFinite: !result.gradientsOverflowed)
        }
        isConsistent = true
        return result
    }

    /// The gradients of the batch, clipped, in place of those that the parameters had.
    private func gradients(
        _ passes: Int, _ afterBackward: () throws -> Void, _ losses: (Int) throws -> Losses
    ) throws -> StepResult {
        try optimizer.clearGradients()
        var result = try Self.addGradients(passes: passes, scaler, exchange) { pass in
            try withAutocast(precision.dtype, on: device) { try losses(pass) }
        }
        guard result.isFinite else { return result }
        if let scaler, try !scaler.unscale(optimizer.gradients) {
            result.gradientsOverflowed = true
            return result
        }
        try withoutGrad(afterBackward)
        if let clipping {
            let norm = try clipGradients(
                optimizer.gradients, maxNorm: clipping.maxNorm, order: clipping.order)
            result.add(gradientNorm: norm)
        }
        return result
    }

    /// Forward and backward passes alone: adds the gradients of the mean loss of the passes to
    /// those that the parameters have.
    ///
    /// - Parameters:
    ///   - passes: the number of passes
    ///   - scaler: by whose scale the gradients are multiplied; nil for none
    ///   - losses: the forward pass of this number, from 0
    /// - Throws: `TrainingError.noLoss` where a pass has nothing to minimise,
    ///   `TrainingError.reservedName`, and what `losses` throws.
    public static func addGradients(
        passes: Int = 1, scaler: GradientScaler? = nil, losses: (_ pass: Int) throws -> Losses
    ) throws -> StepResult {
        try addGradients(passes: passes, scaler, nil, losses)
    }

    /// - Parameter exchange: averages the gradients over processes; nil for one process
    private static func addGradients(
        passes: Int, _ scaler: GradientScaler?, _ exchange: GradientExchange?,
        _ losses: (_ pass: Int) throws -> Losses
    ) throws -> StepResult {
        var result = StepResult()
        var isFinite = true
        for pass in 0..<passes {
            let isLast = pass == passes - 1
            try exchange?.beforeForward(isLast: isLast)
            let losses = try losses(pass)
            guard let total = try losses.total() else { throw TrainingError.noLoss }
            try result.add(losses, total: total, passes: passes)
            // Behind a loss that is not finite no gradient is worth its time.
            isFinite = try exchange?.allFinite(result.loss) ?? result.isFinite
            guard isFinite else { continue }
            let share = try passes == 1 ? total : total / Double(passes)
            let scaled = try scaler?.scaled(share) ?? share
            let root = try exchange?.beforeBackward(scaled, isLast: isLast) ?? scaled
            try root.backward()
        }
        result.isFiniteElsewhere = isFinite
        return result
    }
}

/// An upper bound on the norm of all gradients together.
public struct GradientClipping: Sendable, Equatable {
    /// The largest norm, above 0; gradients with a larger one are all scaled down to it.
    public var maxNorm: Double
    /// The order of the norm, above 0: 2 for the Euclidean norm, infinity for the largest
    /// magnitude.
    public var order: Double

    /// A bound on the Euclidean norm unless `order` is another.
    public init(maxNorm: Double, order: Double = 2) {
        self.maxNorm = maxNorm
        self.order = order
    }
}

extension Optimizer {
    /// The learning rate of every group at `iteration` (from 0) of `total`, by `schedule`.
    public func learningRates(_ schedule: any Schedule, iteration: Int, of total: Int) -> [Double] {
        groups.map { group in
            schedule.learningRate(
                base: baseLearningRate * group.learningRateMultiplier, iteration: iteration,
                of: total)
        }
    }
}
