import DenseKitCheckpoints
import DenseKitComponents
import Foundation
import TemporaryFolders
import Testing

@testable import DenseKitTraining

private func state() throws -> RunState {
    RunState(
        iteration: 7, best: BestScore(metric: "mIoU", value: 12.345678901234567, iteration: 5),
        badLosses: BadLosses(inARow: 1, total: 3),
        run: "20261121_101500", serial: 4, generator: Data([0, 255, 7]),
        sizes: ["model.safetensors": 12], hooks: ["log": "{}"])
}

/// Runs `body` with a new empty folder, which goes afterwards.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = try TemporaryFolder()
    return try withExtendedLifetime(folder) { try body(folder.path) }
}

@Test("The state of a run is read as it was written, and the file is JSON")
func stateRoundTrip() throws {
    try withTemporaryFolder { folder in
        let data = try state().encoded()
        try data.write(to: URL(filePath: folder + "/state.json"))
        let read = try RunState(path: folder + "/state.json")
        #expect(
            try read.encoded() == data && read.best == state().best
                && read.badLosses == state().badLosses)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object.keys.sorted() == ["crc32", "state"])
    }
}

@Test(
    "The state of a GPU's generator is kept; a run on the CPU, and a file of an earlier version, have none"
)
func gpuGenerator() throws {
    try withTemporaryFolder { folder in
        #expect(try RandomState(of: .cpu).gpu == nil)
        let path = folder + "/state.json"
        for gpu in [Data([1, 2, 3]), nil] {
            let state = RunState(
                iteration: 7, best: nil, badLosses: BadLosses(), run: "r", serial: 1,
                generator: Data([9]),
                gpuGenerator: gpu, sizes: [:], hooks: [:])
            let text = try state.encoded()
            #expect(String(decoding: text, as: UTF8.self).contains("gpuGenerator") == (gpu != nil))
            try text.write(to: URL(filePath: path))
            #expect(try RunState(path: path).gpuGenerator == gpu)
        }
    }
}

@Test("What the random generators of a run draw is put back")
func randomState() throws {
    let state = try RandomState(of: .cpu)
    let first = try Tensor.randomNormal([3]).bytes()
    #expect(try state.restore(on: .cpu) == false)
    #expect(try Tensor.randomNormal([3]).bytes() == first)
}

@Test("Every flipped bit of a state and every cut is noticed")
func damagedState() throws {
    try withTemporaryFolder { folder in
        let path = folder + "/state.json"
        let data = try state().encoded()
        let problem = CheckpointError(
            path: path, problem: "was changed or cut off after it was written",
            remedy: "Resume from another checkpoint.")
        for bit in 0..<data.count * 8 {
            var damaged = data
            damaged[bit / 8] ^= 1 << (bit % 8)
            try damaged.write(to: URL(filePath: path))
            #expect(throws: problem, "bit \(bit)") { try RunState(path: path) }
        }
        for count in 0..<data.count {
            try data.prefix(count).write(to: URL(filePath: path))
            #expect(throws: problem, "\(count) bytes") { try RunState(path: path) }
        }
        try (data + [10]).write(to: URL(filePath: path))
        #expect(throws: problem) { try RunState(path: path) }
        try FileManager.default.removeItem(atPath: path)
        #expect(throws: CheckpointError.self) { try RunState(path: path) }
    }
}

@Test("A hook's state survives, with numbers that JSON does not have")
func hookState() throws {
    var record = IterationRecord()
    record.values = [
        .init(name: "loss", value: .nan), .init(name: "grad_norm", value: .infinity),
        .init(name: "x", value: 0.1 + 0.2),
    ]
    let hook = LogHook(scalarsPath: "")
    hook.state.recent = [record]
    hook.state.elapsed = 1.0 / 3
    let other = LogHook(scalarsPath: "")
    let restore = try other.decodedState(hook.encodedState())
    #expect(other.state.recent.isEmpty)  // decoding alone changes nothing
    restore()
    let values = try #require(other.state.recent.first).values.map(\.value)
    #expect(
        values[0].isNaN && values[1] == .infinity && values[2] == 0.1 + 0.2
            && other.state.elapsed == 1.0 / 3)
    #expect(throws: (any Error).self) { try other.decodedState("{}") }
}
