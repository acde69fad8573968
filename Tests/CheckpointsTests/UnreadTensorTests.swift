import DenseKitCheckpoints
import DenseKitNN
import Foundation
import TemporaryFolders
import Testing

private func content(_ bytes: [UInt8]) throws -> WeightsFile.Content {
    let folder = try TemporaryFolder()
    return try WeightsFile.load(folder.write("a.pth", bytes))
}

private let four = [Float](stride(from: 0, to: 4, by: 1)).withUnsafeBytes { Array($0) }

private func file(_ items: [UInt8]...) -> [UInt8] {
    let pickle = Pickle(op("}") + op("(") + items.flatMap { $0 } + op("u"))
    return StoredZip([("a/data.pkl", pickle.bytes), ("a/data/0", four)]).bytes
}

private let sound = text("w") + rebuilt(storage(4), shape: [4], strides: [1])

private func ordered() -> [UInt8] { global("collections", "OrderedDict") + op(")") + op("R") }

/// `torch._utils.NAME` of the arguments `rest` behind a storage.
private func made(_ name: String, _ rest: [UInt8]...) -> [UInt8] {
    global("torch._utils", name) + op("(") + storage(4) + rest.flatMap { $0 } + op("t") + op("R")
}

/// Tensors in forms that are not read, and why.
private let forms: [(tensor: [UInt8], problem: String)] = [
    (
        rebuilt(storage(2, type: "ComplexFloatStorage"), shape: [2], strides: [1]),
        "has element type complex64, which the engine does not have"
    ),
    (
        rebuilt(storage(16, type: "QInt8Storage"), shape: [16], strides: [1]),
        "has element type qint8, which the engine does not have"
    ),
    (
        made(
            "_rebuild_qtensor", int(0), tuple(int(4)), tuple(int(1)),
            tuple(global("torch", "per_tensor_affine"), int(1), int(0)),
            [0x89], ordered()), "is quantized"
    ),
    (
        global("torch._utils", "_rebuild_sparse_tensor")
            + tuple(
                global("torch.serialization", "_get_layout") + tuple(text("torch.sparse_coo"))
                    + op("R"),
                tuple(rebuilt(storage(4), shape: [4], strides: [1]), tuple(int(9)))) + op("R"),
        "is sparse"
    ),
    (
        global("torch._utils", "_rebuild_meta_tensor_no_storage")
            + tuple(global("torch", "float32"), tuple(int(4)), tuple(int(1)), [0x89]) + op("R"),
        "is without values, of the meta device"
    ),
    (
        global("torch._utils", "_rebuild_tensor_v2")
            + tuple(
                storage(4), int(0), tuple(int(4)), tuple(int(1)), [0x89], op("N"),
                dictionary(text("neg"), [0x88])) + op("R"),
        "is stored negated or conjugated"
    ),
    (
        rebuilt(storage(4), shape: [1 << 12, (1 << 12) + 1], strides: [0, 0]),
        "repeats the elements of its storage to shape [4096, 4097]; all such tensors of a file may have 16777216 elements"
    ),
]

@Suite struct UnreadTensorTests {
    @Test(
        "Tensors in forms that are not read are listed with the reason; the others are read",
        arguments: forms)
    func listed(tensor: [UInt8], problem: String) throws {
        // A storage has one type in a file: the sound tensor stands alone where the other gives it
        // another.
        let needsOwn = problem.contains("element type")
        let found = try content(
            needsOwn ? file(text("x") + tensor) : file(sound, text("x") + tensor))
        #expect(found.unread["x"]?.problem == problem)
        #expect(found.tensors.keys.sorted() == (needsOwn ? [] : ["w"]))
    }

    @Test(
        "In safetensors, too: types that are known and that the engine lacks, and types that are not known"
    )
    func safetensorsTypes() throws {
        let folder = try TemporaryFolder()
        let header =
            #"{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"F4","shape":[8],"data_offsets":[4,8]},"#
            + #""c":{"dtype":"U8","shape":[2],"data_offsets":[8,10]}}"#
        let content = try WeightsFile.load(
            folder.write("a.safetensors", safetensors(header, dataSize: 10)))
        #expect(content.tensors.keys.sorted() == ["c"])
        #expect(
            content.unread["a"]?.problem
                == "has element type F8_E4M3, which the engine does not have")
        #expect(
            content.unread["b"]?.problem == "has element type F4, which the engine does not have")
        // Who asks for every tensor is told.
        let error = try #require(throws: CheckpointError.self) {
            try TensorFile.load(folder.write("a.safetensors", safetensors(header, dataSize: 10)))
        }
        #expect(error.problem == "tensor \"b\" has element type F4, which the engine does not have")
    }

    @Test(
        "Tensors of PyTorch's files of complex and of 8-bit numbers are listed",
        arguments: ["complex.pth", "float8.pth"])
    func published(name: String) throws {
        let content = try WeightsFile.load(torchFiles + "/" + name)
        let type = name == "complex.pth" ? "complex64" : "float8_e4m3fn"
        #expect(
            content.unread["weight"]?.problem
                == "has element type \(type), which the engine does not have")
        #expect(content.unread["weight"]?.remedy == "Convert it to float32 with PyTorch.")
    }

    @Test("An expanded tensor, and windows that overlap, have the values that PyTorch shows")
    func expanded() throws {
        func values(_ shape: [Int], _ strides: [Int], offset: Int = 0) throws -> [Float]? {
            let tensor = rebuilt(storage(4), offset: offset, shape: shape, strides: strides)
            return try content(file(text("x") + tensor)).tensors["x"]?.contiguous().floats()
        }
        #expect(try values([5], [0]) == [0, 0, 0, 0, 0])
        #expect(try values([3, 2], [0, 1], offset: 2) == [2, 3, 2, 3, 2, 3])
        #expect(try values([2, 3], [1, 0]) == [0, 0, 0, 1, 1, 1])
        #expect(try values([3, 2], [1, 1]) == [0, 1, 1, 2, 2, 3])
        // Beyond the storage is beyond it, expanded or not.
        #expect(throws: CheckpointError.self) { try values([2, 3], [4, 0]) }
    }

    @Test(
        "A model takes an expanded tensor; what it needs and cannot read refuses the file, what it does not need is named"
    )
    func needed() throws {
        let model = try Linear(2, 3, bias: false)  // weight [3, 2]
        let expanded = rebuilt(storage(4), offset: 2, shape: [3, 2], strides: [0, 1])
        let sparse = forms[3].tensor
        let keys = ["weight": "weight"]
        func load(_ bytes: [UInt8]) throws -> LoadReport {
            let found = try content(bytes)
            var request = LoadRequest()
            request.unread = found.unread
            return try model.load(found.tensors, keys: keys, request, source: "W") { _, _, _ in nil
            }
        }
        let report = try load(file(text("weight") + expanded, text("mask") + sparse))
        #expect(try model.weight.detached().floats() == [2, 3, 2, 3, 2, 3])
        #expect(
            report.description.hasSuffix(
                "\n  in a form that is not read, and not needed: mask (is sparse)"))
        let error = try #require(throws: CheckpointError.self) {
            try load(file(text("weight") + sparse))
        }
        #expect(
            error.description
                == "W: tensor \"weight\" is sparse, and the model needs it. Make it a dense tensor of float32 with PyTorch."
        )
    }

    @Test("Whole numbers in place of a model's weights are a packed file, and refused")
    func integers() throws {
        let model = try Linear(2, 3, bias: false)
        let error = try #require(throws: CheckpointError.self) {
            try model.load(["weight": Tensor.zeros([3, 2], dtype: .int8)], source: "W")
        }
        #expect(
            error.problem
                == "tensor \"weight\" has elements of int8, where the model computes in floating point"
        )
        let half = try Tensor.full([3, 2], 1, dtype: .bfloat16)
        #expect(try model.load(["weight": half]).matched == ["weight"])
    }
}
