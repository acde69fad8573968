import DenseKitComponents

/// Settings of an optimizer, which is built once the model's parameters are known.
public protocol OptimizerRecipe: Sendable {
    /// The optimizer of `parameters`; frozen ones among them are left out.
    /// - Throws: an error for settings that do not fit the parameters.
    func optimizer(for parameters: [NamedTensor]) throws -> any Optimizer
    /// Settings without effect on these parameters, a sentence each; empty if not implemented.
    func warnings(on parameters: [NamedTensor]) -> [String]
}

extension OptimizerRecipe {
    /// An empty list.
    public func warnings(on parameters: [NamedTensor]) -> [String] { [] }
}

/// The learning rate as a function of the iteration.
public protocol Schedule: Sendable {
    /// The learning rate of a parameter group.
    ///
    /// - Parameters:
    ///   - base: the group's learning rate, with its multiplier
    ///   - iteration: from 0
    ///   - total: the number of iterations of the run
    func learningRate(base: Double, iteration: Int, of total: Int) -> Double

    /// Settings without effect in a run of `iterations` iterations, each a key and a sentence;
    /// empty if not implemented. Called on the result of `counting(iterationsPerEpoch:)`.
    func warnings(iterations: Int) -> [(key: String, problem: String)]

    /// The schedule with settings in epochs converted to iterations; unchanged if not implemented.
    func counting(iterationsPerEpoch: Int) -> any Schedule
}

extension Schedule {
    /// An empty list.
    public func warnings(iterations: Int) -> [(key: String, problem: String)] { [] }
    /// The schedule unchanged.
    public func counting(iterationsPerEpoch: Int) -> any Schedule { self }
}

extension ComponentKinds {
    /// `optimizer` in YAML.
    public var optimizers: ComponentKind<any OptimizerRecipe> { .init("optimizer") }
    /// `schedule` in YAML.
    public var schedules: ComponentKind<any Schedule> { .init("schedule") }
    /// `hooks` in YAML.
    public var hooks: ComponentKind<any Hook> { .init("hook") }
}
