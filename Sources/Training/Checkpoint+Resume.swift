import Checkpoints
import Components
import Foundation

extension Checkpoint {
    /// A checkpoint of a run that was read and checked as a whole.
    public struct Contents {
        /// Its directory.
        public let path: String
        let state: RunState
        let weights: [String: Tensor]
        let moments: [String: Tensor]

        /// Reads all of it: nothing of a checkpoint that is damaged anywhere reaches a model.
        ///
        /// Throws `CheckpointError`.
        public init(_ path: String) throws {
            self.path = path
            let file = path + "/" + stateFile
            guard FileManager.default.fileExists(atPath: file) else {
                throw CheckpointError(
                    path: path, problem: "is not a checkpoint of a run: it has no \(stateFile)",
                    remedy: "Name a directory such as work_dirs/…/iter_8000; for weights alone use --init-from.")
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
            weights = try TensorFile.load(path + "/" + modelFile).tensors
            moments = try TensorFile.load(path + "/" + optimizerFile).tensors
        }

        /// Puts `trainer` to where the run stood.
        ///
        /// Throws `LoadError` and `OptimizerStateError` where model or optimizer is another one's.
        func restore(_ trainer: Trainer) throws {
            let hooks = try trainer.hooks.compactMap { $0 as? any StatefulHook }.compactMap { hook in
                try state.hooks[hook.stateName].map { try hook.decodedState($0) }
            }
            try trainer.optimizer.load(moments)
            try trainer.model.load(weights, source: path)
            try Generator.standard.setState(
                try state.generator.withUnsafeBytes { try Tensor.from(bytes: $0, shape: [$0.count], dtype: .uint8) })
            for restore in hooks { restore() }
            trainer.iteration = state.iteration
            trainer.best = state.best
            trainer.badLosses = state.badLosses
            trainer.saves.newest = path
        }
    }
}

extension Trainer {
    /// Continues the run whose checkpoint is at `path`. Throws `CheckpointError`, before anything is changed, for one that is damaged.
    public func resume(from path: String) throws { try Checkpoint.Contents(path).restore(self) }
}
