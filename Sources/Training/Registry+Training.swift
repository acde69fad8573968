import DenseKitComponents

/// Settings that make an optimizer once the parameters are there.
public protocol OptimizerRecipe: Sendable {
    func optimizer(for parameters: [NamedTensor]) throws -> any Optimizer
    /// What of the settings has no effect on these parameters, a sentence each.
    func remarks(on parameters: [NamedTensor]) -> [String]
}

extension OptimizerRecipe {
    public func remarks(on parameters: [NamedTensor]) -> [String] { [] }
}

/// The learning rate over time.
public protocol Schedule: Sendable {
    /// - Parameters:
    ///   - base: the group's rate, its multiplier included
    ///   - iteration: counts from 0
    func learningRate(base: Double, iteration: Int, of total: Int) -> Double

    /// What of the settings has no effect in a run of so many iterations: the key, and a sentence. Asked of what `counting` returns.
    func remarks(iterations: Int) -> [(key: String, problem: String)]

    /// The schedule for a data set through which so many iterations go once: what makes iterations of settings in epochs.
    func counting(iterationsPerEpoch: Int) -> any Schedule
}

extension Schedule {
    public func remarks(iterations: Int) -> [(key: String, problem: String)] { [] }
    public func counting(iterationsPerEpoch: Int) -> any Schedule { self }
}

extension Registry {
    public var optimizers: ComponentTable<any OptimizerRecipe> {
        get { self[(any OptimizerRecipe).self, kind: "optimizer"] }
        set { self[(any OptimizerRecipe).self, kind: "optimizer"] = newValue }
    }
    public var schedules: ComponentTable<any Schedule> {
        get { self[(any Schedule).self, kind: "schedule"] }
        set { self[(any Schedule).self, kind: "schedule"] = newValue }
    }
    /// What a configuration may name under `hooks`.
    public var hooks: ComponentTable<any Hook> {
        get { self[(any Hook).self, kind: "hook"] }
        set { self[(any Hook).self, kind: "hook"] = newValue }
    }
}
