/// Stochastic gradient descent with momentum and coupled weight decay, as in PyTorch.
public final class SGD: Optimizer {
    /// Learning rate before multipliers and schedule.
    public let baseLearningRate: Double
    /// The parameters, grouped by learning rate and weight decay.
    public let groups: [ParameterGroup]
    /// Share of the last velocity in the next one, 0 ..< 1; 0 for plain gradient descent.
    public let momentum: Double
    /// Weight decay before the groups' multipliers, added to the gradient as
    /// `weightDecay · parameter`.
    public let weightDecay: Double

    private var velocities: [String: Tensor] = [:]

    /// An optimizer without any steps taken; by default with a momentum of 0.9 and no weight decay.
    public init(
        _ groups: [ParameterGroup], learningRate: Double, momentum: Double = 0.9,
        weightDecay: Double = 0
    ) {
        self.groups = groups
        baseLearningRate = learningRate
        self.momentum = momentum
        self.weightDecay = weightDecay
    }

    /// One step of every parameter that has a gradient; `learningRates[g]` is the rate of group g.
    ///
    /// - Throws: `OptimizerStateError` unless there is one rate for each group.
    public func step(learningRates: [Double]) throws {
        try check(learningRates)
        try withoutGrad {
            for (group, rate) in zip(groups, learningRates) { try update(group, rate: rate) }
        }
    }

    private func update(_ group: ParameterGroup, rate: Double) throws {
        let decay = weightDecay * group.decayMultiplier
        var (parameters, steps): ([Tensor], [Tensor]) = ([], [])
        // velocities that exist already, and what to add to them
        var (moving, changes): ([Tensor], [Tensor]) = ([], [])
        for (name, parameter) in zip(group.names, group.parameters) {
            guard let gradient = parameter.grad else { continue }
            parameters.append(parameter)
            let change = decay == 0 ? gradient : try gradient + (parameter * decay)
            guard momentum != 0 else {
                steps.append(change)
                continue
            }
            if let velocity = velocities[name] {
                moving.append(velocity)
                changes.append(change)
                steps.append(velocity)
            } else {
                let velocity = try change.cloned()  // the first velocity is the first gradient
                velocities[name] = velocity
                steps.append(velocity)
            }
        }
        try Foreach.mul(moving, momentum)
        try Foreach.add(moving, changes)
        try Foreach.add(parameters, steps, scale: -rate)
    }

    /// `NAME/velocity`, of the parameter's shape, for each parameter that took a step with
    /// momentum. The tensors are the optimizer's own: the next step changes them.
    public func state() throws -> [String: Tensor] {
        Dictionary(uniqueKeysWithValues: velocities.map { ("\($0.key)/velocity", $0.value) })
    }

    /// `NAME/velocity` of each parameter; none without momentum.
    public var stateNames: Set<String>? {
        momentum == 0 ? [] : Set(groups.flatMap(\.names).map { "\($0)/velocity" })
    }

    /// Resumes from a state that `state()` gave, copying its tensors. Parameters without an entry
    /// start from scratch.
    ///
    /// - Throws: `OptimizerStateError` for entries of unknown parameters or of another optimizer,
    ///   and for a velocity of another shape.
    public func load(_ state: [String: Tensor]) throws {
        try checkEntries(of: state)
        var loaded: [String: Tensor] = [:]
        for group in groups {
            for (name, parameter) in zip(group.names, group.parameters) {
                guard let velocity = state["\(name)/velocity"] else { continue }
                guard velocity.shape == parameter.shape else {
                    throw OptimizerStateError(
                        problem:
                            "the optimizer's state of \(name) has shape \(velocity.shape), the parameter has \(parameter.shape)"
                    )
                }
                // in the parameter's memory layout
                loaded[name] = try (parameter.detached() * 0).copyInPlace(velocity)
            }
        }
        velocities = loaded
    }
}
