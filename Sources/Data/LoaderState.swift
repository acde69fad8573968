import DenseKitErrors
import DenseKitVision
import Foundation

/// What the loader's threads share.
final class LoaderState: @unchecked Sendable {  // `condition` guards every mutable property
    /// One sample to be made: which batch it belongs to, and where in it.
    private struct Job {
        let batch: Int
        let slot: Int
        let order: EpochOrder?
        let epoch: Int
        let place: Int
    }

    /// A batch that is being filled.
    private struct Filling {
        var parts: [Result<Batch.Part, any Error>?]
        var missing: Int
    }

    private let dataset: any Dataset
    private let pipeline: any Transform
    private let options: DataLoader.Options
    private let groups: OrientationGroups?
    private let epochLength: Int
    private let condition = NSCondition()

    private var nextJob: (batch: Int, slot: Int)
    private var delivered: Int
    private var filling: [Int: Filling] = [:]
    private var ready: [Int: Result<Batch, any Error>] = [:]
    private var order: EpochOrder?
    private var statistics = DataLoader.Statistics()
    private var isStopped = false
    private var running = 0

    init(_ dataset: any Dataset, _ pipeline: any Transform, _ options: DataLoader.Options) throws {
        groups =
            options.shuffles && options.aspectRatioGrouping > 1
            ? try OrientationGroups(dataset, run: options.aspectRatioGrouping) : nil
        epochLength = groups?.epochLength ?? dataset.count
        self.dataset = dataset
        self.pipeline = pipeline
        self.options = options
        nextJob = (options.iteration, 0)
        delivered = options.iteration
    }

    func startWorkers() {
        running = options.workers
        for _ in 0..<options.workers {
            let thread = Thread { [self] in work() }
            thread.name = "loader"
            thread.stackSize = 2 << 20
            thread.start()
        }
    }

    func stop() {
        condition.withLock {
            isStopped = true
            condition.broadcast()
            while running > 0 { condition.wait() }
        }
    }

    var currentStatistics: DataLoader.Statistics { condition.withLock { statistics } }

    func nextBatch() throws -> Batch? {
        let start = ContinuousClock.now
        let result: Result<Batch, any Error>? = condition.withLock {
            guard !isStopped, positions(ofBatch: delivered) > 0 else { return nil }
            while ready[delivered] == nil, !isStopped { condition.wait() }
            defer {
                delivered += 1
                condition.broadcast()
            }
            return ready.removeValue(forKey: delivered)
        }
        var batch = try result?.get()
        if let skipped = batch?.skipped.count, skipped > 0 {
            condition.withLock { statistics.skipped += skipped }
        }
        batch?.dataTime = (ContinuousClock.now - start) / .seconds(1)
        return batch
    }

    /// How many samples batch `index` of this rank holds.
    private func positions(ofBatch index: Int) -> Int {
        guard let epochs = options.epochs else { return options.batch }
        let end = epochs.multipliedReportingOverflow(by: epochLength)
        let first = (index * options.ranks + options.rank) * options.batch
        return min(options.batch, max(0, (end.overflow ? .max : end.partialValue) - first))
    }

    // MARK: - On the worker threads

    private func work() {
        while let job = take() {
            let part = Result { try make(job) }
            finish(job, part)
        }
        condition.withLock {
            running -= 1
            condition.broadcast()
        }
    }

    /// Waits for a job; nil when there will be none.
    private func take() -> Job? {
        condition.withLock {
            while !isStopped {
                let size = positions(ofBatch: nextJob.batch)
                if size == 0 { return nil }
                if nextJob.batch < delivered + options.prefetch {
                    let (batch, slot) = nextJob
                    if slot == 0 {
                        filling[batch] = Filling(
                            parts: Array(repeating: nil, count: size), missing: size)
                    }
                    nextJob = slot + 1 == size ? (batch + 1, 0) : (batch, slot + 1)
                    return job(batch, slot)
                }
                condition.wait()
            }
            return nil
        }
    }

    private func job(_ batch: Int, _ slot: Int) -> Job {
        let position = (batch * options.ranks + options.rank) * options.batch + slot
        let (epoch, place) = position.quotientAndRemainder(dividingBy: epochLength)
        if options.shuffles, order?.epoch != epoch {
            order =
                groups.map { EpochOrder(seed: options.seed, epoch: epoch, groups: $0) }
                ?? EpochOrder(seed: options.seed, epoch: epoch, count: dataset.count)
        }
        return Job(
            batch: batch, slot: slot, order: options.shuffles ? order : nil, epoch: epoch,
            place: place)
    }

    private func make(_ job: Job) throws -> Batch.Part {
        let first = job.order?[job.place] ?? job.place
        var skipped: [Batch.Skipped] = []
        while true {
            let index = (first + skipped.count) % dataset.count
            do {
                var part = try part(index, epoch: job.epoch)
                part.skipped = skipped
                return part
            } catch let error as DataError
                where options.badImage == .skip && error.kind == .unreadable
            {
                skipped.append(Batch.Skipped(index: index, reason: error.description))
                guard skipped.count < min(dataset.count, DataLoader.maximumSkipsInARow) else {
                    let others = skipped.dropLast().prefix(3).map(\.reason).joined(separator: "; ")
                    throw DataError(
                        error.path,
                        "\(error.problem): \(skipped.count) of \(dataset.count) samples in a row cannot be read, this is the last"
                            + (others.isEmpty ? "" : "; before it: \(others)"),
                        remedy: "see whether the disk is there; then find them with \(Term.check)")
                }
            }
        }
    }

    private func part(_ index: Int, epoch: Int) throws -> Batch.Part {
        var sample = try dataset.sample(at: index)
        var originalLabels: LabelMap?
        if options.keepsOriginalLabels {
            originalLabels = sample.labels
            sample.labels = nil
        }
        let originalTargets = options.keepsOriginalLabels ? sample.targets : []
        var random = SampleRandom(seed: options.seed, epoch: epoch, index: index)
        try pipeline(&sample, &random)
        return Batch.Part(
            sample: sample, index: index, epoch: epoch, originalLabels: originalLabels,
            originalTargets: originalTargets)
    }

    /// Puts a sample into its batch; whoever brings the last one stacks them.
    private func finish(_ job: Job, _ part: Result<Batch.Part, any Error>) {
        let complete: [Result<Batch.Part, any Error>?]? = condition.withLock {
            if case .success(let part) = part { count(part.sample.traits) }
            filling[job.batch]?.parts[job.slot] = part
            filling[job.batch]?.missing -= 1
            return filling[job.batch]?.missing == 0
                ? filling.removeValue(forKey: job.batch)?.parts : nil
        }
        guard let complete else { return }
        let batch = Result {
            try Batch(
                complete.compactMap { try $0?.get() },
                keepsOriginalLabels: options.keepsOriginalLabels)
        }
        condition.withLock {
            ready[job.batch] = batch
            condition.broadcast()
        }
    }

    private func count(_ traits: ImageTraits) {
        statistics.samples += 1
        for (trait, _) in ImageTraits.names where traits.contains(trait) {
            statistics.traits[trait, default: 0] += 1
        }
    }
}
