import DenseKitComponents
import DenseKitConfiguration
import DenseKitData
import DenseKitVision

/// Finds every mistake of a configuration: each that is found is taken out, with what it stands on, and the rest is looked at again.
struct ConfigurationCheck {
    let file: String
    let name: String
    private(set) var findings = CheckFindings()
    /// What is left of the configuration.
    private var node: YAMLNode
    private var registry: Registry
    /// What was taken out, by its keys.
    private var removed: [[String]] = []
    /// Data sets of which a setting was taken out, so that what they read may not be what is meant.
    private var altered: Set<String> = []

    init(file: String, name: String, node: YAMLNode, registry: Registry) {
        (self.file, self.name, self.node, self.registry) = (file, name, node, registry)
    }

    mutating func add(problem: String) { findings.add(problem: problem) }
    mutating func add(warning: String) { findings.add(warning: warning) }

    /// The session of what is left; nil where nothing is.
    mutating func experiment(device: Device) -> Experiment? { attempt(device: device) { $0 } }

    /// Optimizer, schedule and pipelines, each by itself.
    mutating func checkRecipe() {
        let steps: [(Experiment) throws -> Void] = [
            { try $0.checkOptimizer() }, { try $0.checkSchedule() }, { _ = try $0.trainPipeline() },
            { _ = try $0.testPipeline() },
        ]
        for step in steps { _ = attempt(device: .meta, step) }
    }

    /// A data set of the configuration; nil where it cannot be opened.
    mutating func dataset(_ part: String) -> (any Dataset)? {
        guard !isRemoved("data", part) else { return nil }
        return attempt(device: .meta, until: [["data"], ["data", part]]) { experiment in
            part == "train" ? try experiment.trainDataset() : try experiment.validationDataset()
        }
    }

    /// Whether the model can be built for `classes`, of shapes alone.
    mutating func checkModel(_ classes: ClassList) -> Bool {
        let parts = ["backbone", "prompter", "neck", "head", "auxiliary_heads"]
        let stops = [["model"]] + parts.map { ["model", $0] }
        let isWhole = !removed.contains { $0.first == "model" && $0.count < 3 }
        if isWhole, attempt(device: .meta, until: stops, { _ = try $0.model(classes) }) != nil { return true }
        // What stands behind a part that cannot be built is looked at without it.
        for part in parts {
            _ = attempt(device: .meta) { experiment in
                let (model, registry) = (experiment.configuration.model, experiment.registry)
                if let node = experiment.node["model"]?[part] { try registry.checkParts(of: node) }
                switch part {
                case "backbone": _ = try model.backbone.map { try registry.backbones.settings(of: $0) }
                case "prompter": _ = try model.prompter.map { try registry.prompters.settings(of: $0) }
                case "neck": _ = try model.neck.map { try registry.necks.settings(of: $0) }
                case "head": _ = try model.head.map { try registry.heads.settings(of: $0) }
                default: for head in model.auxiliaryHeads { _ = try registry.heads.settings(of: head) }
                }
            }
        }
        return false
    }

    /// Runs `body` with what is left of the configuration; what it throws is a problem, and `body` runs again without what is at fault.
    ///
    /// - Parameter stops: keys without which `body` makes no sense
    /// - Returns: nil where `body` cannot be brought to an end
    mutating func attempt<Value>(
        device: Device, until stops: [[String]] = [], _ body: (Experiment) throws -> Value
    ) -> Value? {
        while true {
            do {
                let experiment = try Experiment(file, node: node, name: name, registry: registry, device: device)
                // Plugins are loaded once.
                registry = experiment.registry
                node = node.without("plugins")
                return try body(experiment)
            } catch {
                let pruned = remainder(without: error)
                if !follows(error, at: pruned?.path) { findings.add(problem: "\(error)") }
                guard let pruned else { return nil }
                let path = pruned.path
                // What is checked against it goes too.
                node = pruned.node.without(path: Self.partners[path] ?? [])
                if path.count > 2, path[0] == "data", !pruned.isKey { altered.insert(path[1]) }
                removed.append(path)
                if stops.contains(path) { return nil }
            }
        }
    }

    /// Settings that make sense together alone.
    private static let partners = [
        ["train", "batch"]: ["train", "per_device_batch"], ["test", "crop"]: ["test", "stride"],
        ["test", "stride"]: ["test", "crop"],
    ]

    /// What is left of the configuration without what `error` complains of; nil where that cannot be told.
    private func remainder(without error: any Error) -> YAMLNode.Pruned? {
        switch error {
        case FilePluginError.unreadable(_, let place), FilePluginError.notSwift(_, let place): node.pruned(at: place)
        case is FilePluginError: node["plugins"].flatMap { node.pruned(at: $0.location) }
        case let error as WeightsError: node.pruned(at: error.location, owners: ["type", "file"])
        case let error as any PlacedError: node.pruned(at: error.location)
        default: nil
        }
    }

    /// Whether an error at what `path` leads to comes from what was taken out of it before, or from a plugin that cannot be loaded.
    private func follows(_ error: any Error, at path: [String]?) -> Bool {
        if let error = error as? ConfigurationError, error.message.hasPrefix("unknown "), !error.message.hasPrefix("unknown key")
        {
            return removed.contains { $0.first == "plugins" }
        }
        guard let path, removed.contains(where: { $0.count > path.count && $0.starts(with: path) }) else { return false }
        // A data set that has a key too many is looked for all the same.
        return path.count != 2 || path[0] != "data" || altered.contains(path[1])
    }

    /// Whether the settings of a data set, `train` or `val`, are as they were written, but for keys that nobody knows.
    func isAsWritten(_ part: String) -> Bool { !altered.contains(part) }

    /// Whether all but data sets that cannot be opened is as it was written.
    var isWhole: Bool { removed.allSatisfy { $0 == ["data", "train"] || $0 == ["data", "val"] } }

    private func isRemoved(_ keys: String...) -> Bool { removed.contains(keys) || removed.contains([keys[0]]) }
}

/// An error that knows which value of a configuration is at fault.
protocol PlacedError: DenseKitError {
    var location: SourceLocation { get }
}

extension ConfigurationError: PlacedError {}
extension BuildError: PlacedError {}
extension WeightsError: PlacedError {}
