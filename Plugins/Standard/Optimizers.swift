import DenseKitCore

/// The settings of AdamW in YAML. Multipliers by name as in mmcv's `paramwise_cfg.custom_keys`.
struct AdamWRecipe: OptimizerRecipe {
    struct Configuration: YAMLConfiguration {
        var lr = 1e-4
        var weightDecay = 1e-4
        var betas = [0.9, 0.999]
        var eps = 1e-8
        /// Parts of parameter names and what they multiply; the longest part that a name contains
        /// wins.
        var customKeys: [String: ParameterMultipliers] = [:]

        init() {}
    }

    let settings: Configuration

    /// Throws `SettingError` for numbers out of range.
    init(_ configuration: Configuration) throws {
        guard configuration.betas.count == 2, configuration.betas.allSatisfy({ 0..<1 ~= $0 }) else {
            throw SettingError(
                "AdamW", "betas",
                "expected two numbers of 0 or more and below 1, found \(configuration.betas)")
        }
        try check(lr: configuration.lr, decay: configuration.weightDecay, configuration.customKeys)
        // Below, a gradient of 0 divides 0 by 0 in float32.
        try SettingError.check("eps", configuration.eps, in: 1e-30...1)
        settings = configuration
    }

    func optimizer(for parameters: [NamedTensor]) throws -> any Optimizer {
        let groups = try parameterGroups(parameters, customKeys: settings.customKeys)
        return AdamW(
            groups, learningRate: settings.lr, betas: (settings.betas[0], settings.betas[1]),
            eps: settings.eps, weightDecay: settings.weightDecay)
    }

    func warnings(on parameters: [NamedTensor]) -> [String] {
        DenseKitCore.customKeyWarnings(for: settings.customKeys, parameters: parameters)
    }
}

/// The settings of SGD in YAML.
struct SGDRecipe: OptimizerRecipe {
    struct Configuration: YAMLConfiguration {
        var lr = 0.01
        var momentum = 0.9
        var weightDecay = 5e-4
        var customKeys: [String: ParameterMultipliers] = [:]

        init() {}
    }

    let settings: Configuration

    /// Throws `SettingError` for numbers out of range.
    init(_ configuration: Configuration) throws {
        try check(lr: configuration.lr, decay: configuration.weightDecay, configuration.customKeys)
        guard 0..<1 ~= configuration.momentum else {
            throw SettingError(
                key: "momentum",
                "momentum must be 0 or more and below 1, found \(configuration.momentum)")
        }
        settings = configuration
    }

    func optimizer(for parameters: [NamedTensor]) throws -> any Optimizer {
        let groups = try parameterGroups(parameters, customKeys: settings.customKeys)
        return SGD(
            groups, learningRate: settings.lr, momentum: settings.momentum,
            weightDecay: settings.weightDecay)
    }

    func warnings(on parameters: [NamedTensor]) -> [String] {
        DenseKitCore.customKeyWarnings(for: settings.customKeys, parameters: parameters)
    }
}

/// Throws `SettingError` for numbers out of range. For each, 0 is a valid number: nothing
/// is trained, or nothing decays.
private func check(lr: Double, decay: Double, _ customKeys: [String: ParameterMultipliers]) throws {
    try SettingError.check("lr", lr, in: 0...1000)
    try SettingError.check("weight_decay", decay, in: 0...1000)
    for (name, multipliers) in customKeys.sorted(by: { $0.key < $1.key }) {
        for (key, value) in [
            ("lr_mult", multipliers.lrMult), ("decay_mult", multipliers.decayMult),
        ] where !(0...1e6 ~= value) {
            throw SettingError(
                keys: ["custom_keys", name, key],
                "custom_keys.\(name).\(key) must be 0.0…1000000.0, found \(value)")
        }
    }
}
