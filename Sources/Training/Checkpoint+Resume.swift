import DenseKitCheckpoints
import DenseKitComponents
import DenseKitErrors
import Foundation

extension Checkpoint {
    /// A checkpoint of a run that was read and checked as a whole.
    public struct Contents {
        /// Its directory.
        public let path: String
        let state: RunState
        let weights: [String: Tensor]
        let moments: [String: Tensor]
        /// What the run was told: the names of its classes and its configuration as YAML; nil where the checkpoint does not say it.
        let classNames: [String]?
        let configuration: String?
        /// How many images it was trained on; nil where it does not say it.
        let trainingImages: Int?

        /// Reads all of it: nothing of a checkpoint that is damaged anywhere reaches a model.
        ///
        /// Throws `CheckpointError`.
        public init(_ path: String) throws {
            self.path = path
            let file = path + "/" + stateFile
            guard FileManager.default.fileExists(atPath: file) else {
                throw CheckpointError(
                    path: path, problem: "is not a checkpoint of a run: it has no \(stateFile)",
                    remedy: "Name a directory such as work_dirs/…/iter_8000; for weights alone use \(Term.initialWeights).")
            }
            state = try RunState(path: file)
            for (name, expected) in state.sizes.sorted(by: { $0.key < $1.key }) {
                let found = try size(path + "/" + name)
                guard found == expected else {
                    throw CheckpointError(
                        path: path + "/" + name, problem: "has \(found) bytes, \(expected) were written",
                        remedy: "Resume from another checkpoint.")
                }
            }
            let model = try TensorFile.load(path + "/" + modelFile)
            weights = model.tensors
            classNames = Checkpoint.classes(in: model.metadata)?.names
            configuration = model.metadata["configuration"]
            trainingImages = model.metadata["training_images"].flatMap(Int.init)
            moments = try TensorFile.load(path + "/" + optimizerFile).tensors
        }

        /// Puts `trainer` to where the run stood. Moments that its optimizer has no use for are dropped, and the log says so.
        ///
        /// Throws `LoadError` and `OptimizerStateError` where model or optimizer is another one's.
        func restore(_ trainer: Trainer) throws {
            let hooks = try trainer.hooks.compactMap { $0 as? any StatefulHook }.compactMap { hook in
                try state.hooks[hook.stateName].map { try hook.decodedState($0) }
            }
            try trainer.optimizer.load(moments)
            try trainer.model.load(weights, source: path)
            try RandomGenerator.standard.setState(
                try state.generator.withUnsafeBytes { try Tensor.from(bytes: $0, shape: [$0.count], dtype: .uint8) })
            for restore in hooks { restore() }
            try tellDroppedMoments(trainer)
            trainer.iteration = state.iteration
            trainer.best = state.best
            trainer.badLosses = state.badLosses
            trainer.saves.newest = path
        }

        /// Another optimizer keeps other moments, and parameters that are frozen now need none.
        private func tellDroppedMoments(_ trainer: Trainer) throws {
            let kept = Set(try trainer.optimizer.state().keys)
            let dropped = moments.keys.filter { !kept.contains($0) }.sorted()
            guard let first = dropped.first else { return }
            let message =
                "\(dropped.count) of the \(moments.count) tensors of the optimizer's state in \(path) are of no use to this optimizer and are "
                + "dropped, the first being \(first): it begins without their moments"
            trainer.logger.warning("\(message)")
        }
    }
}

extension Trainer {
    /// Continues the run whose checkpoint is at `path`. Throws `CheckpointError`, before anything is changed, for one that is damaged.
    public func resume(from path: String) throws { try Checkpoint.Contents(path).restore(self) }
}
