import DenseKitComponents
import DenseKitConfiguration
import DenseKitData
import DenseKitFilePlugins
import DenseKitVision

/// Finds every mistake of a configuration: each that is found is taken out, with the value that it
/// makes useless, and the rest is checked again.
struct ConfigurationCheck {
    let file: String
    let name: String
    /// Where parts are built.
    let device: Device
    private(set) var findings = CheckFindings()
    /// The configuration as it was read.
    let original: YAMLNode
    /// Whether all of its files were read: where one was not, nothing is reported on what may be
    /// there.
    let isComplete: Bool
    /// What is left of the configuration.
    private var node: YAMLNode
    private var registry: Registry
    /// What was taken out, by its keys.
    private(set) var removed: [[String]] = []
    /// Data sets of which a setting was taken out, so that what they read may not be what is meant.
    private var altered: Set<String> = []

    /// What is wrong with the text of `draft` are the first problems.
    init(file: String, name: String, draft: YAMLNode.Draft, registry: Registry, device: Device) {
        self.file = file
        self.name = name
        self.registry = registry
        self.device = device
        original = draft.node
        node = draft.node
        isComplete = draft.isWhole
        for error in draft.errors {
            findings.add(problem: "\(error)")
            if let pruned = remainder(without: error) { take(pruned) }
        }
    }

    mutating func add(problem: String) { findings.add(problem: problem) }
    mutating func add(warning: String) { findings.add(warning: warning) }

    /// The session of what is left; nil where nothing is.
    mutating func experiment(device: Device) -> Experiment? { attempt(device: device) { $0 } }

    /// Optimizer, schedule and pipelines, each by itself.
    mutating func checkRecipe() {
        for check in Experiment.recipeChecks { _ = attempt(device: .meta, check) }
    }

    /// Whether the device computes in the precisions of training and testing.
    mutating func checkPrecisions() {
        for part in Experiment.ComputingPart.allCases {
            _ = attempt(device: device) { try $0.checkPrecision(of: part) }
        }
    }

    /// A data set of the configuration; nil where it cannot be opened.
    ///
    /// - Parameter keepsIncomplete: whether samples that are not whole are among the others, to be
    ///   found when they are read
    mutating func dataset(_ part: String, keepsIncomplete: Bool) -> (any Dataset)? {
        guard isComplete, !isRemoved("data", part) else {
            _ = attempt(device: .meta) { experiment in
                let data = experiment.configuration.data
                _ = try (part == "train" ? data.train : data.val).map {
                    try experiment.registry.datasets.settings(of: $0)
                }
            }
            return nil
        }
        return attempt(device: .meta, until: [["data"], ["data", part]]) { experiment in
            func open() throws -> any Dataset {
                part == "train" ? try experiment.trainDataset() : try experiment.validationDataset()
            }
            return keepsIncomplete ? try IncompleteSamples.keeping(open) : try open()
        }
    }

    /// Runs `body` with what is left of the configuration; what it throws is a problem, and `body`
    /// runs again without what is at fault.
    ///
    /// - Parameters:
    ///   - stops: keys without which `body` makes no sense
    ///   - onlyLosses: whether `body` works with stand-ins, so that only its errors on losses
    ///     counts
    /// - Returns: nil where `body` cannot be brought to an end
    mutating func attempt<Value>(
        device: Device, until stops: [[String]] = [], onlyLosses: Bool = false,
        _ body: (Experiment) throws -> Value
    ) -> Value? {
        while true {
            do {
                let experiment = try Experiment(
                    file, node: node, name: name, registry: registry, device: device)
                // Plugins are loaded once.
                registry = experiment.registry
                node = node.without("plugins")
                return try body(experiment)
            } catch {
                let pruned = remainder(without: error)
                if onlyLosses, !isAboutLoss(error, at: pruned?.path) { return nil }
                if !follows(error, at: pruned?.path) { findings.add(problem: "\(error)") }
                guard let pruned else { return nil }
                take(pruned)
                if stops.contains(pruned.path) { return nil }
            }
        }
    }

    /// Continues without what was taken out.
    private mutating func take(_ pruned: YAMLNode.Pruned) {
        let path = pruned.path
        // What is checked against it goes too.
        node = pruned.node.without(path: Self.partners[path] ?? [])
        if path.count > 2, path[0] == "data", !pruned.isKey { altered.insert(path[1]) }
        removed.append(path)
    }

    /// Settings that make sense together alone.
    private static let partners = [
        ["train", "batch"]: ["train", "per_device_batch"], ["test", "crop"]: ["test", "stride"],
        ["test", "stride"]: ["test", "crop"],
    ]

    /// What is left of the configuration without what `error` complains of; nil where that is
    /// unknown.
    private func remainder(without error: any Error) -> YAMLNode.Pruned? {
        switch error {
        case FilePluginError.unreadable(_, let place), FilePluginError.notSwift(_, let place):
            node.pruned(at: place)
        case is FilePluginError: node["plugins"].flatMap { node.pruned(at: $0.location) }
        case let error as WeightsError: node.pruned(at: error.location, owners: ["type", "file"])
        case let error as ConfigurationError: node.pruned(without: error)
        case let error as any PlacedError: node.pruned(at: error.location)
        default: nil
        }
    }

    /// Whether an error at what `path` leads to comes from what was taken out of it before, or from
    /// a plugin that cannot be loaded.
    private func follows(_ error: any Error, at path: [String]?) -> Bool {
        switch (error as? ConfigurationError)?.kind {
        case .unknownComponent(_, let isNear):
            return removed.contains { $0.first == "plugins" } || !isComplete && !isNear
        case .missing(let keys) where removed.contains(where: { keys.starts(with: $0) }):
            return true
        default: break
        }
        if !isComplete, mayStandElsewhere(error, path) { return true }
        guard let path, removed.contains(where: { $0.count > path.count && $0.starts(with: path) })
        else { return false }
        // A data set that has a key too many is looked for all the same.
        return path.count != 2 || path[0] != "data" || altered.contains(path[1])
    }

    /// Whether `error` is about a loss: one that is not registered, or a value of one that is.
    private func isAboutLoss(_ error: any Error, at path: [String]?) -> Bool {
        let losses = registry.losses
        if case .unknownComponent(losses.kind, _) = (error as? ConfigurationError)?.kind {
            return true
        }
        var part: YAMLNode? = node
        for key in path ?? [] {
            part = part?[key] ?? Int(key).flatMap { part?[$0] }
            let name = part?["type"]?.scalar?.text ?? part?.scalar?.text
            if let name, losses.names.contains(name) { return true }
        }
        return false
    }

    /// Whether a file that was not read may have what `error` misses, or what it compares with.
    private func mayStandElsewhere(_ error: any Error, _ path: [String]?) -> Bool {
        if case .missing = (error as? ConfigurationError)?.kind { return true }
        return Self.partners.contains { one, other in
            one == path && !isWritten(other) || other == path && !isWritten(one)
        }
    }

    /// Whether the files that were read have values under these keys.
    private func isWritten(_ keys: [String]) -> Bool {
        keys.reduce(original as YAMLNode?) { $0?[$1] } != nil
    }

    /// Whether nothing was taken out of these parts of the configuration, such as `data`, and all
    /// of it was read.
    func isUntouched(_ parts: String...) -> Bool {
        isComplete && removed.allSatisfy { path in !parts.contains(path.first ?? "") }
    }

    /// Whether the settings of a data set, `train` or `val`, are as they were written, but for keys
    /// that nobody knows.
    func isAsWritten(_ part: String) -> Bool { !altered.contains(part) }

    /// Whether all but data sets that cannot be opened is as it was written.
    var isWhole: Bool {
        isComplete && removed.allSatisfy { $0 == ["data", "train"] || $0 == ["data", "val"] }
    }

    private func isRemoved(_ keys: String...) -> Bool {
        removed.contains(keys) || removed.contains([keys[0]])
    }
}

/// An error that knows which value of a configuration is at fault.
protocol PlacedError: DenseKitError {
    var location: SourceLocation { get }
}

extension ConfigurationError: PlacedError {}
extension BuildError: PlacedError {}
extension WeightsError: PlacedError {}
