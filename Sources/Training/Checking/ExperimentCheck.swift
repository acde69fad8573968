import DenseKitComponents
import DenseKitConfiguration
import DenseKitData
import DenseKitEvaluation
import Foundation
import Logging
import DenseKitVision

/// Looks for everything that would stop a run or spoil its result, before the run: what `densekit check` does.
///
///     var check = try ExperimentCheck("run.yaml", registry: registry)
///     check.run { print($0) }
///     guard check.findings.problems.isEmpty else { … }
///
/// The configuration, the data, the labels and the weights are read; one step is taken as training takes it, and the smallest and the largest
/// validation image go through the test pipeline and the network. Nothing is left behind but caches.
public struct ExperimentCheck {
    public let file: String
    public let device: Device
    /// Whether to look only at the first images of each data set, and to take only the first pass of an accumulated step.
    public var isQuick = false
    /// Is shown how many images of how many were read, and of which data set. On any thread.
    public var progress: @Sendable (_ done: Int, _ count: Int, _ part: String) -> Void = { _, _, _ in }
    public var findings: CheckFindings { configuration.findings }

    private var configuration: ConfigurationCheck
    private static let quickCount = 16

    /// Reads the configuration file.
    ///
    /// - Parameter overrides: `a.b.c=value` from the command line
    /// - Throws: `ConfigurationError` for a file that is no YAML, and for overrides that fit nowhere.
    public init(_ file: String, overrides: [String] = [], registry: Registry, device: Device = .cpu) throws {
        let node = try YAMLNode.load(path: file, overrides: overrides)
        try Experiment.refuseSweep(node, file)
        let name = URL(filePath: file).deletingPathExtension().lastPathComponent
        self.init(file, node: node, name: name, registry: registry, device: device)
    }

    /// The same for a configuration that was put together of `file`.
    public init(_ file: String, node: YAMLNode, name: String, registry: Registry, device: Device = .cpu) {
        (self.file, self.device) = (file, device)
        configuration = ConfigurationCheck(file: file, name: name, node: node, registry: registry)
    }

    /// Looks at everything; `findings` then has what was found.
    ///
    /// - Parameter say: takes lines of what was looked at: counts of classes, the model's size, the losses of the step
    public mutating func run(say: (String) -> Void) {
        guard let experiment = configuration.experiment(device: device) else { return }
        configuration.checkRecipe()
        finding {
            try WorkDirectory.prove(
                WorkDirectory.choose(option: nil, configuration: experiment.configuration.workDir, name: experiment.name))
        }
        let training = configuration.dataset("train")
        let validation = experiment.configuration.data.val == nil ? nil : configuration.dataset("val")
        let known = try? experiment.classes(of: "train")
        let classes = training?.classes ?? validation?.classes ?? known ?? ClassList.placeholders(2)
        let isBuilt = configuration.checkModel(classes)
        if findings.problems.isEmpty { say("configuration: \(file) is sound") }
        // Of a configuration with parts taken out no step is taken, and nothing is said that may not hold for the whole.
        let isSound = isBuilt && configuration.isWhole
        guard let sound = configuration.experiment(device: device) else { return }
        let model = isBuilt ? self.model(sound, classes, training) : nil
        if isSound { for warning in (try? sound.pipelineWarnings()) ?? [] { configuration.add(warning: warning) } }
        let learned = training.map { examine($0, "train", sound, model, say) }
        let report = validation.flatMap { examine($0, "val", sound, model, say).report }
        if let training, let validation, training.classes.names != validation.classes.names {
            configuration.add(
                problem: "\(ExperimentError.otherClasses(train: training.classes.names, val: validation.classes.names))")
        }
        guard let model else { return }
        describe(model, say)
        if isSound {
            for warning in finding({ try sound.remarks(on: model, training: training) }) ?? [] {
                configuration.add(warning: warning)
            }
        }
        loadWeights(into: model, say)
        if let validation, let report { predictExtremes(of: validation, report, sound, model, say) }
        guard let training, let learned, learned.fits, isSound else { return }
        if let report = learned.report, !(training is any InstanceDataset) { trySizes(of: training, report, sound, model) }
        takeStep(on: training, sound, model, say)
    }

    /// The model for real; nil where it cannot be built.
    private mutating func model(_ experiment: Experiment, _ classes: ClassList, _ training: (any Dataset)?) -> DenseModel? {
        finding { try experiment.model(classes, beginningOn: training) }
    }

    private mutating func describe(_ model: DenseModel, _ say: (String) -> Void) {
        finding {
            let count = try model.namedParameters().reduce(0) { $0 + $1.tensor.count }
            say("model: \(String(format: "%.2f", Double(count) / 1e6)) M parameters, \(model.classNames.count) classes")
        }
    }

    private mutating func loadWeights(into model: DenseModel, _ say: (String) -> Void) {
        let stops = [["model"]]
        let reports = configuration.attempt(device: device, until: stops) { experiment in
            try model.loadPretrained(experiment.configuration.model)
        }
        for (file, report) in reports ?? [] {
            say("weights: \(file): \(report)")
            for warning in report.warnings { configuration.add(warning: "weights: \(file): \(warning)") }
        }
    }

    // MARK: Data

    /// Reads all of a data set.
    ///
    /// - Returns: what it found, and whether the data set shows what the model's head is to find
    private mutating func examine(
        _ dataset: any Dataset, _ part: String, _ experiment: Experiment, _ model: DenseModel?, _ say: (String) -> Void
    ) -> (report: DatasetReport?, fits: Bool) {
        let fits = model.map { model in finding { try experiment.check(dataset, part, fits: model) } != nil } ?? false
        guard configuration.isAsWritten(part) else {
            say("\(part): \(dataset.count) images, not read: a setting of data.\(part) is at fault")
            return (nil, false)
        }
        let count = isQuick ? min(Self.quickCount, dataset.count) : dataset.count
        var options = DatasetReport.Options()
        options.part = part == "train" ? .training : .validation
        // Of a model that cannot be built it is not known.
        options.wantsMasks =
            (try? model?.task.wantsMasks) ?? (dataset as? any InstanceDataset)?.hasMasks ?? false
        options.limit = count
        let data = experiment.configuration.data
        options.skippedShare = data.badImage == .skip ? data.maxBadShare : nil
        let report = DatasetReport.check(dataset, threads: Engine.threadCount, options: options) { [progress] done in
            progress(done, count, part)
        }
        for line in report.lines(part, dataset, isWhole: count == dataset.count) { say(line) }
        for warning in report.remarks + report.warnings { configuration.add(warning: "\(part): \(warning)") }
        for problem in report.problems { configuration.add(problem: "\(part): \(problem)") }
        return (report, fits)
    }

    // MARK: Passes through the network

    /// Sends the validation images with the shortest side and with the most pixels the way that `test` and `infer` send them.
    private mutating func predictExtremes(
        of dataset: any Dataset, _ report: DatasetReport, _ experiment: Experiment, _ model: DenseModel, _ say: (String) -> Void
    ) {
        let device = device
        let sizes = report.examples.keys.sorted { ($0.height, $0.width) < ($1.height, $1.width) }
        guard let smallest = sizes.min(by: { ($0.shortSide, $0.longSide) < ($1.shortSide, $1.longSide) }),
            let largest = sizes.max(by: { $0.height * $0.width < $1.height * $1.width })
        else { return }
        for (word, size) in smallest == largest ? [("", smallest)] : [("smallest ", smallest), ("largest ", largest)] {
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

    /// Whether images of every size come out of the training pipeline so that they can stand in one batch, and be seen.
    private mutating func trySizes(
        of dataset: any Dataset, _ report: DatasetReport, _ experiment: Experiment, _ model: DenseModel
    ) {
        let train = experiment.configuration.train
        let sizes = finding(in: "train") {
            try PipelineSizes(dataset, report, try experiment.trainPipeline(), seed: train.seed)
        }
        if train.imagesAtATime > 1, let mixture = sizes?.mixture { configuration.add(problem: "train: \(mixture)") }
        if let small = sizes?.tooSmall(for: model.backbone.minimumSide) { configuration.add(problem: "train: \(small)") }
    }

    /// Takes the first step as `train` takes it: the same seed, batch, accumulation and precision.
    private mutating func takeStep(
        on dataset: any Dataset, _ experiment: Experiment, _ model: DenseModel, _ say: (String) -> Void
    ) {
        let logger = Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }
        let isQuick = isQuick
        finding(in: "train") {
            let trainer = try experiment.trainer(of: model, on: dataset, logger: logger, hooks: [], firstPassAlone: isQuick)
            let record = try trainer.takeOneIteration()
            let terms = record.values.map { "\($0.name): \(String(format: "%.4f", $0.value))" }
            let (all, once) = (record.names.count, trainer.settings.imagesAtATime)
            let way = once < all ? ", \(once) at a time" : ""
            say("one step on \(all) image\(all == 1 ? "" : "s")\(way): \(terms.joined(separator: "  "))")
            if record.values.first(where: { $0.name == "loss" })?.value == 0 { throw TrainingError.zeroLoss }
            if !record.values.allSatisfy(\.value.isFinite) { throw TrainingError.badLosses(1, record.names) }
        }
    }

    /// Runs `body`; what it throws is a problem. One that is known already is not said again.
    @discardableResult
    private mutating func finding<Value>(in part: String? = nil, _ body: () throws -> Value) -> Value? {
        do {
            return try body()
        } catch {
            configuration.add(problem: (part.map { "\($0): " } ?? "") + "\(error)")
            return nil
        }
    }
}
