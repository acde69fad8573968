import DenseKitComponents
import DenseKitConfiguration
import DenseKitData
import DenseKitEvaluation
import DenseKitExperiments

/// The hooks of a run. Every run has those that log, save and validate; one that the configuration
/// names, or a program adds, takes the place of the automatic one.
struct RunHooks {
    let log: LogHook
    /// Nil where no image may be skipped.
    let skipped: SkippedImagesHook?
    /// All others, in the order in which they were named and added.
    let others: [any Hook]
    let checkpoints: CheckpointHook
    /// Nil where nothing is validated.
    let evaluation: EvaluationHook?

    /// In the order in which they are called. Checkpoints come after all whose state they keep, and
    /// before the validation, so that one that fails loses no training.
    var inOrder: [any Hook] {
        let first: [any Hook] = [log] + (skipped.map { [$0] } ?? [])
        return first + others + [checkpoints] + (evaluation.map { [$0] } ?? [])
    }

    /// Gives the hooks what they need of the run.
    func connect(
        _ evaluator: (any Evaluator)?, store: CheckpointStore, scalarsPath: String,
        limit: SkipLimit, showsProgress: Bool
    ) {
        let progress = showsProgress ? ProgressBar() : nil
        log.connect(scalarsPath: scalarsPath, progress: progress)
        skipped?.connect(limit, log: log)
        checkpoints.connect(store)
        guard let evaluator else { return }
        evaluation?.connect(evaluator, store: store, log: log, skipped: skipped, progress: progress)
    }
}

/// Hooks with the place of each in the configuration.
private struct GivenHooks {
    var entries: [(hook: any Hook, place: SourceLocation)]

    /// Takes out the one of this type; nil where there is none.
    ///
    /// Throws `ConfigurationError` where there are two.
    mutating func take<Taken: Hook>(_ type: Taken.Type) throws(ConfigurationError) -> Taken? {
        let found = entries.filter { $0.hook is Taken }
        guard found.count < 2 else {
            throw ConfigurationError(
                at: found[1].place, "\(type) is among the hooks twice",
                hint: "every run has one: list it once, with its settings")
        }
        entries.removeAll { $0.hook is Taken }
        return found.first?.hook as? Taken
    }
}

extension Experiment {
    /// The hooks of a run: the automatic ones, those that the configuration names, and `added`.
    ///
    /// - Throws: `ConfigurationError` for an automatic hook that is there twice, for one that has
    ///   nothing to do in this configuration, and for two states of one name; what making a hook
    ///   throws.
    func runHooks(adding added: [any Hook] = []) throws -> RunHooks {
        let list = node.location(of: ["hooks"]) ?? .file(file)
        let named = try configuration.hooks.map { component in
            (hook: try registry.hooks.make(component, context), place: component.location)
        }
        let all = named + added.map { (hook: $0, place: list) }
        try checkUse(of: all)
        var given = GivenHooks(entries: all)
        let log = try given.take(LogHook.self) ?? LogHook(.init())
        let skipped = try given.take(SkippedImagesHook.self)
        let checkpoints = try given.take(CheckpointHook.self) ?? CheckpointHook()
        let evaluation = try given.take(EvaluationHook.self)
        let skips = configuration.data.badImage == .skip
        let validates = configuration.data.val != nil
        let hooks = RunHooks(
            log: log, skipped: skips ? skipped ?? SkippedImagesHook() : nil,
            others: given.entries.map(\.hook), checkpoints: checkpoints,
            evaluation: validates ? evaluation ?? EvaluationHook() : nil)
        try checkStates(of: hooks.inOrder, at: list)
        return hooks
    }

    /// Throws `ConfigurationError` for a hook that has nothing to do: one that needs validations
    /// where there are none, and one of skipped images where none may be skipped.
    private func checkUse(of hooks: [(hook: any Hook, place: SourceLocation)]) throws {
        for (hook, place) in hooks {
            if hook.needsValidation, configuration.data.val == nil {
                throw ConfigurationError(
                    at: place,
                    "the hook \(type(of: hook)) needs validations, and data.val is missing",
                    hint: "name a data set there, or leave the hook out",
                    kind: .missing(["data", "val"]))
            }
            if hook is SkippedImagesHook, configuration.data.badImage == .error {
                throw ConfigurationError(
                    at: place,
                    "the hook \(type(of: hook)) counts skipped images, and data.bad_image: error skips none",
                    hint: "set data.bad_image: skip, or leave the hook out")
            }
        }
    }

    /// Throws `ConfigurationError` for two hooks whose states would have one name in checkpoints.
    private func checkStates(of hooks: [any Hook], at place: SourceLocation) throws {
        var names: Set<String> = []
        for case let hook as any StatefulHook in hooks {
            guard !names.insert(hook.stateName).inserted else { continue }
            throw ConfigurationError(
                at: place, "two hooks save a state under the name '\(hook.stateName)'",
                hint: "list each once; a hook of your own needs a `stateName` of its own")
        }
    }
}

extension Trainer {
    /// The names of the metrics that validations may report; nil where they are not known before
    /// the first one, and where nothing is validated.
    public var metricNames: [String]? {
        hooks.lazy.compactMap { $0 as? EvaluationHook }.first?.metricNames
    }

    /// Throws `TrainingError.unknownMetric` where a setting names a metric that validations do not
    /// report, as far as `metricNames` says.
    ///
    /// - Parameters:
    ///   - name: the metric; nil stands for the primary one
    ///   - setting: the setting that names it, such as `EarlyStopping.monitor`
    public func checkMetric(_ name: String?, of setting: String) throws {
        guard let name, let known = metricNames, !known.contains(name) else { return }
        throw TrainingError.unknownMetric(name, setting: setting, known: known)
    }
}

extension EvaluationReport {
    /// The metric `name` of the report, or its primary metric.
    ///
    /// - Parameters:
    ///   - name: nil for the primary metric
    ///   - setting: the setting that names the metric, such as `EarlyStopping.monitor`
    /// - Throws: `TrainingError.unknownMetric` where the report does not have it.
    public func metric(_ name: String?, of setting: String) throws -> EvaluationMetric {
        let name = name ?? primaryMetric
        guard let metric = metric(name) else {
            throw TrainingError.unknownMetric(name, setting: setting, known: summary.map(\.name))
        }
        return metric
    }
}
