import DenseKitCheckpoints
import DenseKitDistributed
import DenseKitErrors
import Foundation

/// The checkpoints of one run in its work directory: writes them, keeps the newest few and the
/// best, and survives what cannot be written. The first process writes; the others make the same
/// calls, wait, and know what became of it.
final class CheckpointStore {
    private let work: WorkDirectory
    private let run: String
    private let info: Checkpoint.ModelInfo
    /// The number of the last checkpoint that was written here.
    private var serial: Int
    /// The iteration of the newest periodic checkpoint here, and the best score that it knows of.
    private var periodic: (iteration: Int, best: BestScore?)?
    /// Checkpoints of multiples of it stay; nil where none has to.
    var keepInterval: Int?

    /// - Parameters:
    ///   - run: the name of the run's folder
    ///   - resumed: the checkpoint that the run resumes from
    init(
        _ work: WorkDirectory, run: String, info: Checkpoint.ModelInfo,
        resumed: Checkpoint.Contents? = nil
    ) {
        self.work = work
        self.run = run
        self.info = info
        serial = FoundCheckpoint.all(in: work.path).compactMap(\.state?.serial).max() ?? 0
        if let resumed, work.holds(resumed.path),
            URL(filePath: resumed.path).lastPathComponent == name(resumed.state.iteration)
        {
            periodic = (resumed.state.iteration, resumed.state.best)
        }
    }

    /// Whether the newest periodic checkpoint is of `iteration`.
    func hasSaved(_ iteration: Int) -> Bool { periodic?.iteration == iteration }

    /// Saves the run's state.
    ///
    /// Throws `TrainingError.notFinite`; failures to write are reported and counted.
    func savePeriodic(_ trainer: Trainer) throws {
        let path = "\(work.path)/\(name(trainer.iteration))"
        let isSaved = try attempt(trainer, path) { try save(trainer, path) }
        if isSaved {
            periodic = (trainer.iteration, trainer.best)
            trainer.saves.newest = path
            prune(trainer)
        }
        try writePointer(trainer)
    }

    /// Makes `last_checkpoint` name the checkpoint of this iteration, if there is one; a run that
    /// was killed may have saved it and not come to this.
    func writePointer(_ trainer: Trainer) throws {
        guard hasSaved(trainer.iteration) else { return }
        let pointer = work.path + "/last_checkpoint"
        let path = "\(work.path)/\(name(trainer.iteration))"
        try attempt(trainer, pointer) {
            try AtomicFile.write(Data((path + "\n").utf8), to: pointer)
        }
    }

    /// Makes `best` the best score, and saves its checkpoint.
    ///
    /// Throws `TrainingError.notFinite`; failures to write are reported and counted, and leave the
    /// old best score.
    func saveBest(_ best: BestScore, _ trainer: Trainer) throws {
        let old = trainer.best
        let path = work.bestPath(best)
        trainer.best = best
        guard try attempt(trainer, path, { try save(trainer, path) }) else {
            trainer.best = old
            return
        }
        trainer.saves.newest = path
        prune(trainer)
    }

    /// Adds to the checkpoint of this iteration, if there is one, what came after it was saved.
    func updateState(_ trainer: Trainer) throws {
        guard hasSaved(trainer.iteration) else { return }
        let path = "\(work.path)/\(name(trainer.iteration))"
        let isSaved = try attempt(trainer, path) {
            try Checkpoint.saveState(trainer, run: run, serial: serial + 1, in: path)
            serial += 1
        }
        guard isSaved else { return }
        periodic?.best = trainer.best
        prune(trainer)
    }

    private func name(_ iteration: Int) -> String { "iter_\(iteration)" }

    private func save(_ trainer: Trainer, _ path: String) throws {
        try Checkpoint.save(trainer, info, run: run, serial: serial + 1, to: path)
        serial += 1
        trainer.logger.info("saved \(path)")
    }

    /// Runs `body` on the first process, and tells the others what became of it.
    ///
    /// - Returns: whether it succeeded; on all processes the same
    @discardableResult
    private func attempt(_ trainer: Trainer, _ path: String, _ body: () throws -> Void) throws
        -> Bool
    {
        let outcome = try outcome(waitsAlone ? .alone : trainer.processes, body)
        switch outcome {
        case .saved: return true
        case .notFinite(let tensor):
            throw TrainingError.notFinite(tensor: tensor, newest: trainer.saves.newest)
        case .failed(let problem):
            trainer.saves.failed += 1
            trainer.logger.error(
                "\(path) was not saved: \(problem) The newest good checkpoint is \(trainer.saves.newest ?? "none")"
            )
            return false
        }
    }

    /// What became of a write.
    private enum Outcome: Codable {
        case saved
        case notFinite(tensor: String)
        case failed(String)
    }

    private func outcome(_ processes: Processes, _ body: () throws -> Void) throws -> Outcome {
        var outcome = Outcome.saved
        if processes.isFirst {
            do {
                try body()
            } catch let error as Checkpoint.NotFinite {
                outcome = .notFinite(tensor: error.tensor)
            } catch {
                outcome = .failed("\(error)")
            }
        }
        guard processes.count > 1 else { return outcome }
        let text = try processes.ofFirst(
            String(decoding: JSONEncoder().encode(outcome), as: UTF8.self))
        return try JSONDecoder().decode(Outcome.self, from: Data(text.utf8))
    }

    /// Whether the first process saves without the others: after a failure they may be gone.
    var waitsAlone = false

    /// Deletes what this run no longer needs, once something newer is safe: the oldest periodic
    /// checkpoints; best ones that neither the run nor its newest periodic checkpoint, from which
    /// it may have to resume, knows of.
    private func prune(_ trainer: Trainer) {
        guard trainer.processes.isFirst else { return }
        let own = FoundCheckpoint.all(in: work.path).filter { $0.state?.run == run }
        let periodic = own.filter(\.isPeriodic)
        let wanted = [trainer.best, self.periodic?.best].compactMap { $0 }.map { work.bestPath($0) }
        let best = own.filter { !$0.isPeriodic && !wanted.contains($0.path) }
        let surplus = periodic.dropFirst(max(1, trainer.settings.keepCheckpoints)).filter {
            !isKept($0)
        }
        let old = surplus + best
        for found in old where found.path != trainer.saves.newest {
            AtomicFile.removeDirectory(found.path)
        }
    }

    private func isKept(_ found: FoundCheckpoint) -> Bool {
        guard let keepInterval, let iteration = found.state?.iteration else { return false }
        return iteration.isMultiple(of: keepInterval)
    }
}
