import Checkpoints
import Foundation

/// Saves the run now and then and at the end, keeps the newest few, and writes `last_checkpoint`.
public final class CheckpointHook: Hook {
    private let directory: String
    private let info: Checkpoint.ModelInfo
    private var saved = 0

    public init(directory: String, info: Checkpoint.ModelInfo) {
        self.directory = directory
        self.info = info
    }

    public func beforeTraining(_ trainer: Trainer) { saved = trainer.iteration }

    public func afterIteration(_ trainer: Trainer) throws {
        let interval = max(1, trainer.settings.checkpointInterval)
        guard trainer.iteration.isMultiple(of: interval) || trainer.iteration == trainer.settings.iterations else { return }
        try save(trainer)
    }

    /// Nothing that was learnt is lost because of one bad image.
    public func afterFailure(_ trainer: Trainer) {
        guard trainer.iteration > saved else { return }
        do {
            try save(trainer)
            trainer.logger.warning("training stopped; go on with --resume auto once the cause is mended")
        } catch {
            trainer.logger.error("training stopped, and what was reached cannot be saved: \(error)")
        }
    }

    private func save(_ trainer: Trainer) throws {
        let path = "\(directory)/iter_\(trainer.iteration)"
        try Checkpoint.save(trainer, info, to: path)
        try AtomicFile.write(Data((path + "\n").utf8), to: directory + "/last_checkpoint")
        saved = trainer.iteration
        trainer.logger.info("saved \(path)")
        // Only once the new one is safe.
        let keep = max(1, trainer.settings.keepCheckpoints)
        for old in Self.iterations(in: directory).dropLast(keep) {
            try? FileManager.default.removeItem(atPath: "\(directory)/iter_\(old)")
        }
    }

    /// The iterations of the periodic checkpoints in `directory`, ascending.
    static func iterations(in directory: String) -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.compactMap { $0.hasPrefix("iter_") ? Int($0.dropFirst(5)) : nil }.sorted()
    }

    /// The newest periodic checkpoint in `directory`.
    public static func latest(in directory: String) -> String? {
        iterations(in: directory).last.map { "\(directory)/iter_\($0)" }
    }
}
