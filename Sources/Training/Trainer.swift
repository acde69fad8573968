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
    /// Iterations that were skipped.
    var badLosses = BadLosses()
    /// What became of checkpoints: how many could not be saved, and the newest that is good.
    public internal(set) var saves: (failed: Int, newest: String?) = (0, nil)
    /// Whether model and optimizer stand where `iteration` says: not in the middle of one.
    private(set) var isConsistent = true
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

    /// Trains from `iteration` to the end, or until a signal comes.
    ///
    /// Throws `Interrupted` after a signal, `TrainingError` and what the parts throw; what was reached is saved then. Where checkpoints could not be
    /// saved on the way, training goes on, and this throws `TrainingError.failedSaves` at the end.
    public func run() throws {
        do {
            try model.setTraining(true)
            for hook in hooks { try hook.beforeTraining(self) }
            try trainToTheEnd()
        } catch {
            for hook in hooks { hook.afterFailure(self, error) }
            tellSkipped()
            throw error is Interrupted ? failedSaves ?? error : error
        }
        for hook in hooks { try hook.afterTraining(self) }
        tellSkipped()
        if let failedSaves { throw failedSaves }
    }

    private func trainToTheEnd() throws {
        guard iteration < settings.iterations else { return }
        let buffers = try model.namedTensors().filter { $0.kind == .buffer }.map(\.tensor)
        let loader = try makeLoader(iteration * accumulation)
        defer { loader.stop() }
        while iteration < settings.iterations {
            try Interruption.check()
            try oneIteration(loader, buffers)
            for hook in hooks { try hook.afterIteration(self) }
        }
    }

    private func oneIteration(_ loader: Loader, _ buffers: [Tensor]) throws {
        let started = monotonicSeconds()
        last = IterationRecord()
        last.learningRates = optimizer.groups.map { group in
            schedule.learningRate(
                base: optimizer.baseLearningRate * group.learningRateMultiplier, iteration: iteration, of: settings.iterations
            )
        }
        let before = try PassState(buffers)
        isConsistent = false
        do {
            try computeGradients(loader)
        } catch {
            try goBack(to: before)
            throw error
        }
        if last.isFinite {
            try optimizer.step(learningRates: last.learningRates)
            badLosses.inARow = 0
        } else {
            try goBack(to: before)
            try skip()
        }
        iteration += 1
        isConsistent = true
        last.time = monotonicSeconds() - started
    }

    private func goBack(to before: PassState) throws {
        try before.restore()
        isConsistent = true
    }

    /// The gradients of the global batch.
    private func computeGradients(_ loader: Loader) throws {
        try optimizer.clearGradients()
        for part in 0..<accumulation {
            guard let batch = try loader.next() else { throw TrainingError.noMoreData }
            last.dataTime += batch.dataTime
            last.names += batch.names
            last.skipped += batch.skipped
            try accumulate(batch, firstImage: part * settings.imagesAtATime)
        }
        guard last.isFinite, let bound = settings.clipNorm else { return }
        last.add("grad_norm", try clipGradients(optimizer.gradients, maxNorm: bound))
    }

    /// Forward and backward of one part of the global batch.
    private func accumulate(_ batch: Batch, firstImage: Int) throws {
        let step = Step(
            progress: Double(iteration) / Double(settings.iterations), iteration: iteration, iterations: settings.iterations,
            images: batch.geometries,
            draws: Draws(seed: settings.seed, iteration: iteration, firstImage: firstImage), wantsMetrics: isLogged(iteration + 1)
        )
        let losses = try withAutocast(settings.precision.dtype, on: device) {
            try model.losses(try batch.images(on: device), try batch.targets(on: device), step)
        }
        guard let total = try losses.total() else { throw TrainingError.noLoss }
        for (name, value) in losses.terms { last.add(name, try value.item() / Double(accumulation)) }
        last.add("loss", try total.item() / Double(accumulation))
        if last.isFinite { try (accumulation == 1 ? total : total / Double(accumulation)).backward() }
    }

    /// Counts an iteration that changes nothing. The one that stops training counts once it is done again.
    private func skip() throws {
        logger.warning(
            "iteration \(iteration + 1): the loss is not finite, the step is skipped; images: \(last.names.joined(separator: ", "))"
        )
        let inARow = badLosses.inARow + 1
        guard inARow < settings.maxBadLosses else { throw TrainingError.badLosses(inARow, last.names) }
        badLosses = BadLosses(inARow: inARow, total: badLosses.total + 1)
    }

    private func tellSkipped() {
        guard badLosses.total > 0 else { return }
        logger.warning("\(badLosses.total) of \(iteration) iterations were skipped, because their loss was not finite")
    }

    private var failedSaves: TrainingError? {
        saves.failed > 0 ? .failedSaves(saves.failed, newest: saves.newest) : nil
    }

    /// Whether iteration `number` (from 1) has a line in the log.
    func isLogged(_ number: Int) -> Bool { number.isMultiple(of: max(1, settings.logInterval)) || number == settings.iterations }
}

extension TrainConfiguration {
    /// Images at a time.
    var imagesAtATime: Int { min(perDeviceBatch ?? batch, batch) }
    var accumulation: Int { batch / imagesAtATime }

    /// Throws `SettingError` for numbers that do not fit together.
    func validate() throws {
        guard iterations > 0 else { throw SettingError("train", "iterations", "expected 1 or more, found \(iterations)") }
        if let epochs, !(1...1_000_000).contains(epochs) {
            throw SettingError("train", "epochs", "expected 1…1000000, found \(epochs)")
        }
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
