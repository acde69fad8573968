import DenseKitCheckpoints
import DenseKitComponents
import DenseKitData
import DenseKitEvaluation
import DenseKitFilePlugins
import DenseKitVision
import Foundation

/// A configuration with its plugins loaded, from which data sets, pipelines and models are made.
public struct Experiment {
    /// The path of the configuration file.
    public let file: String
    /// The name of the experiment: of its file, or of a run of a sweep.
    public let name: String
    /// The resolved configuration as YAML, with the source location of every value.
    public let node: YAMLNode
    /// A sentence for each setting that is written with its old name.
    package let renamingWarnings: [String]
    /// The typed settings of the configuration.
    public let configuration: ExperimentConfiguration
    /// All components that the configuration may name, those of its plugins included.
    public let registry: Registry
    /// The device that models are built and run on; `.meta` for shapes alone.
    public let device: Device

    /// Reads a configuration file and loads its plugins.
    ///
    /// - Parameters:
    ///   - file: the path of the YAML file
    ///   - overrides: assignments `a.b.c=value` laid over the configuration
    ///   - registry: the components that the configuration may name
    ///   - device: that the model computes on
    /// - Throws: `ConfigurationError` for mistakes in the file and for a sweep of several
    ///   experiments, and what loading plugins throws.
    public init(_ file: String, overrides: [String] = [], registry: Registry, device: Device = .cpu)
        throws
    {
        let node = try YAMLNode.load(path: file, overrides: overrides)
        try Experiment.refuseSweep(node, file)
        try self.init(
            file, node: node, name: URL(filePath: file).deletingPathExtension().lastPathComponent,
            registry: registry,
            device: device)
    }

    /// Throws `ConfigurationError` where `node` lists many experiments.
    package static func refuseSweep(_ node: YAMLNode, _ file: String) throws {
        guard let sweep = node.mapping?.entry("sweep") else { return }
        throw ConfigurationError(
            at: sweep.keyLocation, "a sweep is many experiments, and one is wanted here",
            hint: "\(Term.sweep(file)) trains them all, \(Term.sweepRun) names one of them")
    }

    /// An experiment of a configuration that was composed from `file`; loads its plugins.
    ///
    /// - Throws: `RegistryError` for a component that is registered twice, `ConfigurationError` for
    ///   settings that do not fit, and what loading plugins throws.
    public init(
        _ file: String, node: YAMLNode, name: String, registry: Registry, device: Device = .cpu
    ) throws {
        let current = try RenamedSettings.apply(to: node, of: file)
        let node = current.node
        self.file = file
        self.node = node
        renamingWarnings = current.warnings
        self.name = name
        configuration = try node.decode()
        for (part, check) in [
            ("train", configuration.train.validate), ("data", configuration.data.validate),
            ("test", configuration.test.validate),
        ] {
            do {
                try check()
            } catch let error as SettingError {
                throw ConfigurationError(error, in: part, of: node, file: file)
            }
        }
        try registry.check()
        self.registry = try registry.loading(configuration.plugins)
        self.device = device
    }

    /// What components of the recipe are built with: the registry, and no classes.
    package var context: BuildContext { BuildContext(registry: registry) }

    /// Opens the data set `data.train`.
    /// - Throws: `ConfigurationError` where the configuration has none or gives it a class map,
    ///   `BuildError` where it cannot be opened.
    public func trainDataset() throws -> any Dataset {
        try dataset(configuration.data.train, "train")
    }
    /// Opens the data set `data.val`.
    /// - Throws: `ConfigurationError` where the configuration has none, `BuildError` where it
    ///   cannot be opened.
    public func validationDataset() throws -> any Dataset {
        try dataset(configuration.data.val, "val")
    }

    private func dataset(_ node: ComponentNode?, _ part: String) throws -> any Dataset {
        guard let node else {
            throw ConfigurationError(
                at: .file(file), "data.\(part) is missing",
                hint: "name a data set, such as `\(part): {type: ADE20K, root: …}`",
                kind: .missing(["data", part]))
        }
        if part == "train", try node.common("class_map", as: YAMLNode.self) != nil {
            throw ConfigurationError(
                at: node.node["class_map"]?.location ?? node.location,
                "class_map: a model is trained on the classes of its own data",
                hint: "it belongs to the data set of \(Term.otherData)")
        }
        return try registry.datasets.make(node, context)
    }

    /// The transforms of `data.train_pipeline`.
    /// - Throws: `ConfigurationError` and `BuildError` for settings that do not fit.
    public func trainPipeline() throws -> Pipeline {
        try registry.pipeline(configuration.data.trainPipeline)
    }
    /// The transforms of `data.test_pipeline`.
    /// - Throws: `ConfigurationError` and `BuildError` for settings that do not fit, and for a
    ///   transform that is random or cannot be undone.
    public func testPipeline() throws -> Pipeline {
        try registry.testPipeline(configuration.data.testPipeline)
    }

    /// The model for `classes` on the experiment's device, initialised from `train.seed`; on
    /// `.meta` it has shapes alone.
    ///
    /// - Parameters:
    ///   - classes: that the model predicts
    ///   - textIsCached: whether it holds text embeddings of its classes in place of a text encoder
    ///   - dataset: the training set where training starts, whose labels may initialise parts; nil
    ///     elsewhere
    /// - Throws: `BuildError` for settings that do not fit.
    public func model(
        _ classes: ClassList, textIsCached: Bool = false, beginningOn dataset: (any Dataset)? = nil
    ) throws -> DenseModel {
        try RandomGenerator.seed(configuration.train.seed)
        var context = BuildContext(registry: registry, classNames: classes.names)
        context.textIsCached = textIsCached
        if let dataset {
            let kept = cachedCoOccurrence(of: dataset)
            context.coOccurrence = { try kept.counts() }
        }
        guard device != .meta else {
            return try withDevice(.meta) { [context] in try DenseModel(configuration.model, context)
            }
        }
        let model = try DenseModel(configuration.model, context)
        try model.move(to: device)
        return model
    }

    /// The co-occurrence of classes in the images of `dataset`, the training set: counted once and
    /// cached for later runs.
    public func cachedCoOccurrence(of dataset: any Dataset) -> CachedCoOccurrence {
        CachedCoOccurrence(
            dataset, settings: configuration.data.train?.node.yaml() ?? "",
            threads: configuration.data.workers)
    }

    /// The resolved configuration as YAML, every value with its origin as a comment.
    public var resolved: String { node.yaml(origins: true) }
}
