import DenseKitConfiguration
import DenseKitExperiments
import DenseKitNN

/// Where training begins.
public enum TrainingStart: Sendable, Equatable {
    /// At the first iteration, with the weights that the configuration names.
    case firstIteration
    /// Where the checkpoint at this path was saved.
    case checkpoint(String)
    /// Where the newest good checkpoint of the work directory was saved; at the first iteration where there is none.
    case newestCheckpoint
}

/// What training reached.
public struct TrainingResult: Sendable {
    /// The folder with log, configuration and checkpoints.
    public let workDirectory: String
    /// Iterations done.
    public let iterations: Int
    /// The best validation; nil where nothing was validated.
    public let best: BestScore?
    /// The checkpoint of the best validation.
    public let bestCheckpoint: String?
    /// The newest checkpoint.
    public let lastCheckpoint: String?
}

extension Experiment {
    /// Trains to the end: weights, log, checkpoints, validation. SIGINT and SIGTERM end it at the next iteration, saved.
    ///
    ///     let experiment = try Experiment("street.yaml", overrides: ["train.batch=8"])
    ///     let result = try experiment.train()
    ///
    /// - Parameters:
    ///   - workDirectory: where results go; `work_dir` of the configuration, else `work_dirs/<name of the configuration>`, if left out
    ///   - start: the first iteration, or a checkpoint to resume from
    ///   - hooks: what happens around the loop besides logging, checkpoints, validation and the hooks of the configuration
    /// - Returns: the best validation, and where its checkpoint is
    /// - Throws: `Interrupted` after a signal, `TrainingError` where training cannot go on, `CheckpointError` for a work directory that cannot
    ///   be used, and what data set, model and hooks throw. What was reached is saved.
    @discardableResult
    public func train(
        in workDirectory: String? = nil, from start: TrainingStart = .firstIteration, hooks: [any Hook] = []
    ) throws -> TrainingResult {
        Interruption.watch()
        try Engine.setUp()
        let dataset = try trainDataset()
        let work = try WorkDirectory(
            WorkDirectory.choose(option: workDirectory, configuration: configuration.workDir, name: name))
        let trainer = try trainer(in: work, dataset: dataset, resuming: try work.resumption(start), hooks: hooks)
        try trainer.run()
        return TrainingResult(
            workDirectory: work.path, iterations: trainer.iteration, best: trainer.best,
            bestCheckpoint: trainer.best.map { work.bestPath($0) }, lastCheckpoint: trainer.saves.newest)
    }
}
