import DenseKitCheckpoints
import DenseKitNN
import Foundation
import TemporaryFolders
import Testing

private let damage =
    "The file is damaged or incomplete, or PyTorch did not write it; fetch or write it again."
private let program =
    "Nothing was run. Load it with PyTorch where you trust it, and save model.state_dict()."

private func calling(_ module: String, _ name: String) -> Pickle {
    Pickle(dictionary(text("w"), global(module, name) + tuple(text("touch /tmp/owned")) + op("R")))
}

private func tensor(_ storage: [UInt8], offset: Int = 0, shape: [Int], strides: [Int]) -> Pickle {
    Pickle(dictionary(text("w"), rebuilt(storage, offset: offset, shape: shape, strides: strides)))
}

@Test func whatTheHostileFilesAreMadeFromIsSound() throws {
    let folder = try TemporaryFolder()
    var zip = torchFile(soundPickle)
    for isWide in [false, true] {
        zip.isWide = isWide
        let tensors = try TorchFile.load(folder.write("a", zip.bytes)).tensors
        #expect(try tensors["w"]?.floats() == [0, 0, 0, 0])
    }
}

@Test(
    "Hostile pickles: messages",
    arguments: [
        (calling("os", "system"), "asks for os.system, which no weights need", program),
        (calling("posix", "system"), "asks for posix.system, which no weights need", program),
        (calling("builtins", "eval"), "asks for builtins.eval, which no weights need", program),
        (
            calling("__builtin__", "exec"), "asks for __builtin__.exec, which no weights need",
            program
        ),
        (
            calling("builtins", "getattr"), "asks for builtins.getattr, which no weights need",
            program
        ),
        (
            calling("torch.storage", "_load_from_bytes"),
            "asks for torch.storage._load_from_bytes, which no weights need", program
        ),
        (calling("torch.hub", "load"), "asks for torch.hub.load, which no weights need", program),
        (calling("a\u{1B}[31m", "b"), "asks for a\\u{1B}[31m.b, which no weights need", program),
        (
            calling(String(repeating: "__torch__.", count: 200), "b"),
            "asks for \(String(repeating: "__torch__.", count: 12))…, which no weights need",
            program
        ),
        (
            calling("torch.nn.modules.linear", "Linear"),
            "holds a whole pickled module (it asks for torch.nn.modules.linear.Linear), not its weights alone",
            program
        ),
        (
            Pickle(text("os") + text("system") + [0x93], tuple(text("true")), op("R")),
            "asks for os.system, which no weights need", program
        ),
        (
            Pickle(global("collections", "OrderedDict") + op(")") + op("R") + op(")") + op("R")),
            "calls what is no function, at byte 30 of data.pkl", damage
        ),
        (
            Pickle(text("HistoryBuffer.x") + text("y") + [0x93]),
            "asks for HistoryBuffer.x.y, which no weights need", program
        ),
        (
            Pickle(tuple(text("module"), int(1)) + op("Q")),
            "holds a whole pickled module (it asks for torch.nn.Module), not its weights alone",
            program
        ),
        (
            Pickle(op("i") + Array("os\nsystem\n".utf8)),
            "has an operation 0x69, which PyTorch does not write, at byte 2 of data.pkl", damage
        ),
        (
            Pickle([0x82, 1]),
            "has an operation 0x82, which PyTorch does not write, at byte 2 of data.pkl", damage
        ),
        (
            Pickle([0x80, 9]),
            "is a pickle of protocol 9, where 5 is the newest known, at byte 3 of data.pkl", damage
        ),
        (
            tensor(storage(1 << 58), shape: [4], strides: [1]),
            "says that storage \"0\" has 288230376151711744 elements (float32, 1152921504606846976 bytes), but has 16 bytes of it",
            damage
        ),
        (
            tensor(storage(1 << 60), shape: [4], strides: [1]),
            "says that storage \"0\" has 1152921504606846976 elements, which no memory can hold, at byte 102 of data.pkl",
            damage
        ),
        (
            tensor(storage(-1), shape: [4], strides: [1]),
            "names a storage in an unknown way, at byte 102 of data.pkl", damage
        ),
        (
            tensor(storage(4, type: "OrderedDict"), shape: [4], strides: [1]),
            "asks for torch.OrderedDict, which no weights need", program
        ),
        (
            tensor(storage(3), shape: [3], strides: [1]),
            "says that storage \"0\" has 3 elements (float32, 12 bytes), but has 16 bytes of it",
            damage
        ),
        (
            tensor(storage(4, key: "1"), shape: [4], strides: [1]),
            "lacks storage \"1\", which its pickle asks for", damage
        ),
        (
            tensor(storage(4, key: "../0"), shape: [4], strides: [1]),
            "lacks storage \"../0\", which its pickle asks for", damage
        ),
        (
            Pickle(
                dictionary(
                    text("w"), rebuilt(storage(4), shape: [4], strides: [1]), text("v"),
                    storage(2, type: "DoubleStorage"))
            ),
            "gives two different descriptions of storage \"0\", at byte 232 of data.pkl", damage
        ),
        (beyond([5], [1]), beyondProblem([5], [1]), damage),
        (beyond([2, 2], [3, 1]), beyondProblem([2, 2], [3, 1]), damage),
        (beyond([4], [0x7FFF_FFFF_FFFF_FFFF]), beyondProblem([4], [.max]), damage),
        (beyond([4], [-1]), beyondProblem([4], [-1]), damage),
        (beyond([-4], [1]), beyondProblem([-4], [1]), damage),
        (beyond([1 << 40, 1 << 40], [0, 0]), beyondProblem([1 << 40, 1 << 40], [0, 0]), damage),
        (
            beyond([0, 1 << 40, 1 << 40], [0, 0, 0]),
            beyondProblem([0, 1 << 40, 1 << 40], [0, 0, 0]), damage
        ),
        (beyond([1], [1], offset: -1), beyondProblem([1], [1], offset: -1), damage),
        (beyond([1], [1], offset: 4), beyondProblem([1], [1], offset: 4), damage),
        (beyond([2], [1], offset: .max), beyondProblem([2], [1], offset: .max), damage),
        (beyond([4], [1, 1]), beyondProblem([4], [1, 1]), damage),
        (
            Pickle(text("a") + op("r") + little(1 << 31, 4)),
            "remembers a value under 2147483648, farther than it has values, at byte 12 of data.pkl",
            damage
        ),
        (
            Pickle(op("j") + little(1 << 31, 4)),
            "recalls a value under 2147483648, where it remembers none, at byte 6 of data.pkl",
            damage
        ),
        (
            Pickle([0x8B] + little(1 << 31, 4)),
            "has a whole number of 2147483648 bytes, where 1024 are allowed, at byte 6 of data.pkl",
            damage
        ),
        (Pickle(op("X") + little(0xFFFF_FFFF, 4)), "ends in the middle of data.pkl", damage),
        (Pickle([0x8E] + little(-1, 8)), "ends in the middle of data.pkl", damage),
        (Pickle(), "takes a value that it did not put there, at byte 2 of data.pkl", damage),
        (
            Pickle(text("a") + op("(") + op("0") + op("0") + op("0")),
            "has the end of a group that does not begin, at byte 11 of data.pkl", damage
        ),
        (
            Pickle(int(1) + int(2) + op("a")), "appends to what is no list, at byte 22 of data.pkl",
            damage
        ),
        (
            Pickle(op("]") + op("(") + int(1) + op("u")),
            "has a key without a value, at byte 14 of data.pkl", damage
        ),
        (
            Pickle(op("N") + op("N") + op("b")),
            "gives a state to what has none, at byte 4 of data.pkl", damage
        ),
    ] as [(Pickle, String, String)])
func hostilePickles(pickle: Pickle, problem: String, remedy: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("a.pth", torchFile(pickle).bytes)
    #expect(throws: CheckpointError(path: path, problem: problem, remedy: remedy)) {
        try TorchFile.load(path)
    }
}

private func beyond(_ shape: [Int], _ strides: [Int], offset: Int = 0) -> Pickle {
    tensor(storage(4), offset: offset, shape: shape, strides: strides)
}

private func beyondProblem(_ shape: [Int], _ strides: [Int], offset: Int = 0) -> String {
    let bytes = beyond(shape, strides, offset: offset).bytes
    // Its last operation before SETITEMS and STOP.
    return
        "has a tensor of shape \(shape), strides \(strides) and offset \(offset), beyond the 4 elements of storage \"0\", at byte \(bytes.count - 3) of data.pkl"
}

@Test(
    "What is deep, circular or repeated without end takes time and memory in proportion to the file"
)
func endless() throws {
    let folder = try TemporaryFolder()
    func problem(_ pickle: Pickle) throws -> String {
        let path = try folder.write("a.pth", torchFile(pickle).bytes)
        var found = ""
        let time = ContinuousClock().measure {
            do { _ = try TorchFile.load(path) } catch {
                found = (error as? CheckpointError)?.problem ?? "\(error)"
            }
        }
        #expect(time < .seconds(10), "\(found)")
        return found
    }
    func times(_ count: Int, _ bytes: [UInt8]) -> [UInt8] {
        [[UInt8]](repeating: bytes, count: count).flatMap { $0 }
    }
    let deep = 100_000

    #expect(
        try problem(Pickle(times(deep, op("]")) + times(deep - 1, op("a"))))
            == "holds no dictionary of tensors")
    #expect(
        try problem(Pickle(times(deep, op("(")) + times(deep, op("t"))))
            == "holds no dictionary of tensors")
    #expect(
        try problem(Pickle(op("}") + times(deep, text("model") + op("}")) + times(deep, op("s"))))
            .hasPrefix(
                "holds no tensors at its top"))
    let circle = op("}") + op("q") + [0] + text("model") + op("h") + [0] + op("s")
    #expect(try problem(Pickle(circle)).hasPrefix("holds no tensors at its top"))

    #expect(
        try problem(Pickle([UInt8](repeating: 0x4E, count: 1 << 23)))
            == "has more than 8388608 operations at byte 8388609 of data.pkl")

    // A module that is its own child, and modules that have the next one twice.
    let module = global("__torch__.m", "M") + op(")") + [0x81]
    let tooMany =
        "has names of more than 16 MiB: its modules hold each other, or its keys are no names"
    #expect(
        try problem(Pickle(module + op("q") + [0] + dictionary(text("a"), op("h") + [0]) + op("b")))
            == tooMany)
    var doubled =
        module + dictionary(text("t"), rebuilt(storage(4), shape: [4], strides: [1])) + op("b")
    for _ in 0..<60 {
        doubled +=
            op("q") + [0] + op("0") + module
            + dictionary(text("a"), op("h") + [0], text("b"), op("h") + [0]) + op("b")
    }
    #expect(try problem(Pickle(doubled)) == tooMany)
    // One long name for very many tensors, and one long list made a dictionary very often.
    let named = text(String(repeating: "n", count: 1 << 20)) + op("q") + [0] + op("0")
    let kept = rebuilt(storage(4), shape: [4], strides: [1]) + op("q") + [1] + op("0")
    #expect(
        try problem(
            Pickle(
                named + kept + op("}") + op("(") + times(deep, op("h") + [0] + op("h") + [1])
                    + op("u"))) == tooMany)
    let list = op("(") + times(deep, op("h") + [0]) + op("l") + [0x85] + op("q") + [1] + op("0")
    let pair = tuple(op("N"), op("N")) + op("q") + [0] + op("0")
    let made = global("collections", "OrderedDict") + op("q") + [2] + op("0")
    #expect(
        try problem(
            Pickle(
                pair + list + made + times(deep, op("h") + [2] + op("h") + [1] + op("R") + op("0")))
        )
        .hasPrefix("copies its lists too often"))
}
