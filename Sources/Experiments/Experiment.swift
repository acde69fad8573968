import DenseKitCheckpoints
import DenseKitComponents
import DenseKitData
import DenseKitEvaluation
import Foundation
import DenseKitVision

/// A configuration brought to life: its plugins loaded, its data sets found, its model built. What every command starts from.
public struct Experiment {
    public let file: String
    /// What the experiment is called: as its file, or as the run of a sweep.
    public let name: String
    public let node: YAMLNode
    public let configuration: ExperimentConfiguration
    public let registry: Registry
    public let device: Device

    /// Reads the configuration and loads its plugins.
    ///
    /// - Parameter overrides: `a.b.c=value` from the command line
    public init(_ file: String, overrides: [String] = [], registry: Registry, device: Device = .cpu) throws {
        let node = try YAMLNode.load(path: file, overrides: overrides)
        try Experiment.refuseSweep(node, file)
        try self.init(
            file, node: node, name: URL(filePath: file).deletingPathExtension().lastPathComponent, registry: registry,
            device: device)
    }

    /// Throws `ConfigurationError` where `node` lists many experiments.
    package static func refuseSweep(_ node: YAMLNode, _ file: String) throws {
        guard let sweep = node.mapping?.entry("sweep") else { return }
        throw ConfigurationError(
            at: sweep.keyLocation, "a sweep is many experiments, and one is wanted here",
            hint: "`densekit sweep \(file)` trains them all, --run NAME names one of them")
    }

    /// Loads the plugins of a configuration that was put together of `file`.
    public init(_ file: String, node: YAMLNode, name: String, registry: Registry, device: Device = .cpu) throws {
        (self.file, self.node, self.name) = (file, node, name)
        configuration = try node.decode()
        for (part, check) in [
            ("train", configuration.train.validate), ("data", configuration.data.validate), ("test", configuration.test.validate),
        ] {
            do {
                try check()
            } catch let error as SettingError {
                throw ConfigurationError(error, in: part, of: node, file: file)
            }
        }
        self.registry = try registry.loading(configuration.plugins)
        self.device = device
    }

    /// What components of the recipe are built with: the registry, and no classes.
    package var context: BuildContext { BuildContext(registry: registry) }

    public func trainDataset() throws -> any Dataset { try dataset(configuration.data.train, "train") }
    public func validationDataset() throws -> any Dataset { try dataset(configuration.data.val, "val") }

    private func dataset(_ node: ComponentNode?, _ part: String) throws -> any Dataset {
        guard let node else {
            throw ConfigurationError(
                at: .file(file), "data.\(part) is missing", hint: "name a data set, such as `\(part): {type: ADE20K, root: …}`")
        }
        if part == "train", try node.common("class_map", as: YAMLNode.self) != nil {
            throw ConfigurationError(
                at: node.node["class_map"]?.location ?? node.location, "class_map: a model learns the classes of its own data",
                hint: "it belongs to the data set of `densekit test --dataset`")
        }
        return try registry.datasets.make(node, context)
    }

    public func trainPipeline() throws -> Pipeline { try registry.pipeline(configuration.data.trainPipeline) }
    public func testPipeline() throws -> Pipeline { try registry.testPipeline(configuration.data.testPipeline) }

    /// The model for `classes`, on the session's device, initialised from the seed; on `.meta` it is built of shapes alone.
    ///
    /// - Parameters:
    ///   - textIsKept: whether it keeps the text embeddings of its classes in place of a text encoder
    ///   - dataset: where training begins, what it begins on: parts may start with what its labels say
    public func model(
        _ classes: ClassList, textIsKept: Bool = false, beginningOn dataset: (any Dataset)? = nil
    ) throws -> DenseModel {
        try RandomGenerator.seed(configuration.train.seed)
        var context = BuildContext(registry: registry, classNames: classes.names)
        context.textIsKept = textIsKept
        if let dataset {
            let kept = keptCoOccurrence(of: dataset)
            context.coOccurrence = { try kept.counts() }
        }
        guard device != .meta else { return try withDevice(.meta) { [context] in try DenseModel(configuration.model, context) } }
        let model = try DenseModel(configuration.model, context)
        try model.move(to: device)
        return model
    }

    /// Which classes stand together in the pictures of the training set `dataset`: what is known of it, or where it is counted anew.
    public func keptCoOccurrence(of dataset: any Dataset) -> CachedCoOccurrence {
        CachedCoOccurrence(dataset, settings: configuration.data.train?.node.yaml() ?? "", threads: configuration.data.workers)
    }

    /// The resolved configuration as YAML, every value with its origin.
    public var resolved: String { node.yaml(origins: true) }
}
