import DenseKitCheckpoints
import DenseKitComponents
import DenseKitData
import DenseKitDistributed
import DenseKitEvaluation
import DenseKitExperiments
import DenseKitVision
import Logging

extension Experiment {
    /// The trainer of a run in `work`, from the weights that `model.weights` and the parts name, or
    /// from a checkpoint to resume. It writes the resolved configuration there and begins the log:
    /// machine, data, warnings, weights, and what differs from the resumed run.
    ///
    /// - Parameters:
    ///   - work: where log and checkpoints go
    ///   - dataset: the training set; `data.train` if nil
    ///   - resumption: the checkpoint to resume; nil starts at the first iteration
    ///   - added: hooks besides logging, checkpoints, validation and those of the configuration; an
    ///     automatic one among them, such as a `CheckpointHook` with settings, takes the place of
    ///     that of the run
    /// - Throws: `CheckpointError` where the log cannot be written and where the checkpoint has
    ///   other classes, `LoadError` where the checkpoint, or a weights file, belongs to another
    ///   model.
    public func trainer(
        in work: WorkDirectory, dataset: (any Dataset)? = nil,
        resuming resumption: Resumption? = nil,
        hooks added: [any Hook] = []
    ) throws -> Trainer {
        try checkPrecision(of: .train)
        let dataset = try dataset ?? trainDataset()
        try resumption?.check(classes: dataset.classes.names)
        let model = try model(dataset.classes, beginningOn: resumption == nil ? dataset : nil)
        try check(dataset, "train", fits: model)
        let info = Checkpoint.ModelInfo(
            classes: dataset.classes, configuration: node.yaml(), trainingImages: dataset.count,
            device: device)
        let hooks = try runHooks(adding: added)
        let evaluator = try configuration.data.val.map { _ in
            try validation(model, classes: dataset.classes)
        }
        let folder = try work.folder(resuming: resumption?.checkpoint)
        let store = CheckpointStore(
            work, run: folder.name, info: info, resumed: resumption?.checkpoint)
        hooks.connect(
            evaluator, store: store, scalarsPath: folder.scalarsPath, limit: limit(of: dataset),
            showsProgress: work.processes.isFirst)
        let logger = try work.logger(folder)
        let trainer = try trainer(
            of: model, on: dataset, logger: logger, hooks: hooks.inOrder,
            processes: work.processes)
        trainer.runFolder = folder.path
        try work.write(configuration: resolved, name: name)
        try logHead(of: trainer, dataset, work, isResumed: resumption != nil)
        if let resumption {
            try resumption.apply(
                to: trainer, scalars: folder.scalarsPath,
                differences: resumption.differences(to: self, images: dataset.count))
        } else {
            for (file, report) in try model.loadPretrained(configuration.model) {
                logger.info("weights from \(file): \(report)")
                for warning in report.warnings {
                    logger.warning("weights from \(file): \(warning)")
                }
            }
        }
        return trainer
    }

    /// What a reader of the log should know before the first iteration.
    private func logHead(
        of trainer: Trainer, _ dataset: any Dataset, _ work: WorkDirectory, isResumed: Bool
    ) throws {
        let logger = trainer.logger
        logger.info("\(RunEnvironment.summary)")
        logger.info(
            "\(dataset.count) training images, \(dataset.classes.count) classes; work directory \(work.path)"
        )
        let settings = trainer.settings
        let count = trainer.processes.count
        if trainer.accumulation * count > 1 {
            logger.info(
                "global batch: \(settings.batch) images = \(count) process\(count == 1 ? "" : "es") × \(settings.imagesAtATime(over: count)) at a time × \(trainer.accumulation) pass\(trainer.accumulation == 1 ? "" : "es")"
            )
        }
        for warning in try warnings(on: trainer.model, training: dataset) {
            logger.warning("\(warning)")
        }
        if !isResumed, work.hasCheckpoints {
            logger.warning(
                "\(work.path) holds checkpoints already; this run starts from scratch, \(Term.resumeNewest) would resume from them"
            )
        }
    }

    /// The trainer of `model` on `dataset` by the configuration's recipe, without a work directory.
    ///
    /// - Parameters:
    ///   - processes: those that train together
    ///   - firstPassAlone: whether a step is the first pass of an accumulated batch and nothing
    ///     more
    func trainer(
        of model: DenseModel, on dataset: any Dataset, logger: Logger, hooks: [any Hook],
        processes: Processes = .alone, firstPassAlone: Bool = false
    ) throws -> Trainer {
        try checkPrecision(of: .train)
        let optimizer = try optimizer(for: model)
        var settings = configuration.train.counting(images: dataset.count)
        if firstPassAlone { settings.batch = settings.imagesAtATime }
        try checkDivision(of: settings, over: processes)
        let schedule = try registry.schedules.make(configuration.schedule, context)
            .counting(iterationsPerEpoch: settings.iterationsPerEpoch(of: dataset.count))
        let pipeline = try trainPipeline()
        return Trainer(
            model: model, optimizer: optimizer, schedule: schedule, settings: settings,
            device: device, logger: logger,
            hooks: hooks, processes: processes
        ) { iteration in try loader(dataset, pipeline, from: iteration, of: processes) }
    }

    /// Throws `ConfigurationError` where the global batch cannot be divided among the processes.
    private func checkDivision(of settings: TrainConfiguration, over processes: Processes) throws {
        do {
            try settings.checkDivision(over: processes.count)
        } catch let error as SettingError {
            throw ConfigurationError(error, in: "train", of: node, file: file)
        }
    }

    /// The optimizer of the model's parameters, by the configuration's `optimizer`.
    ///
    /// - Throws: `ConfigurationError` where no parameter of the model is trained, and for settings
    ///   that do not fit.
    public func optimizer(for model: DenseModel) throws -> any Optimizer {
        try checkTrainable(model)
        return try registry.optimizers.make(configuration.optimizer, context).optimizer(
            for: model.namedParameters())
    }

    /// How many images of the training set may be skipped.
    private func limit(of dataset: any Dataset) -> SkipLimit {
        SkipLimit(share: configuration.data.maxBadShare, images: dataset.count)
    }

    private func validation(_ model: DenseModel, classes: ClassList) throws -> any Evaluator {
        let dataset = try validationDataset()
        try checkClasses(train: classes, val: dataset.classes)
        return try evaluator(model, dataset)
    }

    /// The loader of training batches, beginning with batch `iteration`. A batch holds the images
    /// of one pass of one process, `train.per_device_batch`, not of the whole global batch.
    ///
    /// - Throws: `ConfigurationError` for settings of `data` that do not fit.
    public func trainLoader(
        _ dataset: any Dataset, from iteration: Int = 0, of processes: Processes = .alone
    ) throws -> DataLoader {
        try loader(dataset, trainPipeline(), from: iteration, of: processes)
    }

    private func loader(
        _ dataset: any Dataset, _ pipeline: Pipeline, from iteration: Int, of processes: Processes
    ) throws -> DataLoader {
        var options = DataLoader.Options()
        options.batch = configuration.train.imagesAtATime(over: processes.count)
        options.rank = processes.rank
        options.ranks = processes.count
        options.workers = configuration.data.workers
        options.seed = configuration.train.seed
        options.badImage = configuration.data.badImage
        options.aspectRatioGrouping = configuration.data.aspectRatioGrouping
        options.iteration = iteration
        do {
            return try DataLoader(dataset, pipeline, options)
        } catch let error as SettingError {
            throw ConfigurationError(error, in: "data", of: node, file: file)
        }
    }
}
