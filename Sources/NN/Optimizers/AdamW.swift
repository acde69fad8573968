import Glibc

/// Adam with decoupled weight decay. (Loshchilov & Hutter 2019, algorithm 2)
public final class AdamW: Optimizer {
    /// Learning rate before multipliers and schedule.
    public let baseLearningRate: Double
    /// The parameters, grouped by learning rate and weight decay.
    public let groups: [ParameterGroup]
    /// Decay rates of the running means of gradients and of squared gradients, 0 ..< 1.
    public let betas: (Double, Double)
    /// Added to the square root of the second moment, against division by 0.
    public let eps: Double
    /// Weight decay before the groups' multipliers: a step shrinks parameters by
    /// `learning rate · weightDecay`.
    public let weightDecay: Double

    /// A parameter's running moments.
    private struct Moments {
        let mean: Tensor
        let square: Tensor
        var steps: Int
    }
    private var moments: [String: Moments] = [:]

    /// An optimizer without any steps taken; betas, eps and weight decay are PyTorch's by default.
    public init(
        _ groups: [ParameterGroup], learningRate: Double, betas: (Double, Double) = (0.9, 0.999),
        eps: Double = 1e-8,
        weightDecay: Double = 1e-2
    ) {
        self.groups = groups
        baseLearningRate = learningRate
        self.betas = betas
        self.eps = eps
        self.weightDecay = weightDecay
    }

    /// One step of every parameter that has a gradient; `learningRates[g]` is the rate of group g.
    ///
    /// - Throws: `OptimizerStateError` unless there is one rate for each group.
    public func step(learningRates: [Double]) throws {
        try check(learningRates)
        try withoutGrad {
            for (group, rate) in zip(groups, learningRates) {
                for (_, bucket) in try buckets(of: group).sorted(by: { $0.key < $1.key }) {
                    try update(bucket, rate: rate, decay: weightDecay * group.decayMultiplier)
                }
            }
        }
    }

    /// Parameters that took the same number of steps share their bias correction.
    private struct Bucket {
        var parameters: [Tensor] = []
        var gradients: [Tensor] = []
        var means: [Tensor] = []
        var squares: [Tensor] = []
        var steps = 0
    }

    private func buckets(of group: ParameterGroup) throws -> [Int: Bucket] {
        var result: [Int: Bucket] = [:]
        for (name, parameter) in zip(group.names, group.parameters) {
            guard let gradient = parameter.grad else { continue }
            var state = try moments[name] ?? fresh(parameter)
            state.steps += 1
            moments[name] = state
            var bucket = result[state.steps] ?? Bucket()
            bucket.parameters.append(parameter)
            bucket.gradients.append(gradient)
            bucket.means.append(state.mean)
            bucket.squares.append(state.square)
            bucket.steps = state.steps
            result[state.steps] = bucket
        }
        return result
    }

    private func fresh(_ parameter: Tensor) throws -> Moments {
        // A product with 0 keeps the parameter's memory layout, which makes the passes over both
        // run side by side.
        let zero = try parameter.detached() * 0
        return try Moments(mean: zero.fillInPlace(0), square: zero.cloned(), steps: 0)
    }

    private func update(_ bucket: Bucket, rate: Double, decay: Double) throws {
        let correction1 = 1 - pow(betas.0, Double(bucket.steps))
        let correction2 = (1 - pow(betas.1, Double(bucket.steps))).squareRoot()
        try Foreach.mul(bucket.parameters, 1 - rate * decay)
        try Foreach.mul(bucket.means, betas.0)
        try Foreach.add(bucket.means, bucket.gradients, scale: 1 - betas.0)
        try Foreach.mul(bucket.squares, betas.1)
        try Foreach.addProduct(
            bucket.squares, bucket.gradients, bucket.gradients, scale: 1 - betas.1)
        // √v / √c₂ + ε, with the division moved to the step size: (√v + ε √c₂) / √c₂
        let denominators = try Foreach.sqrt(bucket.squares)
        try Foreach.add(denominators, eps * correction2)
        try Foreach.addQuotient(
            bucket.parameters, bucket.means, denominators, scale: -rate * correction2 / correction1)
    }

    /// For each parameter that took a step `NAME/mean` and `NAME/square`, of its shape, and
    /// `NAME/steps`, `[1]` int64. The means are the optimizer's own tensors: the next step changes
    /// them.
    public func state() throws -> [String: Tensor] {
        var result: [String: Tensor] = [:]
        for (name, state) in moments {
            result["\(name)/mean"] = state.mean
            result["\(name)/square"] = state.square
            result["\(name)/steps"] = try Tensor.from([Int64(state.steps)])
        }
        return result
    }

    /// `NAME/mean`, `NAME/square` and `NAME/steps` of each parameter.
    public var stateNames: Set<String>? {
        Set(groups.flatMap(\.names).flatMap { ["\($0)/mean", "\($0)/square", "\($0)/steps"] })
    }

    /// Resumes from a state that `state()` gave, copying its tensors. Parameters without an entry
    /// start from scratch.
    ///
    /// - Throws: `OptimizerStateError` for entries of unknown parameters or of another optimizer,
    ///   an incomplete entry, another shape, or a step count that is no whole number.
    public func load(_ state: [String: Tensor]) throws {
        try checkEntries(of: state)
        var loaded: [String: Moments] = [:]
        for group in groups {
            for (name, parameter) in zip(group.names, group.parameters) {
                let found = ["mean", "square", "steps"].map { state["\(name)/\($0)"] }
                if found.allSatisfy({ $0 == nil }) { continue }
                guard let mean = found[0], let square = found[1], let steps = found[2] else {
                    throw OptimizerStateError(
                        problem: "the optimizer's state of \(name) is incomplete")
                }
                if let other = [mean, square].first(where: { $0.shape != parameter.shape }) {
                    throw OptimizerStateError(
                        problem:
                            "the optimizer's state of \(name) has shape \(other.shape), the parameter has \(parameter.shape)"
                    )
                }
                let number = try steps.item()
                guard let count = Int(exactly: number), count >= 0 else {
                    throw OptimizerStateError(
                        problem:
                            "the optimizer's state of \(name) has taken \(number) steps: expected a whole number"
                    )
                }
                let start = try fresh(parameter)
                try start.mean.copyInPlace(mean)
                try start.square.copyInPlace(square)
                loaded[name] = Moments(mean: start.mean, square: start.square, steps: count)
            }
        }
        moments = loaded
    }
}
