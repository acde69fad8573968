import DenseKitCheckpoints
import DenseKitComponents
import DenseKitData
import DenseKitErrors

extension Resumption {
    /// Settings that say where files are, or what is told and saved and when: another value changes nothing that is learned or measured.
    private static let indifferent: Set<String> = [
        "work_dir", "plugins", "data.workers", "train.log_interval", "train.eval_interval", "train.checkpoint_interval",
        "train.keep_checkpoints", "train.max_bad_losses",
    ]

    /// Refuses a checkpoint whose classes are others: its classifier would learn other classes under their numbers.
    ///
    /// Throws `CheckpointError`. A checkpoint that does not say its classes is taken.
    func check(classes names: [String]) throws {
        guard let trained = checkpoint.classNames, trained != names else { return }
        var differences = zip(trained, names).enumerated().filter { $1.0 != $1.1 }.prefix(3).map { index, pair in
            "class \(index) is '\(pair.0)' in the checkpoint and '\(pair.1)' in data.train"
        }
        if trained.count != names.count {
            differences.append("the checkpoint has \(trained.count) classes and data.train \(names.count)")
        }
        throw CheckpointError(
            path: checkpoint.path, problem: "was trained for other classes: \(differences.joined(separator: "; "))",
            remedy:
                "Resume with the classes of the checkpoint, in its order, or begin a new run from its weights with \(Term.initialWeights)."
        )
    }

    /// How the configuration of `experiment` differs from that of the checkpoint, a sentence each: `optimizer.lr: 0.001 → 0.0005`.
    ///
    /// A checkpoint that does not say its configuration differs in nothing.
    ///
    /// - Parameter images: how many the training data has now
    func differences(to experiment: Experiment, images: Int) -> [String] {
        var counts: [String] = []
        if let before = checkpoint.trainingImages, before != images {
            counts = ["data.train has other images: \(before) → \(images), so the order of every epoch is another"]
        }
        guard let text = checkpoint.configuration else { return counts }
        do {
            let old = try experiment.registry.settled(try YAMLNode.parse(text, file: checkpoint.path, environment: [:]))
            let new = try experiment.registry.settled(experiment.node)
            return counts + new.differences(from: old).filter { !Self.indifferent.contains($0.path) }.map(\.description)
        } catch {
            return counts + ["the configuration in the checkpoint cannot be compared with this one: \(error)"]
        }
    }
}

extension Registry {
    /// The experiment that a configuration's text says, with every default, and without the weights that training began with.
    fileprivate func settled(_ node: YAMLNode) throws -> YAMLNode {
        func withoutWeights(_ node: YAMLNode) -> YAMLNode {
            if let nodes = node.sequence { return YAMLNode(.sequence(nodes.map(withoutWeights)), at: node.location) }
            guard var mapping = node.mapping else { return node }
            mapping.remove("weights")
            return YAMLNode(.mapping(mapping), at: node.location)
        }
        var configuration = try YAMLNode(encoding: node.decode(ExperimentConfiguration.self)).mapping ?? YAMLNode.Mapping()
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
