import DenseKitCheckpoints
import DenseKitNN
import Foundation

/// The state of a run, beside its weights and moments: `state.json` of a checkpoint.
struct RunState: Codable {
    let iteration: Int
    let best: BestScore?
    let badLosses: BadLosses
    /// The scale of the losses in float16; nil in other precisions, and in files of earlier versions.
    let scaler: GradientScaler?
    /// The run's folder in its work directory.
    let run: String
    /// Checkpoints of a work directory are numbered in the order in which they were written.
    let serial: Int
    /// The state of the CPU's random generator, from which dropout and its like draw there.
    let generator: Data
    /// The same of the GPU's; nil for a run on the CPU, and in files of earlier versions.
    let gpuGenerator: Data?
    /// The sizes of the files beside this one, in bytes.
    let sizes: [String: Int]
    /// The states of the hooks by name, each as JSON of its own.
    let hooks: [String: String]
    /// Whether a hook ended the run; nil in files of earlier versions.
    let isStopped: Bool?

    /// The file's text: JSON, with the CRC-32 of the part with content.
    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return Self.envelope(try encoder.encode(self))
    }

    /// Throws `CheckpointError` for a file that is missing, or not byte by byte the one that was
    /// written.
    init(path: String) throws(CheckpointError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CheckpointError(path: path, problem: "cannot be read", remedy: Self.remedy)
        }
        let content = data.dropFirst(Self.envelope(Data()).count - Self.end.count).dropLast(
            Self.end.count)
        guard Self.envelope(content) == data else {
            throw CheckpointError(
                path: path, problem: "was changed or cut off after it was written",
                remedy: Self.remedy)
        }
        do {
            self = try JSONDecoder().decode(RunState.self, from: content)
        } catch {
            throw CheckpointError(
                path: path, problem: "is not the state of a run: \(error)", remedy: Self.remedy)
        }
    }

    init(
        iteration: Int, best: BestScore?, badLosses: BadLosses, scaler: GradientScaler? = nil,
        run: String, serial: Int, generator: Data,
        gpuGenerator: Data? = nil, sizes: [String: Int], hooks: [String: String],
        isStopped: Bool = false
    ) {
        self.iteration = iteration
        self.best = best
        self.badLosses = badLosses
        self.scaler = scaler
        self.run = run
        self.serial = serial
        self.generator = generator
        self.gpuGenerator = gpuGenerator
        self.sizes = sizes
        self.hooks = hooks
        self.isStopped = isStopped
    }

    private static let remedy = "Resume from another checkpoint."
    private static let end = Data("\n}\n".utf8)

    private static func envelope(_ content: Data) -> Data {
        let digits = CRC32.digits(content.withUnsafeBytes { CRC32.checksum($0) })
        return Data("{\"crc32\":\"\(digits)\",\"state\":\n".utf8) + content + end
    }
}

/// Iterations whose loss was not finite, and which therefore changed nothing.
struct BadLosses: Codable, Sendable, Equatable {
    var inARow = 0
    var total = 0
}

extension StatefulHook {
    /// The state as JSON. Numbers that JSON does not have are written as words.
    func encodedState() throws -> String {
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(state), as: UTF8.self)
    }

    /// Reads a state; what is returned puts it into the hook.
    func decodedState(_ text: String) throws -> () -> Void {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        let state = try decoder.decode(State.self, from: Data(text.utf8))
        return { self.state = state }
    }
}
