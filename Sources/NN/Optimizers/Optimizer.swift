/// Parameters that share a learning rate and a weight decay.
public struct ParameterGroup {
    /// Checkpoint keys of the parameters, which name their entries in the optimizer's saved state.
    public let names: [String]
    /// The tensors, in the order of `names`.
    public let parameters: [Tensor]
    /// Factor of the optimizer's learning rate.
    public let learningRateMultiplier: Double
    /// Factor of the optimizer's weight decay; 0 for no decay.
    public let decayMultiplier: Double

    /// A group of parameters with one name each.
    ///
    /// - Throws: `OptimizerStateError` where there is not one name for each parameter, and where
    ///   two have one name: their saved states could not be told apart.
    public init(
        names: [String], parameters: [Tensor], learningRateMultiplier: Double = 1,
        decayMultiplier: Double = 1
    ) throws {
        guard names.count == parameters.count else {
            throw OptimizerStateError(
                problem:
                    "a group of \(parameters.count) parameters needs a name for each, found \(names.count)"
            )
        }
        var known: Set<String> = []
        if let twice = names.first(where: { !known.insert($0).inserted }) {
            throw OptimizerStateError(
                problem: "two parameters of a group have the name '\(twice)'",
                remedy: "give each a name of its own: saved states are found by it")
        }
        self.names = names
        self.parameters = parameters
        self.learningRateMultiplier = learningRateMultiplier
        self.decayMultiplier = decayMultiplier
    }
}

/// Changes parameters by their gradients. Parameters without a gradient stay unchanged.
public protocol Optimizer: AnyObject {
    /// Learning rate before multipliers and schedule.
    var baseLearningRate: Double { get }
    /// The parameters, grouped by learning rate and weight decay.
    var groups: [ParameterGroup] { get }

    /// One step of every parameter that has a gradient.
    ///
    /// - Parameter learningRates: the rate of each group, multiplier and schedule included
    /// - Throws: `OptimizerStateError` unless there is one rate for each group.
    func step(learningRates: [Double]) throws

    /// All tensors that a later step depends on, by name. They are the optimizer's own: the next
    /// step changes them.
    func state() throws -> [String: Tensor]

    /// Resumes from a saved state, whose tensors are copied.
    ///
    /// - Throws: `OptimizerStateError` for a state that does not fit the parameters.
    func load(_ state: [String: Tensor]) throws

    /// The names that entries of a state can have: `load` takes no others. Nil, where they are not
    /// known before, if not implemented.
    var stateNames: Set<String>? { get }
}

extension Optimizer {
    /// Nil: the entries of a state are not known before.
    public var stateNames: Set<String>? { nil }

    /// The names in `state`, sorted, that the optimizer has no use for: of another optimizer, or of
    /// parameters that it does not train. Empty where `stateNames` does not say.
    public func unusedEntries(of state: [String: Tensor]) -> [String] {
        guard let names = stateNames else { return [] }
        return state.keys.filter { !names.contains($0) }.sorted()
    }

    /// Throws `OptimizerStateError` for entries of `state` that the optimizer has no use for.
    func checkEntries(of state: [String: Tensor]) throws(OptimizerStateError) {
        let unused = unusedEntries(of: state)
        guard !unused.isEmpty else { return }
        let rest = unused.count > 4 ? " and \(unused.count - 4) more" : ""
        throw OptimizerStateError(
            problem:
                "the saved state has entries of another optimizer or of parameters that are not trained: "
                + unused.prefix(4).joined(separator: ", ") + rest,
            remedy:
                "leave out what `unusedEntries(of:)` lists, to start these parameters without moments"
        )
    }

    /// Removes the gradients of all parameters, so that the next `backward` starts from none.
    public func clearGradients() throws {
        for group in groups { for parameter in group.parameters { try parameter.clearGrad() } }
    }

    func check(_ learningRates: [Double]) throws {
        guard learningRates.count == groups.count else {
            throw OptimizerStateError(
                problem:
                    "\(groups.count) groups of parameters need \(groups.count) learning rates, found \(learningRates.count)"
            )
        }
    }

    /// The gradients that the next step uses; parameters without one are left out.
    public var gradients: [Tensor] { groups.flatMap { $0.parameters.compactMap(\.grad) } }
}

/// A saved state, or learning rates, that do not fit the optimizer.
public struct OptimizerStateError: DenseKitError {
    public let problem: String
    public let remedy: String?
    public var origin: ErrorOrigin { .input }

    init(problem: String, remedy: String? = nil) {
        self.problem = problem
        self.remedy = remedy
    }
}

/// Scales all gradients in place so that their common norm is at most `maxNorm`, as PyTorch's
/// `clip_grad_norm_` does.
///
/// - Parameters:
///   - gradients: scaled together
///   - maxNorm: the bound of their common norm, above 0
///   - order: of the norm, above 0: 2 for the Euclidean norm, infinity for the largest magnitude
/// - Returns: the norm before scaling; 0 without gradients
public func clipGradients(_ gradients: [Tensor], maxNorm: Double, order: Double = 2) throws
    -> Double
{
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
    case 2: try Tensor.stack(Foreach.norm(tensors)).norm().item()
    case .infinity: try Tensor.stack(tensors.map { try $0.abs().amax() }).amax().item()
    default:
        try Tensor.stack(tensors.map { try $0.abs().pow(order).sum() }).sum().pow(1 / order).item()
    }
}
