import DenseKitCheckpoints
import DenseKitNN
import Foundation
import TemporaryFolders
import Testing

private func load(_ bytes: [UInt8]) throws -> [String: Tensor] {
    let folder = try TemporaryFolder()
    return try TorchFile.load(folder.write("a.pth", bytes)).tensors
}

/// 0, 1, 2, 3 as `Float`.
private let four = [Float](stride(from: 0, to: 4, by: 1)).withUnsafeBytes { Array($0) }

private func file(_ pickle: Pickle) -> [UInt8] {
    StoredZip([("a/data.pkl", pickle.bytes), ("a/data/0", four)]).bytes
}

@Test("PyTorch's first function for tensors")
func firstRebuild() throws {
    let made =
        global("torch._utils", "_rebuild_tensor")
        + tuple(storage(4), int(1), tuple(int(2)), tuple(int(2))) + op("R")
    let tensors = try load(file(Pickle(dictionary(text("w"), made))))
    #expect(try tensors["w"]?.floats() == [1, 3])
}

@Test("Storages without a type, to which tensors give theirs")
func untyped() throws {
    let bytes =
        tuple(
            text("storage"), global("torch.storage", "UntypedStorage"), text("0"), text("cpu"),
            int(16)) + op("Q")
    func rebuilt(_ offset: Int, _ type: String) -> [UInt8] {
        global("torch._utils", "_rebuild_tensor_v3")
            + tuple(
                bytes, int(offset), tuple(int(2)), tuple(int(1)), [0x89],
                global("collections", "OrderedDict") + op(")") + op("R"),
                global("torch", type)) + op("R")
    }
    #expect(
        try load(file(Pickle(dictionary(text("w"), rebuilt(2, "float32")))))["w"]?.floats() == [
            2, 3,
        ])
    let half = try load(file(Pickle(dictionary(text("w"), rebuilt(6, "half")))))["w"]
    #expect(try half?.dtype == .float16 && half?.bytes() == Array(four[12...]))
    let both = try #require(throws: CheckpointError.self) {
        try load(
            file(
                Pickle(dictionary(text("w"), rebuilt(2, "float32"), text("v"), rebuilt(2, "half"))))
        )
    }
    #expect(both.problem == "views the storage of tensor \"v\" as float32 and as float16")
    let beyond = try #require(throws: CheckpointError.self) {
        try load(file(Pickle(dictionary(text("w"), rebuilt(1, "float64")))))
    }
    #expect(
        beyond.problem.hasPrefix(
            "has a tensor of shape [2], strides [1] and offset 1, beyond the 16 elements of storage \"0\""
        ))
}

@Test("Views on storages, as PyTorch wrote them before 1.0; beyond the storage they are refused")
func views() throws {
    func file(_ offset: Int, _ count: Int) -> [UInt8] {
        let view = tuple(text("1"), int(offset), int(count))
        let storage =
            tuple(
                text("storage"), global("torch", "FloatStorage"), text("0"), text("cpu"), int(4),
                view) + op("Q")
        let magic: [UInt8] = [
            0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
        ]
        let pickles = [
            Pickle(magic), Pickle(int(1001)), Pickle(op("}")),
            Pickle(dictionary(text("w"), rebuilt(storage, offset: 1, shape: [2], strides: [1]))),
            Pickle(op("(") + text("0") + op("l")),
        ]
        return pickles.flatMap(\.bytes) + little(4, 8) + four
    }
    #expect(try load(file(1, 3))["w"]?.floats() == [2, 3])
    let tooLong = try #require(throws: CheckpointError.self) { try load(file(2, 3)) }
    #expect(tooLong.problem.hasPrefix("views storage \"0\" beyond its 4 elements, at byte "))
    let outside = try #require(throws: CheckpointError.self) { try load(file(1, 2)) }
    #expect(
        outside.problem.hasPrefix(
            "has a tensor of shape [2], strides [1] and offset 1, beyond the 2 elements of storage \"0\""
        ))
}

@Test("Dictionaries of Python 2, and numbers in every spelling")
func spellings() throws {
    let pairs =
        op("(") + tuple(text("w"), rebuilt(storage(4), shape: [4], strides: [1]))
        + tuple(text("int"), op("I") + Array("7\n".utf8))
        + tuple(text("true"), op("I") + Array("01\n".utf8))
        + tuple(text("long"), op("L") + Array("-8L\n".utf8))
        + tuple(text("float"), op("F") + Array("0.5\n".utf8))
        + tuple(text("minus"), op("J") + little(-2, 4))
        + tuple(text("short"), op("M") + little(0xFFFF, 2))
        + tuple(text("byte"), [0x8A, 1, 0xFF]) + tuple(text("none"), [0x8A, 0])
        + tuple(text("big"), [0x8A, 9] + little(-1, 8) + [0])
        + tuple(text("exact"), op("G") + little(0x3FF8, 8).reversed().suffix(2) + little(0, 6))
        + op("l")
    let pickle = Pickle(global("collections", "OrderedDict") + pairs + [0x85] + op("R"))
    let numbers = try load(file(pickle)).filter { $0.key != "w" }.mapValues { try $0.item() }
    #expect(
        numbers == [
            "int": 7, "long": -8, "float": 0.5, "minus": -2, "short": 65535, "byte": -1, "none": 0,
            "exact": 1.5,
        ])
}
