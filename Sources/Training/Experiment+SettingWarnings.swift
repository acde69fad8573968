import DenseKitComponents
import DenseKitData

extension Experiment {
    /// Settings that a user may not have meant, a sentence each: those without effect or with
    /// another effect than they seem to have, and pipelines that do not fit each other.
    ///
    /// - Parameters:
    ///   - model: of this experiment
    ///   - dataset: the training set, which gives the number of iterations of an epoch; nil leaves
    ///     out checks of the length of a run that counts in epochs
    public func settingWarnings(on model: DenseModel, training dataset: (any Dataset)? = nil) throws
        -> [String]
    {
        let optimizer = try registry.optimizers.make(configuration.optimizer, context)
        return try renamingWarnings + pipelineWarnings()
            + optimizer.warnings(on: model.namedParameters())
            + overriddenKeys + lengthWarnings(dataset)
            + passWarnings(model) + useWarnings(model)
            + registry.idleKeys(in: YAMLNode(encoding: configuration), where: isOwn)
    }

    /// `keys: problem` with the place of the value, where the configuration has it; nil where it
    /// does not.
    private func warning(on keys: String, _ problem: String) -> String? {
        var value: YAMLNode? = node
        for key in keys.split(separator: ".") { value = value?[String(key)] }
        guard let value, !value.isNull, isOwn(value.location) else { return nil }
        return "\(value.location): \(keys) \(problem)"
    }

    /// Whether a value is this configuration's own: what a base file brings along may serve others.
    private func isOwn(_ location: SourceLocation) -> Bool {
        location.file == nil || location.file == file
    }

    /// Keys that another takes the place of.
    private var overriddenKeys: [String] {
        let train = configuration.train
        let test = configuration.test
        var found: [String?] = []
        if let epochs = train.epochs {
            let place = node.location(of: ["train", "epochs"]).map { " (\($0))" } ?? ""
            found.append(
                warning(
                    on: "train.iterations",
                    "has no effect: train.epochs: \(epochs)\(place) takes its place; set train.epochs: null to count in iterations"
                ))
        }
        if let atATime = train.perDeviceBatch, atATime > train.batch {
            found.append(
                warning(
                    on: "train.per_device_batch",
                    "is \(atATime), more than train.batch: all \(train.batch) images go through at once"
                ))
        }
        if test.mode == .whole {
            for key in ["crop", "stride"] {
                found.append(
                    warning(
                        on: "test.\(key)",
                        "has no effect: windows are for test.mode: slide, and the mode is whole"))
            }
        }
        return found.compactMap { $0 }
    }

    /// Settings that are longer than the run.
    private func lengthWarnings(_ dataset: (any Dataset)?) throws -> [String] {
        guard configuration.train.epochs == nil || dataset != nil else { return [] }
        let settings = configuration.train.counting(images: dataset?.count ?? 1)
        let schedule = try registry.schedules.make(configuration.schedule, context)
            .counting(
                iterationsPerEpoch: settings.iterationsPerEpoch(
                    of: dataset?.count ?? settings.batch))
        let length = settings.iterations
        var found: [String?] = schedule.warnings(iterations: length).map { key, problem in
            let place = node.location(of: ["schedule", key]).map { "\($0): " } ?? ""
            return "\(place)schedule.\(key): \(problem)"
        }
        if settings.evalInterval > length, configuration.data.val != nil {
            found.append(
                warning(
                    on: "train.eval_interval",
                    "is \(settings.evalInterval), more than the run's \(length) iterations: the only "
                        + "validation is at its end"))
        }
        if settings.checkpointInterval > length {
            found.append(
                warning(
                    on: "train.checkpoint_interval",
                    "is \(settings.checkpointInterval), more than the run's \(length) iterations: the "
                        + "only checkpoint is at its end"))
        }
        return found.compactMap { $0 }
    }

    /// Settings of testing that the task has no use for, and of skipping where nothing is skipped.
    private func useWarnings(_ model: DenseModel) throws -> [String] {
        var found: [String?] = []
        if let reason = try model.task.oneViewReason {
            for key in (configuration.test.mode == .slide ? ["mode", "crop", "stride"] : []) + [
                "ratios", "flip",
            ] {
                found.append(warning(on: "test.\(key)", "has no effect: \(reason)"))
            }
        }
        if configuration.data.badImage == .error {
            found.append(
                warning(on: "data.max_bad_share", "has no effect: it is for data.bad_image: skip"))
        }
        return found.compactMap { $0 }
    }

    /// Losses that are not those of the whole batch where it goes through the network in several
    /// passes.
    private func passWarnings(_ model: DenseModel) -> [String] {
        let train = configuration.train
        guard train.accumulation() > 1 else { return [] }
        let parts: [(name: String, count: String?)] = [
            ("model.head \(configuration.model.head?.type ?? "")", model.head.countedByPass),
            (
                "model.prompter \(configuration.model.prompter?.type ?? "")",
                model.prompter?.countedByPass
            ),
        ]
        return parts.compactMap { part, count in
            guard let count else { return nil }
            let problem =
                "is \(train.imagesAtATime) of \(train.batch): \(part) averages over \(count) of the images at a time, as on each GPU of its "
                + "reference, so another number of images at a time is another training"
            return warning(on: "train.per_device_batch", problem)
        }
    }
}
