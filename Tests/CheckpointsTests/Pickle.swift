/// Pickles written by hand.
struct Pickle {
    private(set) var bytes: [UInt8] = [0x80, 2]

    /// The operations of `body` between the protocol and the end.
    init(_ body: [UInt8]...) { bytes += body.flatMap { $0 } + op(".") }
}

func op(_ code: Character) -> [UInt8] { Array(String(code).utf8) }

func text(_ value: String) -> [UInt8] { op("X") + little(value.utf8.count, 4) + Array(value.utf8) }

func int(_ value: Int) -> [UInt8] { [0x8A, 8] + little(value, 8) }

func global(_ module: String, _ name: String) -> [UInt8] {
    op("c") + Array("\(module)\n\(name)\n".utf8)
}

func tuple(_ items: [UInt8]...) -> [UInt8] { op("(") + items.flatMap { $0 } + op("t") }

/// A dictionary of keys and values in turns.
func dictionary(_ items: [UInt8]...) -> [UInt8] {
    op("}") + op("(") + items.flatMap { $0 } + op("u")
}

/// A storage by its persistent id.
func storage(_ count: Int, type: String = "FloatStorage", key: String = "0") -> [UInt8] {
    tuple(text("storage"), global("torch", type), text(key), text("cpu"), int(count)) + op("Q")
}

/// A tensor of the storage that `storage` puts on the stack.
func rebuilt(_ storage: [UInt8], offset: Int = 0, shape: [Int], strides: [Int]) -> [UInt8] {
    func list(_ numbers: [Int]) -> [UInt8] { op("(") + numbers.flatMap(int) + op("t") }
    return global("torch._utils", "_rebuild_tensor_v2")
        + tuple(
            storage, int(offset), list(shape), list(strides), [0x89],
            global("collections", "OrderedDict") + op(")") + op("R"))
        + op("R")
}

/// A file of PyTorch with `pickle` and storage 0 of `storageSize` bytes.
func torchFile(_ pickle: Pickle, storageSize: Int = 16) -> StoredZip {
    StoredZip([
        ("a/data.pkl", pickle.bytes), ("a/data/0", [UInt8](repeating: 0, count: storageSize)),
    ])
}

/// One tensor `w` of four elements, as `torchFile` has it.
let soundPickle = Pickle(dictionary(text("w"), rebuilt(storage(4), shape: [4], strides: [1])))
