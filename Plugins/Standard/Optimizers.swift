import DenseKit

/// The settings of AdamW in YAML. Multipliers by name as in mmcv's `paramwise_cfg.custom_keys`.
struct AdamWRecipe: OptimizerRecipe {
    struct Configuration: DenseKit.Configuration {
        var lr = 1e-4
        var weightDecay = 1e-4
        var betas = [0.9, 0.999]
        var eps = 1e-8
        /// Parts of parameter names and what they multiply; the longest part that a name contains wins.
        var customKeys: [String: Multipliers] = [:]

        init() {}
    }

    let settings: Configuration

    init(_ configuration: Configuration) throws {
        guard configuration.betas.count == 2, configuration.betas.allSatisfy({ 0..<1 ~= $0 }) else {
            throw SettingError("AdamW", "betas", "expected two numbers in 0..<1, found \(configuration.betas)")
        }
        guard configuration.lr >= 0 else { throw SettingError("AdamW", "lr", "expected 0 or more, found \(configuration.lr)") }
        settings = configuration
    }

    func optimizer(for parameters: [NamedTensor]) -> any Optimizer {
        AdamW(
            parameterGroups(parameters, customKeys: settings.customKeys), learningRate: settings.lr,
            betas: (settings.betas[0], settings.betas[1]), eps: settings.eps, weightDecay: settings.weightDecay)
    }

    func remarks(on parameters: [NamedTensor]) -> [String] {
        DenseKit.remarks(onCustomKeys: settings.customKeys, parameters: parameters)
    }
}

/// The settings of SGD in YAML.
struct SGDRecipe: OptimizerRecipe {
    struct Configuration: DenseKit.Configuration {
        var lr = 0.01
        var momentum = 0.9
        var weightDecay = 5e-4
        var customKeys: [String: Multipliers] = [:]

        init() {}
    }

    let settings: Configuration

    init(_ configuration: Configuration) throws {
        guard configuration.lr >= 0 else { throw SettingError("SGD", "lr", "expected 0 or more, found \(configuration.lr)") }
        settings = configuration
    }

    func optimizer(for parameters: [NamedTensor]) -> any Optimizer {
        SGD(
            parameterGroups(parameters, customKeys: settings.customKeys), learningRate: settings.lr, momentum: settings.momentum,
            weightDecay: settings.weightDecay)
    }

    func remarks(on parameters: [NamedTensor]) -> [String] {
        DenseKit.remarks(onCustomKeys: settings.customKeys, parameters: parameters)
    }
}
