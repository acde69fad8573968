import DenseKitComponents
import DenseKitConfiguration
import DenseKitData
import DenseKitEvaluation
import DenseKitVision
import Foundation
import Logging

/// Looks, before a run, for everything that would stop it or spoil its result: what
/// `densekit check` does.
///
///     var check = ExperimentCheck("run.yaml", registry: registry)
///     check.run { print($0) }
///     guard check.findings.problems.isEmpty else { … }
///
/// It reads configuration, data, labels and weights, takes one training step, and predicts the
/// smallest and the largest validation image. Nothing is left on disk but caches.
public struct ExperimentCheck {
    /// How far a check goes.
    public enum Depth: Sendable {
        /// Only what follows from the configuration, the lists of images and the shapes of the
        /// model: no image is read, no weights are loaded, no step is taken. The device `.meta` is
        /// enough.
        case shapes
        /// Everything: data, weights, one training step and predictions.
        case whole
    }

    /// The path of the configuration file.
    public let file: String
    /// The device that the model is built on and the step is taken on.
    public let device: Device
    /// Whether to check only the first 16 images of each data set, and to take only the first pass
    /// of an accumulated step.
    public var isQuick = false
    /// How much is checked; everything by default.
    public var depth = Depth.whole
    /// Is called while images are read, with how many of how many are done and the part of the
    /// data, `train` or `val`. It is called on any thread.
    public var progress: @Sendable (_ done: Int, _ count: Int, _ part: String) -> Void = {
        _, _, _ in
    }
    /// The problems and warnings found so far.
    public var findings: CheckFindings { configuration.findings }
    /// The number of training images; nil before `run`, and where the training set cannot be
    /// opened.
    public private(set) var trainingImages: Int?

    private var configuration: ConfigurationCheck
    /// Whether the file describes a sweep of many experiments, which cannot be checked as one.
    public private(set) var isSweep = false
    private static let quickCount = 16

    /// Reads the configuration file. Mistakes in its text become the first findings.
    ///
    /// - Parameters:
    ///   - file: the path of the YAML file
    ///   - overrides: assignments `a.b.c=value` laid over the configuration
    ///   - registry: the components that the configuration may name
    ///   - device: that the model computes on
    public init(_ file: String, overrides: [String] = [], registry: Registry, device: Device = .cpu)
    {
        let draft = YAMLNode.draft(path: file, overrides: overrides)
        let name = URL(filePath: file).deletingPathExtension().lastPathComponent
        self.init(file, draft, name: name, registry: registry, device: device)
        isSweep = finding { try Experiment.refuseSweep(draft.node, file) } == nil
    }

    /// A check of a configuration that was composed from `file`, such as a run of a sweep.
    ///
    /// - Parameters:
    ///   - file: the path of the YAML file, for messages
    ///   - draft: the composed configuration, and the errors found in it
    ///   - name: of the experiment
    ///   - registry: the components that the configuration may name
    ///   - device: that the model computes on
    public init(
        _ file: String, _ draft: YAMLNode.Draft, name: String, registry: Registry,
        device: Device = .cpu
    ) {
        self.file = file
        self.device = device
        configuration = ConfigurationCheck(
            file: file, name: name, draft: draft, registry: registry, device: device)
    }

    /// Adds mistakes that were found elsewhere as problems, such as in the list of runs of a sweep.
    public mutating func add(_ errors: [ConfigurationError]) {
        for error in errors { configuration.add(problem: "\(error)") }
    }

    /// Checks everything up to `depth`; the results are in `findings`.
    ///
    /// - Parameter say: receives lines on what was checked: counts of classes, the model's size,
    ///   the losses of the step
    public mutating func run(say: (String) -> Void) {
        guard !isSweep, let experiment = configuration.experiment(device: device) else { return }
        configuration.checkRecipe()
        configuration.checkPrecisions()
        if depth == .whole {
            finding {
                try WorkDirectory.prove(
                    WorkDirectory.choose(
                        option: nil, configuration: experiment.configuration.workDir,
                        name: experiment.name))
            }
        }
        let training = configuration.dataset("train", keepsIncomplete: depth == .whole)
        trainingImages = training?.count
        let validation =
            experiment.configuration.data.val == nil
            ? nil : configuration.dataset("val", keepsIncomplete: depth == .whole)
        let known = try? experiment.classes(of: "train")
        let classes = training?.classes ?? validation?.classes ?? known ?? ClassList.placeholders(2)
        let shapes = configuration.checkModel(classes)
        if findings.problems.isEmpty { say("configuration: \(file) is sound") }
        // Of a configuration with parts taken out no step is taken, and nothing is reported that
        // may not hold for the whole.
        let isSound = shapes != nil && configuration.isWhole
        guard configuration.isComplete, let sound = configuration.experiment(device: device) else {
            return
        }
        if configuration.isUntouched("data") {
            for warning in (try? sound.pipelineWarnings()) ?? [] {
                configuration.add(warning: warning)
            }
        }
        let learned = training.map { examine($0, "train", sound, shapes, say) }
        let report = validation.flatMap { examine($0, "val", sound, shapes, say).report }
        if let training, let validation {
            finding { try sound.checkClasses(train: training.classes, val: validation.classes) }
        }
        if let training, let report = learned?.report, learned?.fits ?? true,
            !(training is any InstanceDataset),
            configuration.isUntouched("data", "train")
        {
            trySizes(of: training, report, sound, shapes)
        }
        // Samples with a problem of their own hide nothing else.
        let whole = training.map { learned?.report?.whole($0) ?? $0 }
        let start = whole?.count == training?.count ? training : nil
        guard let shapes, let model = depth == .shapes ? shapes : self.model(sound, classes, start)
        else { return }
        describe(model, say)
        if isSound {
            finding(in: "train") { try sound.checkTrainable(model) }
            for warning in finding({ try sound.settingWarnings(on: model, training: training) })
                ?? []
            {
                configuration.add(warning: warning)
            }
        }
        guard depth == .whole else { return }
        loadWeights(into: model, say)
        if let validation, let report { predictExtremes(of: validation, report, sound, model, say) }
        guard let whole, whole.count > 0, learned?.fits == true, isSound else { return }
        takeStep(on: whole, sound, model, say)
    }

    /// The model for real; nil where it cannot be built.
    private mutating func model(
        _ experiment: Experiment, _ classes: ClassList, _ training: (any Dataset)?
    ) -> DenseModel? {
        finding { try experiment.model(classes, beginningOn: training) }
    }

    private mutating func describe(_ model: DenseModel, _ say: (String) -> Void) {
        finding {
            let count = try model.namedParameters().reduce(0) { $0 + $1.tensor.count }
            say(
                "model: \(String(format: "%.2f", Double(count) / 1e6)) M parameters, \(model.classNames.count) classes"
            )
        }
    }

    private mutating func loadWeights(into model: DenseModel, _ say: (String) -> Void) {
        let stops = [["model"]]
        let reports = configuration.attempt(device: device, until: stops) { experiment in
            try model.loadPretrained(experiment.configuration.model)
        }
        for (file, report) in reports ?? [] {
            say("weights: \(file): \(report)")
            for warning in report.warnings {
                configuration.add(warning: "weights: \(file): \(warning)")
            }
        }
    }

    // MARK: Data

    /// Reads all of a data set.
    ///
    /// - Returns: what it found, and whether the data set shows what the model's head is to find;
    ///   nil where there is no model
    private mutating func examine(
        _ dataset: any Dataset, _ part: String, _ experiment: Experiment, _ model: DenseModel?,
        _ say: (String) -> Void
    ) -> (report: DatasetReport?, fits: Bool?) {
        let fits = model.map { model in
            finding { try experiment.check(dataset, part, fits: model) } != nil
        }
        guard depth == .whole else { return (nil, fits) }
        guard configuration.isAsWritten(part) else {
            say("\(part): \(dataset.count) images, not read: a setting of data.\(part) is at fault")
            return (nil, false)
        }
        let count = isQuick ? min(Self.quickCount, dataset.count) : dataset.count
        if count < dataset.count {
            // Samples behind the first that are not whole: at least how many there are.
            finding {
                _ = try part == "train" ? experiment.trainDataset() : experiment.validationDataset()
            }
        }
        var options = DatasetReport.Options()
        options.part = part == "train" ? .training : .validation
        // Of a model that cannot be built it is not known.
        options.wantsMasks =
            (try? model?.task.wantsMasks) ?? (dataset as? any InstanceDataset)?.hasMasks ?? false
        options.limit = count
        let data = experiment.configuration.data
        options.skippedShare = data.badImage == .skip ? data.maxBadShare : nil
        let report = DatasetReport.check(dataset, threads: Engine.threadCount, options: options) {
            [progress] done in
            progress(done, count, part)
        }
        for line in report.lines(part, dataset, isWhole: count == dataset.count) { say(line) }
        for warning in report.datasetWarnings + report.warnings {
            configuration.add(warning: "\(part): \(warning)")
        }
        for problem in report.problems { configuration.add(problem: "\(part): \(problem)") }
        return (report, fits)
    }

    // MARK: Passes through the network

    /// Sends the validation images with the shortest side and with the most pixels the way that
    /// `test` and `infer` send them.
    private mutating func predictExtremes(
        of dataset: any Dataset, _ report: DatasetReport, _ experiment: Experiment,
        _ model: DenseModel, _ say: (String) -> Void
    ) {
        let device = device
        let sizes = report.examples.keys.sorted { ($0.height, $0.width) < ($1.height, $1.width) }
        guard
            let smallest = sizes.min(by: {
                ($0.shortSide, $0.longSide) < ($1.shortSide, $1.longSide)
            }),
            let largest = sizes.max(by: { $0.height * $0.width < $1.height * $1.width })
        else { return }
        for (word, size) in smallest == largest
            ? [("", smallest)] : [("smallest ", smallest), ("largest ", largest)]
        {
            guard let index = report.examples[size] else { continue }
            finding(in: "val") {
                let pipeline = try experiment.testPipeline()
                try model.setTraining(false)
                var sample = try dataset.sample(at: index)
                let name = sample.name
                var random = SampleRandom(seed: 0, epoch: 0, index: index)
                try pipeline(&sample, &random)
                _ = try withAutocast(experiment.configuration.test.precision.dtype, on: device) {
                    try experiment.predictor(model).prediction(of: sample, on: device)
                }
                say("predicted the \(word)validation image \(name) of \(size)")
            }
        }
    }

    /// Whether images of every size come out of the training pipeline so that they fit into one
    /// batch, and the backbone accepts them.
    private mutating func trySizes(
        of dataset: any Dataset, _ report: DatasetReport, _ experiment: Experiment,
        _ model: DenseModel?
    ) {
        let train = experiment.configuration.train
        let sizes = finding(in: "train") {
            try PipelineSizes(dataset, report, experiment.trainPipeline(), seed: train.seed)
        }
        if train.imagesAtATime > 1, let mixture = sizes?.mixture {
            configuration.add(problem: "train: \(mixture)")
        }
        if let model, let small = sizes?.tooSmall(for: model.backbone.minimumSide) {
            configuration.add(problem: "train: \(small)")
        }
    }

    /// Takes the first step as `train` takes it: the same seed, batch, accumulation and precision.
    private mutating func takeStep(
        on dataset: any Dataset, _ experiment: Experiment, _ model: DenseModel,
        _ say: (String) -> Void
    ) {
        let logger = Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }
        let isQuick = isQuick
        finding(in: "train") {
            let trainer = try experiment.trainer(
                of: model, on: dataset, logger: logger, hooks: [], firstPassAlone: isQuick)
            let record = try trainer.takeOneIteration()
            let terms = record.values.map { "\($0.name): \(String(format: "%.4f", $0.value))" }
            let all = record.names.count
            let once = trainer.settings.imagesAtATime
            let way = once < all ? ", \(once) at a time" : ""
            say(
                "one step on \(all) image\(all == 1 ? "" : "s")\(way): \(terms.joined(separator: "  "))"
            )
            if trainer.scaler?.skippedSteps == 1 {
                say(
                    "its gradients overflow at the first scale: training skips such steps and halves the scale"
                )
            }
            if record.loss == 0 { throw TrainingError.zeroLoss }
            if trainer.badLosses.total > 0 { throw TrainingError.badLosses(1, record.names) }
        }
    }

    /// Runs `body`; what it throws is a problem. One that is known already is not reported again.
    @discardableResult
    private mutating func finding<Value>(in part: String? = nil, _ body: () throws -> Value)
        -> Value?
    {
        do {
            return try body()
        } catch {
            configuration.add(problem: (part.map { "\($0): " } ?? "") + "\(error)")
            return nil
        }
    }
}
