import DenseKitCheckpoints
import Foundation
import TemporaryFolders
import Testing

/// A safetensors file with `header` and `dataSize` zeros.
func safetensors(_ header: String, dataSize: Int = 0) -> [UInt8] {
    safetensors([UInt8](header.utf8), dataSize: dataSize)
}

func safetensors(_ header: [UInt8], dataSize: Int = 0) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { [UInt8]($0) } + header
        + [UInt8](repeating: 0, count: dataSize)
}

func tensor<Element>(
    _ name: String, _ dtype: SafetensorsType, _ shape: [Int], _ values: [Element]
) -> SafetensorsWriter.Tensor {
    SafetensorsWriter.Tensor(name: name, dtype: dtype, shape: shape) { body in
        try values.withUnsafeBytes { try body($0) }
    }
}

/// Written by safetensors 0.8.0 in Python:
/// `save({"weight": torch.arange(6).reshape(2, 3).float(), "b.ias": torch.tensor([1, -2]), "half": torch.tensor(1.5, dtype=torch.bfloat16), "none": torch.zeros(0, 4), 'é"\n': torch.tensor([True])}, metadata={"format": "pt", "note": 'é "quoted"\n'})`
private let fromPython = """
    aAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJwdCIsIm5vdGUiOiLDqSBcInF1b3RlZFwiXG4ifSwiYi5pYXMiOnsiZHR5cGUiOiJJNjQiLCJzaGFwZSI6WzJdLCJk\
    YXRhX29mZnNldHMiOlswLDE2XX0sIm5vbmUiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzAsNF0sImRhdGFfb2Zmc2V0cyI6WzE2LDE2XX0sIndlaWdodCI6eyJkdHlwZSI6IkYz\
    MiIsInNoYXBlIjpbMiwzXSwiZGF0YV9vZmZzZXRzIjpbMTYsNDBdfSwiaGFsZiI6eyJkdHlwZSI6IkJGMTYiLCJzaGFwZSI6W10sImRhdGFfb2Zmc2V0cyI6WzQwLDQyXX0sIsOp\
    XCJcbiI6eyJkdHlwZSI6IkJPT0wiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNldHMiOls0Miw0M119fSAgICABAAAAAAAAAP7/////////AAAAAAAAgD8AAABAAABAQAAAgEAAAKBA\
    wD8B
    """

@Test func readsWhatPythonWrote() throws {
    let folder = try TemporaryFolder()
    let bytes = try #require(Data(base64Encoded: fromPython))
    let file = try SafetensorsFile(path: folder.write("a.safetensors", [UInt8](bytes)))
    #expect(file.entries.map(\.name) == ["b.ias", "half", "none", "weight", "é\"\n"])
    #expect(file.metadata == ["format": "pt", "note": "é \"quoted\"\n"])
    #expect(
        file["weight"]?.shape == [2, 3] && file["half"]?.shape == []
            && file["none"]?.shape == [0, 4])
    #expect(file["nothing"] == nil)

    let weight = try #require(file["weight"])
    #expect(
        try file.withBytes(of: weight) { Array($0.bindMemory(to: Float.self)) } == [
            0, 1, 2, 3, 4, 5,
        ])
    let bias = try #require(file["b.ias"])
    #expect(bias.dtype == .int64)
    #expect(try file.withBytes(of: bias) { Array($0.bindMemory(to: Int64.self)) } == [1, -2])
    let none = try #require(file["none"])
    #expect(try file.withBytes(of: none) { $0.count } == 0)
}

@Test(
    "What is written has the same tensors as Python's file, aligned, and the same bytes each time")
func writes() throws {
    let folder = try TemporaryFolder()
    let tensors = [
        tensor("weight", .float32, [2, 3], [Float](stride(from: 0, to: 6, by: 1))),
        tensor("b.ias", .int64, [2], [Int64(1), -2]),
        tensor("half", .bfloat16, [], [UInt16(0x3FC0)]),
        tensor("none", .float32, [0, 4], [Float]()),
        tensor("é\"\n", .bool, [1], [UInt8(1)]),
    ]
    let metadata = ["format": "pt", "note": "é \"quoted\"\n"]
    try SafetensorsWriter.write(folder.file("a"), tensors, metadata: metadata)
    try SafetensorsWriter.write(folder.file("b"), tensors.reversed(), metadata: metadata)
    #expect(FileManager.default.contentsEqual(atPath: folder.file("a"), andPath: folder.file("b")))
    #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a", "b"])

    let python = try SafetensorsFile(
        path: folder.write("python", [UInt8](#require(Data(base64Encoded: fromPython)))))
    let ours = try SafetensorsFile(path: folder.file("a"))
    #expect(ours.metadata == python.metadata)
    #expect(ours.entries.map(\.name) == python.entries.map(\.name))
    for (ours_, theirs) in zip(ours.entries, python.entries) {
        #expect(ours_.dtype == theirs.dtype && ours_.shape == theirs.shape)
        #expect(ours_.byteRange.lowerBound % ours_.dtype.byteSize == 0)
        let bytes = try ours.withBytes(of: ours_) { Array($0) }
        #expect(try python.withBytes(of: theirs) { Array($0) } == bytes)
    }
}

@Test("What cannot be written: messages; the old file stays and nothing is left beside it")
func refusedTensors() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("a", [1, 2, 3])
    struct Stop: Error {}
    for (tensors, problem) in [
        (
            [tensor("a", .float32, [2], [Float(1)])],
            "tensor \"a\" (F32, [2]) has 8 bytes, but 4 were given"
        ),
        (
            [tensor("a", .uint8, [1], [Float(1)])],
            "tensor \"a\" (U8, [1]) has 1 bytes, but 4 were given"
        ),
        (
            [tensor("a", .uint8, [1], [UInt8(1)]), tensor("a", .uint8, [1], [UInt8(1)])],
            "two tensors are called \"a\""
        ),
        (
            [tensor("__metadata__", .uint8, [1], [UInt8(1)])],
            "two tensors are called \"__metadata__\""
        ),
        ([tensor("a", .uint8, [-1], [UInt8]())], "tensor \"a\" has the impossible shape [-1]"),
        (
            [tensor("a", .float32, [Int.max], [Float]())],
            "tensor \"a\" has the impossible shape [\(Int.max)]"
        ),
    ] {
        #expect(throws: CheckpointError(path: path, problem: problem)) {
            try SafetensorsWriter.write(path, tensors)
        }
    }
    let stopping = SafetensorsWriter.Tensor(name: "a", dtype: .uint8, shape: [1]) { _ in
        throw Stop()
    }
    #expect(throws: Stop.self) { try SafetensorsWriter.write(path, [stopping]) }
    #expect(FileManager.default.contents(atPath: path) == Data([1, 2, 3]))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a"])
}
