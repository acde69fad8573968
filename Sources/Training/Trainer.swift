import DenseKitComponents
import DenseKitData
import DenseKitDistributed
import DenseKitEvaluation
import DenseKitFoundations
import Glibc
import Logging

/// The training loop: takes steps on batches of a loader, and calls hooks around them.
public final class Trainer {
    /// The model that is trained.
    public let model: DenseModel
    /// The optimizer of the model's parameters.
    public let optimizer: any Optimizer
    /// The learning rate over the iterations.
    public let schedule: any Schedule
    /// The `train:` part of the configuration, with epochs converted to iterations.
    public let settings: TrainConfiguration
    /// The device that the model computes on.
    public let device: Device
    /// The log of the run.
    public let logger: Logger
    /// The hooks, called in this order.
    public let hooks: [any Hook]
    /// The processes that train together. Hooks are called on all of them, with the same record.
    public let processes: Processes

    /// The folder of the run's log and metrics, which every resume in its work directory shares;
    /// nil for a trainer without a work directory.
    public internal(set) var runFolder: String?

    /// The number of iterations done.
    public internal(set) var iteration = 0
    /// The record of the last iteration; empty before the first.
    public internal(set) var last = IterationRecord()
    /// The best validation so far; nil before the first one.
    public internal(set) var best: BestScore?
    /// The scale of the losses in float16, as of `iteration`; nil in other precisions.
    public internal(set) var scaler: GradientScaler?
    /// Iterations that were skipped, because their loss was not finite.
    var badLosses = BadLosses()
    /// How many checkpoints could not be saved, and the path of the newest intact one; nil where
    /// there is none.
    public internal(set) var saves: (failed: Int, newest: String?) = (0, nil)
    /// Whether model and optimizer are in the state of `iteration`: not in the middle of one.
    private(set) var isConsistent = true
    /// Whether a loss is divided by the labelled pixels of the global batch, and that comes in
    /// parts; nil until it is computed.
    private var countsLabelled: Bool?
    /// Whether `stop()` was called.
    private(set) var isStopped = false
    private let makeLoader: (_ iteration: Int) throws -> DataLoader

    /// A trainer at iteration 0.
    ///
    /// - Parameters:
    ///   - model: in any mode
    ///   - optimizer: of the model's parameters
    ///   - schedule: gives the learning rate of every iteration
    ///   - settings: the section `train` of a configuration, with epochs converted to iterations
    ///   - device: that batches are moved to
    ///   - logger: of the run
    ///   - hooks: called in this order
    ///   - processes: those that train together, each on its part of every batch
    ///   - makeLoader: makes this process's loader whose first batch is number `iteration`; a batch
    ///     is one pass, so that an accumulated iteration takes several
    public init(
        model: DenseModel, optimizer: any Optimizer, schedule: any Schedule,
        settings: TrainConfiguration, device: Device,
        logger: Logger, hooks: [any Hook], processes: Processes = .alone,
        makeLoader: @escaping (_ iteration: Int) throws -> DataLoader
    ) {
        self.model = model
        self.optimizer = optimizer
        self.schedule = schedule
        self.settings = settings
        self.device = device
        self.logger = logger
        self.hooks = hooks
        self.processes = processes
        self.makeLoader = makeLoader
        scaler = settings.precision.needsScaler ? GradientScaler() : nil
    }

    /// Batches (forward and backward passes) of this process that make up one iteration.
    public var accumulation: Int { settings.accumulation(over: processes.count) }

    /// Trains from `iteration` to the end, or until a signal is received.
    ///
    /// - Throws: `Interrupted` after a signal, `TrainingError`, and what model, data and hooks
    ///   throw; the iterations done are saved first. Where checkpoints could not be saved, training
    ///   continues, and `TrainingError.failedSaves` is thrown at the end.
    public func run() throws {
        do {
            try model.setTraining(true)
            for hook in hooks { try hook.beforeTraining(self) }
            try trainToTheEnd()
        } catch {
            for hook in hooks { hook.afterFailure(self, error) }
            tellSkipped()
            // All have stopped; none ends while the first one saves.
            if error is Interrupted { try? processes.barrier() }
            throw error is Interrupted ? failedSaves ?? error : error
        }
        for hook in hooks { try hook.afterTraining(self) }
        tellSkipped()
        if let failedSaves { throw failedSaves }
    }

    private func trainToTheEnd() throws {
        guard iteration < settings.iterations else { return }
        let (loader, step) = try begin()
        defer { loader.stop() }
        let first = iteration
        while try iteration < settings.iterations && !shouldStop() {
            try oneIteration(loader, step) { for hook in hooks { try hook.afterBackward(self) } }
            if iteration == first + 1 { tellUnused(step) }
            for hook in hooks { try hook.afterIteration(self) }
        }
        // A hook of one process may have stopped the run in its last iteration.
        if processes.count > 1 { isStopped = try processes.minimum([isStopped ? -1 : 0])[0] < 0 }
    }

    /// Whether a hook of any process has ended the run.
    ///
    /// Throws `Interrupted` where any process has received a signal: all end after the same
    /// iteration.
    private func shouldStop() throws -> Bool {
        guard processes.count > 1 else {
            try Interruption.check()
            return isStopped
        }
        let signal = Double(Interruption.pending)
        let agreed = try processes.minimum([-signal, isStopped ? -1 : 0])
        if agreed[0] < 0 { throw Interrupted(signal: Int32(-agreed[0])) }
        isStopped = agreed[1] < 0
        return isStopped
    }

    /// Ends training after the current iteration, as if it were the last; the run is saved. To be
    /// called from hooks.
    public func stop() { isStopped = true }

    /// Takes one iteration as `run()` would, but without hooks: to try a recipe.
    ///
    /// - Returns: the record of the iteration
    public func takeOneIteration() throws -> IterationRecord {
        try model.setTraining(true)
        let (loader, step) = try begin()
        defer { loader.stop() }
        try oneIteration(loader, step) {}
        return last
    }

    /// The loader of the iterations that come, and what takes their steps.
    private func begin() throws -> (loader: DataLoader, step: TrainingStep) {
        try settings.checkDivision(over: processes.count)
        let synchronizes = settings.syncBatchNorm != .false
        try model.synchronizeBatchNorms(over: synchronizes ? processes.statistics : nil)
        try Agreement.checkWeights(model.namedTensors(), of: processes)
        let clipping = settings.clipNorm.map { GradientClipping(maxNorm: $0) }
        let step = try TrainingStep(
            model, optimizer, clipping: clipping, precision: settings.precision, on: device,
            processes: processes)
        step.scaler = scaler
        return (try makeLoader(iteration * accumulation), step)
    }

    private func oneIteration(
        _ loader: DataLoader, _ step: TrainingStep, afterBackward: () throws -> Void
    ) throws {
        let started = monotonicSeconds()
        last = IterationRecord()
        last.learningRates = optimizer.learningRates(
            schedule, iteration: iteration, of: settings.iterations)
        // A loss that is divided by the labelled pixels of the whole batch needs all labels
        // before the first pass.
        let parts = accumulation * processes.count
        let counts = try countsLabelled ?? (parts > 1 && model.averagesLabelled)
        countsLabelled = counts
        let ahead = counts ? try (0..<accumulation).map { _ in try nextBatch(loader) } : []
        let own = ahead.reduce(0) { $0 + $1.labelledPixels }
        let inAll = counts ? try processes.sum([own])[0] : 0
        let labelled = counts ? Double(max(1, inAll)) / Double(parts) : nil
        let result: StepResult
        do {
            result = try step(
                learningRates: last.learningRates, passes: accumulation,
                afterBackward: afterBackward
            ) { pass in
                let batch = ahead.isEmpty ? try nextBatch(loader) : ahead[pass]
                let place = pass * processes.count + processes.rank
                return try losses(
                    of: batch, firstImage: place * settings.imagesAtATime(over: processes.count),
                    labelledPixels: labelled)
            }
        } catch {
            isConsistent = step.isConsistent
            throw error
        }
        // A step that is taken belongs to an iteration that is not counted yet.
        isConsistent = !result.isTaken
        last.values = result.loggedValues
        let joined = try SharedRecord.join(last, isFinite: result.loss.isFinite, of: processes)
        last = joined.record
        if result.isTaken || result.gradientsOverflowed {
            badLosses.inARow = 0
        } else {
            try skip(joined.bad)
        }
        try follow(step.scaler)
        iteration += 1
        isConsistent = true
        try checkWeights()
        last.time = monotonicSeconds() - started
    }

    private func nextBatch(_ loader: DataLoader) throws -> Batch {
        guard let batch = try loader.next() else { throw TrainingError.noMoreData }
        last.dataTime += batch.dataTime
        last.names += batch.names
        last.skipped += batch.skipped
        return batch
    }

    /// The losses of one part of the global batch.
    ///
    /// - Parameter labelledPixels: of the whole batch, over the number of its parts
    private func losses(of batch: Batch, firstImage: Int, labelledPixels: Double?) throws -> Losses
    {
        var targets = try batch.targets(on: device)
        targets.labelledPixels = labelledPixels
        try seedDropout(firstImage)
        let pass = ForwardPass(
            progress: Double(iteration) / Double(settings.iterations), iteration: iteration,
            iterations: settings.iterations,
            images: batch.geometries,
            randomSource: RandomSource(
                seed: settings.seed, iteration: iteration, firstImage: firstImage),
            wantsMetrics: isLogged(iteration + 1)
        )
        do {
            let least = model.backbone.minimumSide
            guard min(batch.height, batch.width) >= least else {
                throw TrainingError.smallImages(least)
            }
            return try model.losses(batch.images(on: device), targets, pass)
        } catch {
            throw BatchError(
                images: batch.names, height: batch.height, width: batch.width, underlying: error)
        }
    }

    /// Seeds what draws from the engine's generator: by the place of the pass in the global batch,
    /// so that the number of processes makes no difference.
    private func seedDropout(_ firstImage: Int) throws {
        var hash = FNV1a()
        for number in [settings.seed, UInt64(iteration), UInt64(firstImage)] {
            withUnsafeBytes(of: number.littleEndian) { hash.add($0) }
        }
        try RandomGenerator.seed(hash.value)
    }

    /// Compares the weights of all processes where it is time to.
    private func checkWeights() throws {
        guard let interval = settings.weightsCheckInterval, iteration.isMultiple(of: interval)
        else { return }
        try Agreement.checkWeights(model.namedParameters(), of: processes)
    }

    /// Names parameters that are trained and have no gradient.
    private func tellUnused(_ step: TrainingStep) {
        let names = step.unusedParameters
        guard !names.isEmpty else { return }
        let rest = names.count > 8 ? " and \(names.count - 8) more" : ""
        let list = names.prefix(8).joined(separator: ", ") + rest
        logger.warning("no pass of the first iteration used these parameters: \(list)")
    }

    /// Counts an iteration that changes nothing. The one that stops training counts once it is done
    /// again.
    ///
    /// - Parameter images: those of the processes whose loss is not finite
    private func skip(_ images: [String]) throws {
        let names = images.isEmpty ? last.names : images
        logger.warning(
            "iteration \(iteration + 1): the loss is not finite, the step is skipped; images: \(names.joined(separator: ", "))"
        )
        let inARow = badLosses.inARow + 1
        guard inARow < settings.maxBadLosses else {
            throw TrainingError.badLosses(inARow, names)
        }
        badLosses = BadLosses(inARow: inARow, total: badLosses.total + 1)
    }

    private func tellSkipped() {
        tellOverflows()
        guard badLosses.total > 0 else { return }
        logger.warning(
            "\(badLosses.total) of \(iteration) iterations were skipped, because their loss was not finite"
        )
    }

    private var failedSaves: TrainingError? {
        saves.failed > 0 ? .failedSaves(saves.failed, newest: saves.newest) : nil
    }

    /// Whether iteration `number` (from 1) has a line in the log.
    func isLogged(_ number: Int) -> Bool {
        number.isMultiple(of: max(1, settings.logInterval)) || number == settings.iterations
    }
}
