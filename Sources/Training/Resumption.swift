import DenseKitCheckpoints
import Foundation

/// The checkpoint that a run goes on from.
public struct Resumption {
    public let checkpoint: Checkpoint.Contents
    /// Newer ones that are damaged, with the reasons.
    public let refused: [CheckpointError]

    /// Puts `trainer` to where the run stood, and its figures so far into the file at `scalars`.
    ///
    /// - Parameter differences: what `differences(to:)` found, for the log
    func apply(to trainer: Trainer, scalars: String, differences: [String] = []) throws {
        for error in refused { trainer.logger.warning("not resumed: \(error)") }
        for difference in differences { trainer.logger.warning("other than when \(checkpoint.path) was saved: \(difference)") }
        try checkpoint.restore(trainer)
        let evaluation = trainer.hooks.lazy.compactMap { $0 as? EvaluationHook }.first
        let old = URL(filePath: checkpoint.path).deletingLastPathComponent().path
        try Scalars.carryOver(
            from: WorkDirectory.RunFolder(checkpoint.state.run, in: old).scalarsPath, to: scalars, iteration: trainer.iteration,
            evaluated: evaluation?.state.evaluated ?? trainer.iteration)
        trainer.logger.info("resumed from \(checkpoint.path) at iteration \(trainer.iteration)")
    }
}

extension WorkDirectory {
    /// The checkpoint that `start` names; nil for the first iteration, also where there is no checkpoint at all.
    ///
    /// - Throws: `CheckpointError` where the named one is damaged, which also names good ones beside it, and where all are.
    public func resumption(_ start: TrainingStart) throws -> Resumption? {
        switch start {
        case .firstIteration: return nil
        case .checkpoint(let path): return Resumption(checkpoint: try named(path), refused: [])
        case .newestCheckpoint: return try newest()
        }
    }

    private func newest() throws -> Resumption? {
        var refused: [CheckpointError] = []
        for found in FoundCheckpoint.all(in: path) {
            do {
                return Resumption(checkpoint: try Checkpoint.Contents(found.path), refused: refused)
            } catch let error as CheckpointError {
                refused.append(error)
            }
        }
        guard let first = refused.first else { return nil }
        throw CheckpointError(
            path: path, problem: "none of its \(refused.count) checkpoints is whole: \(first.path): \(first.problem)",
            remedy: "Restore one, or start again from the first iteration.")
    }

    private func named(_ checkpoint: String) throws -> Checkpoint.Contents {
        do {
            return try Checkpoint.Contents(checkpoint)
        } catch let error as CheckpointError {
            let beside = FoundCheckpoint.all(in: URL(filePath: checkpoint).deletingLastPathComponent().path)
            let good = beside.map(\.path).filter { (try? Checkpoint.Contents($0)) != nil }
            guard !good.isEmpty else { throw error }
            throw CheckpointError(
                path: error.path, problem: error.problem, remedy: "Good ones are: \(good.joined(separator: ", ")).")
        }
    }
}

/// A checkpoint's directory in a work directory, of which only the state was read.
struct FoundCheckpoint {
    let path: String
    /// Nil where it cannot be read.
    let state: RunState?

    var name: String { URL(filePath: path).lastPathComponent }
    var isPeriodic: Bool { name.hasPrefix("iter_") }

    /// Those in `directory`, in the order in which they should be tried: first those that do not say when they were written; then the newest run's,
    /// the periodic ones before the best one, newer ones before older ones.
    static func all(in directory: String) -> [FoundCheckpoint] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let found = names.filter { $0.hasPrefix("iter_") || $0.hasPrefix("best_") }.map { name in
            let path = "\(directory)/\(name)"
            return FoundCheckpoint(path: path, state: try? RunState(path: path + "/" + Checkpoint.stateFile))
        }
        let newest = Dictionary(found.compactMap(\.state).map { ($0.run, $0.serial) }) { max($0, $1) }
        func order(_ found: FoundCheckpoint) -> (Int, Int, Int, String) {
            guard let state = found.state else { return (.max, 0, 0, found.name) }
            return (newest[state.run] ?? 0, found.isPeriodic ? 1 : 0, state.serial, found.name)
        }
        return found.sorted { order($0) > order($1) }
    }
}
