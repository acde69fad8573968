import DenseKitCore

extension GoldenCase {
    /// `config.optimizer_config.grad_clip`, mmcv's: all gradients are scaled together where their
    /// norm is above `max_norm`. Nil where nothing is clipped.
    func gradientClipping() throws -> GradientClipping? {
        try check(
            "config.optimizer_config", knows: "grad_clip", fixed: ["type": .string("OptimizerHook")]
        )
        try check("config.optimizer_config.grad_clip", knows: "max_norm norm_type")
        guard let clip = json["config"]?["optimizer_config"]?["grad_clip"], clip != .null else {
            return nil
        }
        guard let maxNorm = clip["max_norm"]?.number, maxNorm > 0 else {
            throw GoldenCaseError(
                path,
                "has \(clip["max_norm"]?.text ?? "nothing") in config.optimizer_config.grad_clip.max_norm, expected a number "
                    + "above 0")
        }
        let written = clip["norm_type"] ?? .number(2)
        guard let order = written == .string("inf") ? .infinity : written.number, order > 0 else {
            throw GoldenCaseError(
                path,
                "has \(written.text) in config.optimizer_config.grad_clip.norm_type, expected a number above 0, or \"inf\""
            )
        }
        return GradientClipping(maxNorm: maxNorm, order: order)
    }
}

/// Optimizer and schedule of a case, translated from mmcv's names into ours.
struct Recipes {
    let optimizer: ComponentNode
    let schedule: ComponentNode

    private struct Written: YAMLConfiguration {
        var optimizer: ComponentNode?
        var schedule: ComponentNode?
    }

    /// Throws `GoldenCaseError` for unknown settings; a setting that the component does not
    /// know is its own error when it is built.
    init(_ golden: GoldenCase, optimizer: [String: GoldenJSON], schedule: [String: GoldenJSON])
        throws
    {
        let both = try [
            "optimizer": GoldenJSON.object(Self.ours(golden, optimizer: optimizer)),
            "schedule": GoldenJSON.object(Self.ours(golden, schedule: schedule)),
        ]
        let written: Written = try YAMLNode(encoding: both).decode()
        guard let optimizer = written.optimizer, let schedule = written.schedule else {
            throw GoldenCaseError(golden.path, "needs config.optimizer and config.lr_config")
        }
        self.optimizer = optimizer
        self.schedule = schedule
    }

    private static func ours(_ golden: GoldenCase, optimizer: [String: GoldenJSON]) throws
        -> [String:
        GoldenJSON]
    {
        var settings = optimizer
        let paramwise = settings.removeValue(forKey: "paramwise_cfg")?.object ?? [:]
        if let other = paramwise.keys.filter({ $0 != "custom_keys" }).min() {
            throw GoldenCaseError(
                golden.path, "sets paramwise_cfg.\(other): only custom_keys is known")
        }
        settings["custom_keys"] = paramwise["custom_keys"]
        return settings
    }

    private static func ours(_ golden: GoldenCase, schedule: [String: GoldenJSON]) throws
        -> [String:
        GoldenJSON]
    {
        var settings = schedule
        guard let policy = settings.removeValue(forKey: "policy")?.string,
            let initial = policy.first
        else {
            throw GoldenCaseError(golden.path, "needs config.lr_config.policy")
        }
        guard settings.removeValue(forKey: "by_epoch")?.bool != true else {
            throw GoldenCaseError(
                golden.path, "counts the schedule by epoch: only iterations are known")
        }
        let warmup = settings.removeValue(forKey: "warmup")?.string
        let length = settings.removeValue(forKey: "warmup_iters")
        guard warmup == nil || warmup == "linear" else {
            throw GoldenCaseError(
                golden.path, "warms up by '\(warmup ?? "")': only linear is known")
        }
        settings["type"] = .string(initial.uppercased() + policy.dropFirst())
        settings["warmup_iterations"] = warmup == nil ? .number(0) : length
        return settings
    }
}
