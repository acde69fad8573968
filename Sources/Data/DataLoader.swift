import DenseKitConfiguration
import DenseKitVision
import Foundation

/// Reads and transforms samples on its own threads and delivers them in batches, in an order that
/// does not depend on the threads.
///
/// The samples form one endless stream: position p is in epoch p / length, at place p % length of
/// that epoch's order. The length is the number of samples, rounded up where orientations are
/// batched separately. Batch i of rank r holds the `batch` positions from (i · ranks + r) · batch,
/// so resuming after any iteration costs nothing.
///
/// Only one thread at a time may call `next()`. The threads end when the loader is released, or
/// with `stop()`.
public final class DataLoader: Sendable {
    /// How samples are taken from the data set.
    public struct Options: Sendable {
        /// Samples per batch on this rank, 1…65536.
        public var batch = 1
        /// Threads that read and transform, 1…1024.
        public var workers = 2
        /// Batches that are prepared ahead of the consumer, 1…65536.
        public var prefetch = 2
        /// The seed of the order of epochs and of the transforms' random numbers.
        public var seed: UInt64 = 0
        /// Whether each epoch is shuffled; otherwise samples come in the data set's order.
        public var shuffles = true
        /// The index of the first batch to deliver, from 0: where a run resumes.
        public var iteration = 0
        /// The number of epochs, at least 1; nil for no end. The last batch may be short.
        public var epochs: Int?
        /// The index of this process among `ranks`, from 0.
        public var rank = 0
        /// The number of processes that share the data set, at least 1.
        public var ranks = 1
        /// What becomes of a sample that cannot be read.
        public var badImage = BadImage.error
        /// Whether labels stay as the data set has them, without the transforms, as for
        /// evaluation.
        public var keepsOriginalLabels = false
        /// How many samples in a row have the same orientation (landscape or portrait) when samples
        /// are shuffled, so that a batch needs little padding; 1 for no grouping.
        public var aspectRatioGrouping = 1

        /// Batches of one sample, shuffled, on one rank, without end.
        public init() {}
    }

    /// What becomes of a sample that cannot be read.
    public enum BadImage: String, Codable, Sendable, CaseIterable {
        /// `next()` throws when its batch is due.
        case error
        /// The next readable sample of the data set takes its place if one of its files is damaged,
        /// missing or of an unsupported format, and the batch lists it in `skipped`. Labels that
        /// contradict the data set are still thrown.
        case skip
    }

    /// Counts of what was read so far.
    public struct Statistics: Sendable {
        /// Samples delivered to batches.
        public internal(set) var samples = 0
        /// The number of samples with each trait.
        public internal(set) var traits: [ImageTraits: Int] = [:]
        /// The number of samples that were replaced because they cannot be read.
        public internal(set) var skipped = 0
    }

    /// As many samples in a row may be unreadable; more are no damage to files, but a disk that is
    /// gone.
    static let maximumSkipsInARow = 100

    private let state: LoaderState

    /// Starts the threads, which read ahead of the first `next()`.
    ///
    /// - Throws: `DataError` for an empty data set, `SettingError` for options out of range.
    public init(_ dataset: any Dataset, _ pipeline: any Transform, _ options: Options) throws {
        guard dataset.count > 0 else { throw DataError("data set", "has no samples") }
        // The limits keep positions within 64 bits.
        let ranges: [(key: String, value: Int, range: ClosedRange<Int>)] = [
            ("batch", options.batch, 1...65536), ("workers", options.workers, 1...1024),
            ("prefetch", options.prefetch, 1...65536),
            ("ranks", options.ranks, 1...65536),
            ("rank", options.rank, 0...max(options.ranks - 1, 0)),
            ("iteration", options.iteration, 0...(1 << 30)),
            ("epochs", options.epochs ?? 1, 1...(.max)),
            ("aspect_ratio_grouping", options.aspectRatioGrouping, 1...65536),
        ]
        for (key, value, range) in ranges where !range.contains(value) {
            throw SettingError(
                "loader", key, "expected \(range.lowerBound)…\(range.upperBound), found \(value)")
        }
        state = try LoaderState(dataset, pipeline, options)
        state.startWorkers()
    }

    deinit { stop() }

    /// The next batch, in order; nil after the last epoch.
    ///
    /// - Throws: the error of reading or transforming a sample of this batch; the batch after it
    ///   can still be read.
    public func next() throws -> Batch? { try state.nextBatch() }

    /// Ends the threads and waits for them. `next()` returns nil from then on.
    public func stop() { state.stop() }

    /// Counts of what was delivered so far.
    public var statistics: Statistics { state.currentStatistics }
}
