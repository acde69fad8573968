import DenseKitCheckpoints
import DenseKitComponents
import DenseKitData
import DenseKitErrors
import DenseKitEvaluation
import Foundation
import Logging
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
    static func refuseSweep(_ node: YAMLNode, _ file: String) throws {
        guard let sweep = node.mapping?.entry("sweep") else { return }
        throw ConfigurationError(
            at: sweep.keyLocation, "a sweep is many experiments, and one is wanted here",
            hint: "\(Term.sweep(file)) trains them all, \(Term.sweepRun) names one of them")
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

    /// Finds mistakes in what a model and its data do not ask for: pipelines, optimizer and schedule.
    public func checkRecipe() throws {
        _ = (try trainPipeline(), try testPipeline())
        try checkOptimizer()
        try checkSchedule()
    }

    func checkOptimizer() throws { _ = try registry.optimizers.make(configuration.optimizer, context).optimizer(for: []) }
    func checkSchedule() throws { _ = try registry.schedules.make(configuration.schedule, context) }

    var context: BuildContext { BuildContext(registry: registry) }

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
                hint: "it belongs to the data set of \(Term.otherData)")
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

    /// Everything for training in `work`, from the beginning or from where the run stood that is resumed.
    ///
    /// What is other than when the checkpoint was saved is in the log.
    ///
    /// Throws `CheckpointError` where the log cannot be written and where the checkpoint is of other classes, `LoadError` where it is another
    /// model's.
    public func trainer(in work: WorkDirectory, dataset: any Dataset, resuming resumption: Resumption? = nil) throws -> Trainer {
        try resumption?.check(classes: dataset.classes.names)
        let model = try model(dataset.classes, beginningOn: resumption == nil ? dataset : nil)
        try check(dataset, "train", fits: model)
        let info = Checkpoint.ModelInfo(
            classes: dataset.classes, configuration: node.yaml(), trainingImages: dataset.count)
        let evaluator = try configuration.data.val.map { _ in try validation(model, classes: dataset.classes) }
        let folder = try work.folder(resuming: resumption?.checkpoint)
        let store = CheckpointStore(work, run: folder.name, info: info, resumed: resumption?.checkpoint)
        let progress = ProgressBar()
        let log = LogHook(scalarsPath: folder.scalarsPath, progress: progress)
        let skipped = configuration.data.badImage == .skip ? SkippedImagesHook(limit(of: dataset), log: log) : nil
        var hooks: [any Hook] = [log] + (skipped.map { [$0] } ?? []) + [CheckpointHook(store)]
        if let evaluator {
            hooks.append(EvaluationHook(evaluator, store: store, log: log, skipped: skipped, progress: progress))
        }
        let trainer = try trainer(of: model, on: dataset, logger: try RunLog.logger(path: folder.logPath), hooks: hooks)
        if let resumption {
            try resumption.apply(
                to: trainer, scalars: folder.scalarsPath, differences: resumption.differences(to: self, images: dataset.count))
        }
        return trainer
    }

    /// The trainer of `model` on `dataset` by the configuration's recipe, without a work directory.
    ///
    /// - Parameter firstPassAlone: whether a step is the first pass of an accumulated batch and nothing more
    func trainer(
        of model: DenseModel, on dataset: any Dataset, logger: Logger, hooks: [any Hook], firstPassAlone: Bool = false
    ) throws -> Trainer {
        let parameters = try model.namedParameters()
        guard parameters.contains(where: \.tensor.requiresGrad) else {
            throw ConfigurationError(
                at: node.location(of: ["model", "freeze"]) ?? .file(file),
                "no parameter of the model learns: model.freeze and its parts' settings freeze all \(parameters.count)",
                hint: "leave one of them out")
        }
        let optimizer = try registry.optimizers.make(configuration.optimizer, context).optimizer(for: parameters)
        var settings = configuration.train.counting(images: dataset.count)
        if firstPassAlone { settings.batch = settings.imagesAtATime }
        let schedule = try registry.schedules.make(configuration.schedule, context)
            .counting(iterationsPerEpoch: settings.iterationsPerEpoch(of: dataset.count))
        let pipeline = try trainPipeline()
        return Trainer(
            model: model, optimizer: optimizer, schedule: schedule, settings: settings, device: device, logger: logger,
            hooks: hooks
        ) { iteration in try loader(dataset, pipeline, from: iteration) }
    }

    /// How many images of the training set may be skipped.
    private func limit(of dataset: any Dataset) -> SkipLimit {
        SkipLimit(share: configuration.data.maxBadShare, images: dataset.count)
    }

    private func validation(_ model: DenseModel, classes: ClassList) throws -> any Evaluator {
        let dataset = try validationDataset()
        guard dataset.classes.names == classes.names else {
            throw ExperimentError.otherClasses(train: classes.names, val: dataset.classes.names)
        }
        return try evaluator(model, dataset)
    }

    /// The batches of training, as they go through the network at a time, from `iteration` on.
    public func trainLoader(_ dataset: any Dataset, from iteration: Int = 0) throws -> DataLoader {
        try loader(dataset, try trainPipeline(), from: iteration)
    }

    private func loader(_ dataset: any Dataset, _ pipeline: Pipeline, from iteration: Int) throws -> DataLoader {
        var options = DataLoader.Options()
        options.batch = configuration.train.imagesAtATime
        options.workers = configuration.data.workers
        options.seed = configuration.train.seed
        options.badImage = configuration.data.badImage
        options.orientationRun = configuration.data.orientationRun
        options.iteration = iteration
        do {
            return try DataLoader(dataset, pipeline, options)
        } catch let error as SettingError {
            throw ConfigurationError(error, in: "data", of: node, file: file)
        }
    }
}
