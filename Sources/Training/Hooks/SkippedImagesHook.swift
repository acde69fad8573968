import DenseKitComponents
import DenseKitData

/// Logs the training images that `data.bad_image: skip` leaves out, counts them, and stops training
/// where there are too many. Every run with that setting has one.
public final class SkippedImagesHook: StatefulHook {
    /// No settings: what may be skipped is said in `data`.
    public struct Configuration: YAMLConfiguration {
        public init() {}
    }

    /// Counts of the images read and skipped so far.
    public struct State: Codable, Sendable {
        /// Images that training was given, through all passes.
        var given = 0
        /// How often another image went in the place of one that cannot be read.
        var replaced = 0
        /// Which these are, by their places in the data set: each is named once.
        var images: Set<Int> = []
    }

    /// `skipped_images`.
    public let stateName = "skipped_images"
    /// The counts so far, which checkpoints keep.
    public var state = State()
    private var limit = SkipLimit(share: 0, images: 0)
    /// Nil until the hook belongs to a run.
    private var log: LogHook?

    /// A hook for the trainer of an experiment.
    public init(_ configuration: Configuration = Configuration()) {}

    /// Makes it the hook of a run.
    func connect(_ limit: SkipLimit, log: LogHook) {
        self.limit = limit
        self.log = log
    }

    /// - Throws: `TrainingError.hookWithoutRun`.
    public func beforeTraining(_ trainer: Trainer) throws {
        if log == nil { throw TrainingError.hookWithoutRun("SkippedImagesHook") }
    }

    /// Logs each skipped image once.
    /// - Throws: `TrainingError.badImages` where more are skipped than `data.max_bad_share` allows.
    public func afterIteration(_ trainer: Trainer) throws {
        state.given += trainer.last.names.count
        state.replaced += trainer.last.skipped.count
        var last = ""
        for skipped in trainer.last.skipped where state.images.insert(skipped.index).inserted {
            last = skipped.reason
            trainer.logger.warning("skipped, as another image takes its place: \(skipped.reason)")
        }
        guard !last.isEmpty, state.images.count > limit.allowed(imagesRead: seen) else { return }
        throw TrainingError.badImages(
            state.images.count, of: limit.images, share: limit.share, last: last)
    }

    /// Logs how many images were skipped, and writes the counts to `scalars.json`.
    public func afterTraining(_ trainer: Trainer) {
        tell(trainer)
        log?.writeScalars(scalars + [("step", Double(trainer.iteration))], trainer.logger)
    }

    /// Logs how many images were skipped.
    public func afterFailure(_ trainer: Trainer, _ error: any Error) { tell(trainer) }

    /// Different images that were requested.
    private var seen: Int { min(state.given, limit.images) }

    /// Reports how many were skipped so far, none too.
    func tell(_ trainer: Trainer) {
        let count = state.images.count
        let text =
            "\(count) of \(limit.images) training images skipped so far (data.bad_image: skip), \(state.replaced) times in all"
        if count > 0 { trainer.logger.warning("\(text)") } else { trainer.logger.info("\(text)") }
    }

    /// For the lines of `scalars.json`.
    var scalars: [(String, Double)] {
        [("skipped_images", Double(state.images.count)), ("skipped_times", Double(state.replaced))]
    }
}
