/// Parameters that share a learning rate and a weight decay.
public struct ParameterGroup {
    /// Checkpoint keys, for the optimizer's saved state.
    public let names: [String]
    public let parameters: [Tensor]
    /// Factors of the optimizer's own settings.
    public let learningRateMultiplier: Double
    public let decayMultiplier: Double

    public init(names: [String], parameters: [Tensor], learningRateMultiplier: Double = 1, decayMultiplier: Double = 1) {
        precondition(names.count == parameters.count, "every parameter has a name")
        self.names = names
        self.parameters = parameters
        self.learningRateMultiplier = learningRateMultiplier
        self.decayMultiplier = decayMultiplier
    }
}

/// Changes parameters by their gradients. Parameters without a gradient stay as they are.
public protocol Optimizer: AnyObject {
    /// The learning rate before multipliers and schedule.
    var baseLearningRate: Double { get }
    var groups: [ParameterGroup] { get }

    /// One step; `learningRates[g]` is group g's rate, multiplier and schedule included. Throws unless there is one for every group.
    func step(learningRates: [Double]) throws

    /// Everything a later step depends on, by name. The tensors are the optimizer's own: the next step changes them.
    func state() throws -> [String: Tensor]

    /// Goes on from a saved state, of which it takes copies. Throws `OptimizerStateError` for one that does not fit.
    func load(_ state: [String: Tensor]) throws
}

extension Optimizer {
    public func clearGradients() throws {
        for group in groups { for parameter in group.parameters { try parameter.clearGrad() } }
    }

    func check(_ learningRates: [Double]) throws {
        guard learningRates.count == groups.count else {
            throw OptimizerStateError(
                problem:
                    "\(groups.count) groups of parameters need \(groups.count) learning rates, found \(learningRates.count)")
        }
    }

    /// The gradients that a step would use.
    public var gradients: [Tensor] { groups.flatMap { $0.parameters.compactMap(\.grad) } }
}

/// A saved state, or learning rates, that do not fit the optimizer.
public struct OptimizerStateError: DenseKitError {
    public let problem: String
    public var origin: ErrorOrigin { .input }
}

/// Scales all gradients so that their common norm is at most `maxNorm`, as PyTorch's `clip_grad_norm_` does.
///
/// - Parameter order: of the norm, above 0: 2 for the Euclidean length, infinity for the largest magnitude
/// - Returns: the norm before
public func clipGradients(_ gradients: [Tensor], maxNorm: Double, order: Double = 2) throws -> Double {
    guard !gradients.isEmpty else { return 0 }
    return try withoutGrad {
        let total = try commonNorm(gradients, order: order)
        let factor = maxNorm / (total + 1e-6)
        if factor < 1 { try Foreach.mul(gradients, factor) }
        return total
    }
}

/// The norm of all elements of all tensors together.
private func commonNorm(_ tensors: [Tensor], order: Double) throws -> Double {
    switch order {
    case 2: try Tensor.stack(try Foreach.norm(tensors)).norm().item()
    case .infinity: try Tensor.stack(try tensors.map { try $0.abs().amax() }).amax().item()
    default: try Tensor.stack(try tensors.map { try $0.abs().pow(order).sum() }).sum().pow(1 / order).item()
    }
}
