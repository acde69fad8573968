import DenseKitConfiguration
import Foundation
import DenseKitVision

/// Reads and transforms samples on threads of its own and delivers them in batches, in an order that does not depend on the threads.
///
/// The samples form one endless stream: position p is in epoch p / length, at place p % length of that epoch's order. The length is the
/// number of samples, rounded up where orientations are kept apart. Batch i of rank r
/// holds the `batch` positions from (i · ranks + r) · batch. So to go on after iteration i is to start there, at no cost.
///
/// One thread may call `next()` at a time. The threads end when the loader is released, or with `stop()`.
public final class DataLoader: Sendable {
    /// How samples are taken from the data set.
    public struct Options: Sendable {
        /// Samples a batch, on this rank.
        public var batch = 1
        /// Threads that read and transform.
        public var workers = 2
        /// Batches that are made ahead of the consumer.
        public var prefetch = 2
        public var seed: UInt64 = 0
        /// Whether an epoch's order is shuffled; else it is the data set's.
        public var shuffles = true
        /// The first batch to deliver.
        public var iteration = 0
        /// How often to go through the data set; nil for ever. The last batch may be short.
        public var epochs: Int?
        public var rank = 0
        public var ranks = 1
        /// What becomes of a sample that cannot be read.
        public var badImage = BadImage.error
        /// Whether labels stay as the data set has them, out of the transforms' reach, as for evaluation.
        public var keepsOriginalLabels = false
        /// Where samples are shuffled: as many in a row are all landscape or all portrait pictures, so that a batch needs little padding.
        /// 1 for no such rule.
        public var orientationRun = 1

        public init() {}
    }

    /// What becomes of a sample that cannot be read.
    public enum BadImage: String, Codable, Sendable, CaseIterable {
        /// `next()` throws when its batch is due.
        case error
        /// Where a file of it is damaged, missing or of a foreign format, the next sample of the data set that can be read takes its place,
        /// and its batch names it. Labels that contradict the data set are no such thing: they are thrown as ever.
        case skip
    }

    /// What was met on the way.
    public struct Statistics: Sendable {
        /// Samples delivered to batches.
        public internal(set) var samples = 0
        /// How many of them had each trait.
        public internal(set) var traits: [ImageTraits: Int] = [:]
        /// How often a sample was replaced because it cannot be read.
        public internal(set) var skipped = 0
    }

    /// As many samples in a row may be unreadable; more are no damage to files, but a disk that is gone.
    static let maximumSkipsInARow = 100

    private let state: LoaderState

    /// Starts the threads.
    ///
    /// - Throws: `DataError` for an empty data set, `SettingError` for numbers that make no sense.
    public init(_ dataset: any Dataset, _ pipeline: any Transform, _ options: Options) throws {
        guard dataset.count > 0 else { throw DataError("data set", "has no samples") }
        // The limits keep positions within 64 bits.
        let ranges: [(key: String, value: Int, range: ClosedRange<Int>)] = [
            ("batch", options.batch, 1...65536), ("workers", options.workers, 1...1024),
            ("prefetch", options.prefetch, 1...65536),
            ("ranks", options.ranks, 1...65536), ("rank", options.rank, 0...max(options.ranks - 1, 0)),
            ("iteration", options.iteration, 0...(1 << 30)), ("epochs", options.epochs ?? 1, 1...(.max)),
            ("orientation_run", options.orientationRun, 1...65536),
        ]
        for (key, value, range) in ranges where !range.contains(value) {
            throw SettingError("loader", key, "expected \(range.lowerBound)…\(range.upperBound), found \(value)")
        }
        state = try LoaderState(dataset, pipeline, options)
        state.startWorkers()
    }

    deinit { stop() }

    /// The next batch, in order; nil after the last epoch.
    ///
    /// - Throws: what reading or transforming one of its samples threw. The batch after it can be asked for.
    public func next() throws -> Batch? { try state.nextBatch() }

    /// Ends the threads and waits for them. `next()` returns nil from then on.
    public func stop() { state.stop() }

    public var statistics: Statistics { state.currentStatistics }
}
