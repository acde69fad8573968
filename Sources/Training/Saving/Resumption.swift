import DenseKitCheckpoints
import DenseKitComponents
import DenseKitData
import DenseKitDistributed
import DenseKitErrors
import Foundation

/// A checkpoint from which a run is resumed.
public struct Resumption {
    /// The checkpoint to resume.
    public let checkpoint: Checkpoint.Contents
    /// The errors of newer checkpoints, which are damaged.
    public let refused: [CheckpointError]

    /// Puts `trainer` into the run's state, and its metrics so far into the file at `scalars`.
    ///
    /// - Parameter differences: what `differences(to:)` found, for the log
    func apply(to trainer: Trainer, scalars: String, differences: [String] = []) throws {
        for error in refused { trainer.logger.warning("not resumed: \(error)") }
        for difference in differences {
            trainer.logger.warning("other than when \(checkpoint.path) was saved: \(difference)")
        }
        try checkpoint.restore(trainer)
        trainer.logger.info("resumed from \(checkpoint.path) at iteration \(trainer.iteration)")
        guard trainer.processes.isFirst else { return }
        let evaluation = trainer.hooks.lazy.compactMap { $0 as? EvaluationHook }.first
        let old = URL(filePath: checkpoint.path).deletingLastPathComponent().path
        try Scalars.carryOver(
            from: WorkDirectory.RunFolder(checkpoint.state.run, in: old).scalarsPath, to: scalars,
            iteration: trainer.iteration,
            evaluated: evaluation?.state.evaluated ?? trainer.iteration)
    }
}

extension WorkDirectory {
    /// The checkpoint that `start` names; nil for the first iteration, and for the newest
    /// checkpoint where there is none. All processes read the one that process 0 has chosen.
    ///
    /// - Throws: `CheckpointError` where the named one is damaged, with intact ones beside it as
    ///   the remedy, and where all are damaged.
    public func resumption(_ start: TrainingStart) throws -> Resumption? {
        let found = try processes.onFirst { try ownResumption(start) }
        let path = try processes.ofFirst(found??.checkpoint.path ?? "")
        if let found { return found }
        return path.isEmpty
            ? nil : Resumption(checkpoint: try Checkpoint.Contents(path), refused: [])
    }

    private func ownResumption(_ start: TrainingStart) throws -> Resumption? {
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
            path: path,
            problem:
                "none of its \(refused.count) checkpoints is whole: \(first.path): \(first.problem)",
            remedy: "Restore one, or start again without \(Term.resume).")
    }

    private func named(_ checkpoint: String) throws -> Checkpoint.Contents {
        do {
            return try Checkpoint.Contents(checkpoint)
        } catch let error as CheckpointError {
            let beside = FoundCheckpoint.all(
                in: URL(filePath: checkpoint).deletingLastPathComponent().path)
            let good = beside.map(\.path).filter { (try? Checkpoint.Contents($0)) != nil }
            guard !good.isEmpty else { throw error }
            throw CheckpointError(
                path: error.path, problem: error.problem,
                remedy: "Good ones are: \(good.joined(separator: ", ")).")
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

    /// Those in `directory`, in the order in which they should be tried: first those that do not
    /// record when they were written; then the newest run's, the periodic ones before the best one,
    /// newer ones before older ones.
    static func all(in directory: String) -> [FoundCheckpoint] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let found = names.filter { $0.hasPrefix("iter_") || $0.hasPrefix("best_") }.map { name in
            let path = "\(directory)/\(name)"
            return FoundCheckpoint(
                path: path, state: try? RunState(path: path + "/" + Checkpoint.stateFile))
        }
        let newest = Dictionary(found.compactMap(\.state).map { ($0.run, $0.serial) }) {
            max($0, $1)
        }
        func order(_ found: FoundCheckpoint) -> (Int, Int, Int, String) {
            guard let state = found.state else { return (.max, 0, 0, found.name) }
            return (newest[state.run] ?? 0, found.isPeriodic ? 1 : 0, state.serial, found.name)
        }
        return found.sorted { order($0) > order($1) }
    }
}

extension Resumption {
    /// Settings of where files are, or what is logged and saved and when: another value changes
    /// nothing that is trained or measured.
    private static let indifferent: Set<String> = [
        "work_dir", "plugins", "data.workers", "train.log_interval", "train.eval_interval",
        "train.checkpoint_interval",
        "train.keep_checkpoints", "train.max_bad_losses",
    ]

    /// Refuses a checkpoint whose classes are others: its classifier would be trained on other
    /// classes under their numbers.
    ///
    /// Throws `CheckpointError`. A checkpoint that does not record its classes is accepted.
    func check(classes names: [String]) throws {
        guard let trained = checkpoint.classNames, trained != names else { return }
        var differences = zip(trained, names).enumerated().filter { $1.0 != $1.1 }.prefix(3).map {
            index, pair in
            "class \(index) is '\(pair.0)' in the checkpoint and '\(pair.1)' in data.train"
        }
        if trained.count != names.count {
            differences.append(
                "the checkpoint has \(trained.count) classes and data.train \(names.count)")
        }
        throw CheckpointError(
            path: checkpoint.path,
            problem: "was trained for other classes: \(differences.joined(separator: "; "))",
            remedy:
                "Resume with the classes of the checkpoint, in its order, or begin a new run from its weights with \(Term.initialWeights)."
        )
    }

    /// How the configuration of `experiment` differs from that of the checkpoint, a sentence each:
    /// `optimizer.lr: 0.001 → 0.0005`.
    ///
    /// A checkpoint that does not record its configuration has no differences.
    ///
    /// - Parameter images: how many the training data has now
    func differences(to experiment: Experiment, images: Int) -> [String] {
        var counts: [String] = []
        if let before = checkpoint.trainingImages, before != images {
            counts = [
                "data.train has other images: \(before) → \(images), so the order of every epoch is another"
            ]
        }
        guard let text = checkpoint.configuration else { return counts }
        do {
            let old = try experiment.registry.settled(
                YAMLNode.parse(text, file: checkpoint.path, environment: [:])
                    .withCurrentNames(of: checkpoint.path))
            let new = try experiment.registry.settled(experiment.node)
            return counts
                + new.differences(from: old).filter { !Self.indifferent.contains($0.path) }.map(
                    \.description)
        } catch {
            return counts + [
                "the configuration in the checkpoint cannot be compared with this one: \(error)"
            ]
        }
    }
}

extension Registry {
    /// The experiment that a configuration's text defines, with every default, and without the
    /// weights that training began with.
    fileprivate func settled(_ node: YAMLNode) throws -> YAMLNode {
        func withoutWeights(_ node: YAMLNode) -> YAMLNode {
            if let nodes = node.sequence {
                return YAMLNode(.sequence(nodes.map(withoutWeights)), at: node.location)
            }
            guard var mapping = node.mapping else { return node }
            mapping.remove("weights")
            return YAMLNode(.mapping(mapping), at: node.location)
        }
        var configuration =
            try YAMLNode(encoding: node.decode(ExperimentConfiguration.self)).mapping
            ?? YAMLNode.Mapping()
        var model = configuration["model"]?.mapping ?? YAMLNode.Mapping()
        model.remove("weights")
        for part in ["backbone", "prompter", "neck", "head", "auxiliary_heads"] {
            if let value = model[part], !value.isNull { model.set(part, to: withoutWeights(value)) }
        }
        configuration.set("model", to: YAMLNode(.mapping(model)))
        configuration.remove("plugins")
        return withDefaults(YAMLNode(.mapping(configuration)))
    }
}
