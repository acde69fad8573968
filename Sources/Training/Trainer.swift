import Components
import Data
import Evaluation
import Glibc
import Logging

/// The training loop.
public final class Trainer {
    public let model: DenseModel
    public let optimizer: any Optimizer
    public let schedule: any Schedule
    public let settings: TrainConfiguration
    public let device: Device
    public let logger: Logger
    public let hooks: [any Hook]

    /// Iterations done.
    public internal(set) var iteration = 0
    /// The last iteration, for hooks.
    public private(set) var last = IterationRecord()
    public internal(set) var best: BestScore?
    private var badLossesInARow = 0
    private let makeLoader: (_ iteration: Int) throws -> Loader

    /// - Parameter makeLoader: gives the loader whose next batch is number `iteration` (of images at a time, not of global batches)
    public init(
        model: DenseModel, optimizer: any Optimizer, schedule: any Schedule, settings: TrainConfiguration, device: Device,
        logger: Logger, hooks: [any Hook], makeLoader: @escaping (_ iteration: Int) throws -> Loader
    ) {
        self.model = model
        self.optimizer = optimizer
        self.schedule = schedule
        self.settings = settings
        self.device = device
        self.logger = logger
        self.hooks = hooks
        self.makeLoader = makeLoader
    }

    /// Batches that make up one iteration.
    public var accumulation: Int { settings.accumulation }

    /// Trains from `iteration` to the end.
    public func run() throws {
        let loader = try makeLoader(iteration * accumulation)
        defer { loader.stop() }
        try model.setTraining(true)
        for hook in hooks { try hook.beforeTraining(self) }
        do {
            while iteration < settings.iterations { try oneIteration(loader) }
        } catch {
            for hook in hooks { hook.afterFailure(self) }
            throw error
        }
        for hook in hooks { try hook.afterTraining(self) }
    }

    private func oneIteration(_ loader: Loader) throws {
        let started = monotonicSeconds()
        last = IterationRecord()
        last.learningRates = optimizer.groups.map { group in
            schedule.learningRate(
                base: optimizer.baseLearningRate * group.learningRateMultiplier, iteration: iteration, of: settings.iterations
            )
        }
        try optimizer.clearGradients()
        for _ in 0..<accumulation {
            guard let batch = try loader.next() else { throw TrainingError.noMoreData }
            last.dataTime += batch.dataTime
            last.names += batch.names
            try accumulate(batch)
        }
        try update()
        iteration += 1
        last.time = monotonicSeconds() - started
        for hook in hooks { try hook.afterIteration(self) }
    }

    /// Forward and backward of one part of the global batch.
    private func accumulate(_ batch: Batch) throws {
        let step = Step(progress: Double(iteration) / Double(settings.iterations), wantsMetrics: isLogged(iteration + 1))
        let losses = try withAutocast(settings.precision.dtype, on: device) {
            try model.losses(try batch.images(on: device), try batch.targets(on: device), step)
        }
        guard let total = try losses.total() else { throw TrainingError.noLoss }
        for (name, value) in losses.terms { last.add(name, try value.item() / Double(accumulation)) }
        last.add("loss", try total.item() / Double(accumulation))
        if last.isFinite { try (accumulation == 1 ? total : total / Double(accumulation)).backward() }
    }

    /// One step of the optimizer, unless the loss is not finite.
    private func update() throws {
        guard last.isFinite else { return try skip() }
        if let bound = settings.clipNorm { last.add("grad_norm", try clipGradients(optimizer.gradients, maxNorm: bound)) }
        guard last.isFinite else { return try skip() }
        badLossesInARow = 0
        try optimizer.step(learningRates: last.learningRates)
    }

    private func skip() throws {
        badLossesInARow += 1
        logger.warning(
            "iteration \(iteration + 1): the loss is not finite, the step is skipped; images: \(last.names.joined(separator: ", "))"
        )
        if badLossesInARow >= settings.maxBadLosses { throw TrainingError.badLosses(badLossesInARow, last.names) }
    }

    /// Whether iteration `number` (from 1) has a line in the log.
    func isLogged(_ number: Int) -> Bool { number.isMultiple(of: max(1, settings.logInterval)) || number == settings.iterations }
}

/// Something that happens around the loop: logging, evaluation, checkpoints.
public protocol Hook: AnyObject {
    func beforeTraining(_ trainer: Trainer) throws
    func afterIteration(_ trainer: Trainer) throws
    func afterTraining(_ trainer: Trainer) throws
    /// Something ended training early; what was reached can still be saved.
    func afterFailure(_ trainer: Trainer)
}

extension Hook {
    public func beforeTraining(_ trainer: Trainer) throws {}
    public func afterIteration(_ trainer: Trainer) throws {}
    public func afterTraining(_ trainer: Trainer) throws {}
    public func afterFailure(_ trainer: Trainer) {}
}

/// What one iteration gave.
public struct IterationRecord {
    public var learningRates: [Double] = []
    /// Losses and figures in the order in which they came.
    public private(set) var values: [(name: String, value: Double)] = []
    /// Seconds in all, and waiting for data.
    public var time = 0.0
    public var dataTime = 0.0
    /// The images.
    public var names: [String] = []

    mutating func add(_ name: String, _ value: Double) {
        if let index = values.firstIndex(where: { $0.name == name }) {
            values[index].value += value
        } else {
            values.append((name, value))
        }
    }

    var isFinite: Bool { values.allSatisfy { $0.value.isFinite } }
}

/// The best validation so far.
public struct BestScore: Codable, Sendable, Equatable {
    public let metric: String
    /// In percent.
    public let value: Double
    public let iteration: Int
}

/// What stops training.
public enum TrainingError: Error, CustomStringConvertible, Sendable {
    case noLoss
    case noMoreData
    case badLosses(Int, [String])

    public var description: String {
        switch self {
        case .noLoss: "the model has no loss: neither its head nor its prompter returned a term with 'loss' in its name"
        case .noMoreData: "the data set came to an end"
        case .badLosses(let count, let names):
            "the loss was not finite \(count) times in a row; last images: \(names.joined(separator: ", ")). Lower the learning rate, or "
                + "check the labels with `densekit check`"
        }
    }
}

extension TrainConfiguration {
    /// Images at a time.
    var imagesAtATime: Int { min(perDeviceBatch ?? batch, batch) }
    var accumulation: Int { batch / imagesAtATime }

    /// Throws `SettingError` for numbers that do not fit together.
    func validate() throws {
        guard iterations > 0 else { throw SettingError("train", "iterations", "expected 1 or more, found \(iterations)") }
        let intervals = [
            ("log_interval", logInterval), ("eval_interval", evalInterval), ("checkpoint_interval", checkpointInterval),
            ("keep_checkpoints", keepCheckpoints), ("max_bad_losses", maxBadLosses),
        ]
        for (key, value) in intervals where value < 1 { throw SettingError("train", key, "expected 1 or more, found \(value)") }
        if let clipNorm, !(clipNorm > 0) {
            throw SettingError("train", "clip_norm", "expected a positive number, found \(clipNorm)")
        }
        guard batch > 0 else { throw SettingError("train", "batch", "expected 1 or more, found \(batch)") }
        guard imagesAtATime > 0, batch.isMultiple(of: imagesAtATime) else {
            throw SettingError(
                "train", "per_device_batch", "expected a divisor of the global batch \(batch), found \(perDeviceBatch ?? 0)")
        }
    }
}

/// Seconds of a clock that never goes back.
public func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
