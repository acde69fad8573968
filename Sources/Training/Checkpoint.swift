import Checkpoints
import Components
import Foundation
import Vision

/// A checkpoint: a directory with `model.safetensors` (weights under their official keys; classes, palette and configuration in its
/// metadata), `optimizer.safetensors` and `state.json`. It appears by one rename.
public enum Checkpoint {
    /// What the model was trained for, beside its weights.
    public struct ModelInfo: Sendable {
        public let classes: ClassList
        /// The resolved configuration, YAML.
        public let configuration: String

        public init(classes: ClassList, configuration: String) {
            self.classes = classes
            self.configuration = configuration
        }

        var metadata: [String: String] {
            [
                "format": "densekit", "classes": json(classes.names), "configuration": configuration,
                "palette": json(classes.palette.map { [Int($0.red), Int($0.green), Int($0.blue)] }),
            ]
        }

        private func json(_ value: some Encodable) -> String {
            (try? JSONEncoder().encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
        }
    }

    /// Where a run stands.
    public struct State: Codable, Sendable {
        public let iteration: Int
        public let best: BestScore?
        /// The random generator of dropout and its like, base64.
        let generator: String
    }

    static let modelFile = "model.safetensors"
    static let optimizerFile = "optimizer.safetensors"
    static let stateFile = "state.json"

    /// Writes everything to a hidden directory beside `path`, synced, and renames it.
    ///
    /// Throws `CheckpointError`; what stood at `path` before is still there then.
    static func save(_ trainer: Trainer, _ info: ModelInfo, to path: String) throws {
        let temporary = URL(filePath: path).deletingLastPathComponent().path + "/.\(URL(filePath: path).lastPathComponent).tmp"
        try? FileManager.default.removeItem(atPath: temporary)
        do {
            try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
            try TensorFile.save(
                try trainer.model.namedTensors().map { ($0.name, $0.tensor) }, metadata: info.metadata,
                to: temporary + "/" + modelFile)
            let state = try trainer.optimizer.state()
            try TensorFile.save(
                state.keys.sorted().compactMap { key in state[key].map { (key, $0) } }, to: temporary + "/" + optimizerFile)
            let generator = Data(try Generator.standard.state().bytes()).base64EncodedString()
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            let record = State(iteration: trainer.iteration, best: trainer.best, generator: generator)
            try AtomicFile.write(try encoder.encode(record), to: temporary + "/" + stateFile)
            try AtomicFile.replaceDirectory(path, with: temporary)
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw error
        }
    }

    /// Puts a run back to where the checkpoint at `path` stands.
    static func resume(_ trainer: Trainer, from path: String) throws {
        let url = path + "/" + stateFile
        guard let data = FileManager.default.contents(atPath: url) else {
            throw CheckpointError(
                path: path, problem: "is not a checkpoint of a run: it has no \(stateFile)",
                remedy: "name a directory such as work_dirs/…/iter_8000; for weights alone use --init-from")
        }
        let state: State
        do {
            state = try JSONDecoder().decode(State.self, from: data)
        } catch {
            throw CheckpointError(
                path: url, problem: "is not the state of a run: \(error)", remedy: "resume from another checkpoint")
        }
        guard let generator = Data(base64Encoded: state.generator) else {
            throw CheckpointError(
                path: url, problem: "the generator's state is not base64", remedy: "resume from another checkpoint")
        }
        let weights = try TensorFile.load(path + "/" + modelFile).tensors
        let moments = try TensorFile.load(path + "/" + optimizerFile).tensors
        try trainer.model.load(weights, source: path)
        try trainer.optimizer.load(moments)
        try Generator.standard.setState(
            try generator.withUnsafeBytes { try Tensor.from(bytes: $0, shape: [generator.count], dtype: .uint8) })
        trainer.iteration = state.iteration
        trainer.best = state.best
    }

    /// The weights of a checkpoint directory, or of a safetensors file.
    public static func weights(at path: String) throws -> (tensors: [String: Tensor], metadata: [String: String]) {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw CheckpointError(
                path: path, problem: "no such file or directory", remedy: "name a checkpoint directory or a .safetensors file")
        }
        let file = isDirectory.boolValue ? path + "/" + modelFile : path
        guard FileManager.default.fileExists(atPath: file) else {
            throw CheckpointError(
                path: path, problem: "is a folder without \(modelFile), so it is no checkpoint",
                remedy: "Name one, such as work_dirs/…/iter_8000")
        }
        return try TensorFile.load(file)
    }

    /// The classes that the weights were trained for, where the file says so.
    public static func classes(in metadata: [String: String]) -> ClassList? {
        func list<Element: Decodable>(_ key: String) -> [Element]? {
            metadata[key].flatMap { try? JSONDecoder().decode([Element].self, from: Data($0.utf8)) }
        }
        guard let names: [String] = list("classes") else { return nil }
        let colors: [[Int]]? = list("palette")
        let palette = colors?.compactMap {
            $0.count == 3 ? Color(UInt8(clamping: $0[0]), UInt8(clamping: $0[1]), UInt8(clamping: $0[2])) : nil
        }
        return ClassList(names: names, palette: palette?.count == names.count ? palette : nil)
    }
}
