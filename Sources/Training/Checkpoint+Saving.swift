import DenseKitCheckpoints
import DenseKitComponents
import Foundation

extension Checkpoint {
    static let modelFile = WeightsFile.nameInCheckpoint
    static let optimizerFile = "optimizer.safetensors"
    static let stateFile = "state.json"

    /// A weight that is infinite or not a number.
    struct NotFinite: Error {
        let tensor: String
    }

    /// Writes everything to a hidden directory beside `path`, synced, which then takes its place.
    ///
    /// Throws `NotFinite` before anything is written, and `CheckpointError`; what stood at `path` before is still there then.
    static func save(_ trainer: Trainer, _ info: ModelInfo, run: String, serial: Int, to path: String) throws {
        let weights = try trainer.model.namedTensors().map { ($0.name, $0.tensor) }
        if let name = try firstNotFinite(weights) { throw NotFinite(tensor: name) }
        let moments = try trainer.optimizer.state().sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        try AtomicFile.writeDirectory(path) { temporary in
            try TensorFile.save(weights, metadata: info.metadata, to: temporary + "/" + modelFile)
            try TensorFile.save(moments, to: temporary + "/" + optimizerFile)
            try saveState(trainer, run: run, serial: serial, in: temporary)
        }
    }

    /// Writes `state.json` into `directory`, whose other files are of the same iteration.
    static func saveState(_ trainer: Trainer, run: String, serial: Int, in directory: String) throws {
        let hooks = trainer.hooks.compactMap { $0 as? any StatefulHook }
        let state = RunState(
            iteration: trainer.iteration, best: trainer.best, badLosses: trainer.badLosses, run: run, serial: serial,
            generator: Data(try RandomGenerator.standard.state().bytes()),
            sizes: try Dictionary(uniqueKeysWithValues: [modelFile, optimizerFile].map { ($0, try size(directory + "/" + $0)) }),
            hooks: try Dictionary(uniqueKeysWithValues: hooks.map { ($0.stateName, try $0.encodedState()) }))
        try AtomicFile.write(try state.encoded(), to: directory + "/" + stateFile)
    }

    /// The size of the file at `path` in bytes.
    static func size(_ path: String) throws(CheckpointError) -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw CheckpointError(path: path, problem: "cannot be examined (\(String(cString: strerror(errno))))")
        }
        return Int(status.st_size)
    }

    /// The first of `tensors` with an element that is infinite or not a number.
    private static func firstNotFinite(_ tensors: [(name: String, tensor: Tensor)]) throws -> String? {
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
