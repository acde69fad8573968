import DenseKitConfiguration
import DenseKitDistributed
import DenseKitExperiments
import DenseKitNN

/// Where training starts: at the first iteration, or from a checkpoint.
public enum TrainingStart: Sendable, Equatable {
    /// The first iteration, with the weights that the configuration names.
    case firstIteration
    /// The iteration of the checkpoint at this path.
    case checkpoint(String)
    /// The iteration of the newest intact checkpoint in the work directory; the first iteration
    /// where there is none.
    case newestCheckpoint
}

/// The result of a training run.
public struct TrainingResult: Sendable {
    /// The folder with log, configuration and checkpoints.
    public let workDirectory: String
    /// The number of iterations done.
    public let iterations: Int
    /// The best validation; nil where nothing was validated.
    public let best: BestScore?
    /// The path of the checkpoint with the best validation; nil where nothing was validated.
    public let bestCheckpoint: String?
    /// The path of the newest checkpoint; nil where none was saved.
    public let lastCheckpoint: String?
}

extension Experiment {
    /// Trains to the end: weights, log, checkpoints, validation. SIGINT and SIGTERM stop it after
    /// the current iteration, which is saved.
    ///
    ///     let experiment = try Experiment("street.yaml", overrides: ["train.batch=8"])
    ///     let result = try experiment.train()
    ///
    /// - Parameters:
    ///   - workDirectory: where results are written; if nil, `work_dir` of the configuration, else
    ///     `work_dirs/<name of the configuration>`
    ///   - start: the first iteration, or a checkpoint to resume
    ///   - hooks: hooks besides logging, checkpoints, validation and those of the configuration
    ///   - processes: those that train together, each of which makes this call; nil for those that
    ///     this one was started with (`Processes.join`)
    /// - Returns: the best validation, and the paths of the checkpoints
    /// - Throws: `Interrupted` after a signal, `TrainingError` where training cannot continue,
    ///   `CheckpointError` for a work directory that cannot be used, and what data set, model and
    ///   hooks throw. The iterations done are saved first.
    @discardableResult
    public func train(
        in workDirectory: String? = nil, from start: TrainingStart = .firstIteration,
        hooks: [any Hook] = [], with processes: Processes? = nil
    ) throws -> TrainingResult {
        try Interruption.watching {
            try Engine.setUp()
            let processes = try processes ?? Processes.join(device: device)
            try processes.check(device)
            try Agreement.checkConfiguration(self, of: processes)
            let dataset = try trainDataset()
            try Agreement.checkData(dataset, of: processes)
            let path = WorkDirectory.choose(
                option: workDirectory, configuration: configuration.workDir, name: name)
            let work = try WorkDirectory(path, of: processes)
            let trainer = try trainer(
                in: work, dataset: dataset, resuming: work.resumption(start), hooks: hooks)
            try trainer.run()
            return TrainingResult(
                workDirectory: work.path, iterations: trainer.iteration, best: trainer.best,
                bestCheckpoint: trainer.best.map { work.bestPath($0) },
                lastCheckpoint: trainer.saves.newest)
        }
    }
}
