import DenseKitCheckpoints
import DenseKitComponents
import DenseKitData
import DenseKitErrors
import DenseKitVision
import Foundation

extension Checkpoint {
    static let modelFile = WeightsFile.nameInCheckpoint
    static let optimizerFile = "optimizer.safetensors"
    static let stateFile = "state.json"

    /// A weight that is infinite or not a number.
    struct NotFinite: DenseKitError {
        let tensor: String
        var place: String? { tensor }
        var problem: String { "holds values that are infinite or not a number" }
        var origin: ErrorOrigin { .input }
    }

    /// Writes everything to a hidden directory beside `path`, synced, which then takes its place.
    ///
    /// Throws `NotFinite` before anything is written, and `CheckpointError`; what was at `path`
    /// before is still there then.
    static func save(
        _ trainer: Trainer, _ info: ModelInfo, run: String, serial: Int, to path: String
    ) throws {
        let weights = try trainer.model.namedTensors().map { ($0.name, $0.tensor) }
        if let name = try firstNotFinite(weights) { throw NotFinite(tensor: name) }
        let moments = try trainer.optimizer.state().sorted { $0.key < $1.key }.map {
            ($0.key, $0.value)
        }
        try AtomicFile.writeDirectory(path) { temporary in
            try TensorFile.save(weights, metadata: info.metadata, to: temporary + "/" + modelFile)
            try TensorFile.save(moments, to: temporary + "/" + optimizerFile)
            try saveState(trainer, run: run, serial: serial, in: temporary)
        }
    }

    /// Writes `state.json` into `directory`, whose other files are of the same iteration.
    static func saveState(_ trainer: Trainer, run: String, serial: Int, in directory: String) throws
    {
        let hooks = trainer.hooks.compactMap { $0 as? any StatefulHook }
        let random = try RandomState(of: trainer.device)
        let state = try RunState(
            iteration: trainer.iteration, best: trainer.best, badLosses: trainer.badLosses,
            scaler: trainer.scaler, run: run, serial: serial,
            generator: Data(random.cpu.bytes()),
            gpuGenerator: random.gpu.map { Data(try $0.bytes()) },
            sizes: Dictionary(
                uniqueKeysWithValues: [modelFile, optimizerFile].map {
                    ($0, try size(directory + "/" + $0))
                }),
            hooks: Dictionary(
                uniqueKeysWithValues: hooks.map { ($0.stateName, try $0.encodedState()) }),
            isStopped: trainer.isStopped)
        try AtomicFile.write(state.encoded(), to: directory + "/" + stateFile)
    }

    /// The size of the file at `path` in bytes.
    static func size(_ path: String) throws(CheckpointError) -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw CheckpointError(
                path: path, problem: "cannot be examined (\(String(cString: strerror(errno))))")
        }
        return Int(status.st_size)
    }

    /// The first of `tensors` with an element that is infinite or not a number.
    private static func firstNotFinite(_ tensors: [(name: String, tensor: Tensor)]) throws
        -> String?
    {
        try withoutGrad {
            let numbers = tensors.filter { $0.tensor.dtype.isFloatingPoint }
            // One pass; a length that overflows with finite elements is looked at again.
            let lengths = try Foreach.norm(numbers.map(\.tensor))
            return try zip(numbers, lengths).first { number, length in
                try !length.item().isFinite && !number.tensor.isFinite()
            }?.0.name
        }
    }
}

extension Checkpoint {
    /// A checkpoint of a run, read and checked as a whole.
    public struct Contents {
        /// The checkpoint's directory.
        public let path: String
        let state: RunState
        let weights: [String: Tensor]
        let moments: [String: Tensor]
        /// The run's settings: the names of its classes and its configuration as YAML; nil where
        /// the checkpoint does not record it.
        let classNames: [String]?
        let configuration: String?
        /// How many images it was trained on; nil where it does not record it.
        let trainingImages: Int?

        /// Reads the whole checkpoint, so that no part of a damaged one reaches a model.
        ///
        /// - Throws: `CheckpointError` for a directory that is not a checkpoint, and for damaged
        ///   files.
        public init(_ path: String) throws {
            self.path = path
            let file = path + "/" + stateFile
            guard FileManager.default.fileExists(atPath: file) else {
                throw CheckpointError(
                    path: path, problem: "is not a checkpoint of a run: it has no \(stateFile)",
                    remedy:
                        "Name a directory such as work_dirs/…/iter_8000; for weights alone use \(Term.initialWeights)."
                )
            }
            state = try RunState(path: file)
            for (name, expected) in state.sizes.sorted(by: { $0.key < $1.key }) {
                let found = try size(path + "/" + name)
                guard found == expected else {
                    throw CheckpointError(
                        path: path + "/" + name,
                        problem: "has \(found) bytes, \(expected) were written",
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

        /// Puts `trainer` into the run's state. Moments that its optimizer has no use for are
        /// dropped, and the log reports it.
        ///
        /// Throws `LoadError` and `OptimizerStateError` where model or optimizer is another one's.
        func restore(_ trainer: Trainer) throws {
            let hooks = try hookStates(for: trainer)
            let unused = Set(trainer.optimizer.unusedEntries(of: moments))
            try trainer.optimizer.load(moments.filter { !unused.contains($0.key) })
            try trainer.model.load(weights, source: path)
            let random = try RandomState(
                cpu: Self.bytes(state.generator), gpu: state.gpuGenerator.map { try Self.bytes($0) }
            )
            if try random.restore(on: trainer.device) {
                trainer.logger.warning(
                    "\(path) holds no random state of \(trainer.device): dropout draws other numbers there than before"
                )
            }
            for restore in hooks { restore() }
            try tellDroppedMoments(trainer)
            trainer.iteration = state.iteration
            trainer.best = state.best
            trainer.badLosses = state.badLosses
            restoreScaler(of: trainer)
            trainer.saves.newest = path
        }

        /// What puts the saved states into the hooks of `trainer`. The log names states that no
        /// hook has a use for.
        ///
        /// Throws `CheckpointError` for a state that its hook cannot read.
        private func hookStates(for trainer: Trainer) throws(CheckpointError) -> [() -> Void] {
            var unused = state.hooks
            var restores: [() -> Void] = []
            for case let hook as any StatefulHook in trainer.hooks {
                guard let text = unused.removeValue(forKey: hook.stateName) else { continue }
                do {
                    restores.append(try hook.decodedState(text))
                } catch {
                    let owner = "'\(hook.stateName)' that \(type(of: hook))"
                    throw CheckpointError(
                        path: path,
                        problem: "holds a state of the hook \(owner) cannot read: \(error)",
                        remedy:
                            "Give the hook another `stateName`, or begin a new run with \(Term.initialWeights)."
                    )
                }
            }
            if !unused.isEmpty {
                let names = unused.keys.sorted().joined(separator: ", ")
                trainer.logger.warning(
                    "\(path) holds states of hooks that this run does not have, they are dropped: \(names)"
                )
            }
            return restores
        }

        private static func bytes(_ data: Data) throws -> Tensor {
            try data.withUnsafeBytes {
                try Tensor.from(bytes: $0, shape: [$0.count], dtype: .uint8)
            }
        }

        /// A run in float16 goes on with the checkpoint's scale.
        private func restoreScaler(of trainer: Trainer) {
            switch (trainer.scaler, state.scaler) {
            case (nil, nil): break
            case (.some, let saved?): trainer.scaler = saved
            case (let fresh?, nil):
                trainer.logger.warning(
                    "\(path) holds no scale of float16: it begins at \(fresh.scaleText), and the first steps may be skipped"
                )
            case (nil, .some):
                trainer.logger.warning(
                    "\(path) holds a scale of float16, which \(trainer.settings.precision.rawValue) has no use for: it is dropped"
                )
            }
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
    /// Restores model, optimizer, random generator, hooks and iteration from the checkpoint at
    /// `path`, so that `run()` continues its run.
    ///
    /// - Throws: `CheckpointError` for a damaged checkpoint, before anything is changed;
    ///   `LoadError` and `OptimizerStateError` for one of another model or optimizer.
    public func resume(from path: String) throws { try Checkpoint.Contents(path).restore(self) }
}
