import DenseKitTorch
import Testing

@Suite struct CreationTests {
    @Test(arguments: [
        Operation("zeros", [2, 2], [0, 0, 0, 0]) { try .zeros([2, 2]) },
        Operation("ones", [3], [1, 1, 1]) { try .ones([3]) },
        Operation("full", [1, 2], [2.5, 2.5]) { try .full([1, 2], 2.5) },
        Operation("scalar", [], [7]) { try .full([], 7) },
        Operation("no elements", [0, 3], []) { try .zeros([0, 3]) },
        Operation("from floats", [2], [1.5, -2]) { try .from([Float(1.5), -2]) },
        Operation("from integers, shaped", [2, 1], [3, 4]) {
            try .from([Int64(3), 4], shape: [2, 1])
        },
        Operation("arange", [3], [0, 1, 2]) { try .arange(to: 3) },
        Operation("arange with start and step", [3], [1, 1.5, 2]) {
            try .arange(1, to: 2.5, step: 0.5, dtype: .float32)
        },
        Operation("fill", [2], [4, 4]) { try Tensor.zeros([2]).fillInPlace(4) },
        Operation("copy broadcasts and converts", [2, 2], [1, 2, 1, 2]) {
            try Tensor.zeros([2, 2]).copyInPlace(.from([Int64(1), 2]))
        },
    ])
    func values(_ operation: Operation) throws {
        try expect(operation.run(), operation.shape, operation.values)
    }

    @Test(arguments: DType.allCases) func elementTypes(_ dtype: DType) throws {
        let tensor = try Tensor.full([2, 3], 1, dtype: dtype)
        #expect(
            tensor.dtype == dtype && tensor.rank == 2 && tensor.count == 6 && tensor.device == .cpu)
        #expect(try tensor.bytes().count == 6 * dtype.size)
        #expect(
            try tensor.floats() == [1, 1, 1, 1, 1, 1] && tensor.integers() == [1, 1, 1, 1, 1, 1])
        #expect(try tensor.to(.float64).dtype == .float64)
    }

    @Test func bytesAreLittleEndianInRowMajorOrder() throws {
        let tensor = try Tensor.from([Int64(1), 258]).to(.int16)
        #expect(try tensor.bytes() == [1, 0, 2, 1])
        let turned = try Tensor.from([Float(1), 2, 3, 4], shape: [2, 2]).transposed(0, 1)
        #expect(try turned.floats() == [1, 3, 2, 4])
        #expect(try Tensor.from([Float(1)]).bytes() == [0, 0, 0x80, 0x3f])
    }

    @Test func itemsAndSizes() throws {
        #expect(try Tensor.full([1, 1], -2.5).item() == -2.5)
        #expect(try Tensor.from([Int64(1) << 52]).item() == 0x1p52)
        let tensor = try Tensor.zeros([2, 5])
        #expect(
            [
                tensor.size(0), tensor.size(1), tensor.size(-1), tensor.size(-2), tensor.size(2),
                tensor.size(-3),
            ] == [
                2, 5, 5, 2, 1, 1,
            ])
        #expect("\(tensor)" == "Tensor[2, 5] float32 cpu")
    }

    @Test func aCloneIsApart() throws {
        let original = try Tensor.zeros([2])
        let clone = try original.cloned()
        let itself = try original.to(.float32)
        try original.fillInPlace(1)
        #expect(try clone.floats() == [0, 0])
        #expect(try itself.floats() == [1, 1])  // nothing had to change: the same memory
    }

    @Test func writingThroughBytes() throws {
        let tensor = try Tensor.zeros([2])
        try tensor.withUnsafeMutableBytes {
            $0.storeBytes(of: 0x4000_0000, toByteOffset: 4, as: UInt32.self)
        }
        #expect(try tensor.floats() == [0, 2])
    }

    @Test(arguments: [
        ("cpu", Device.cpu), ("cuda", .cuda(0)), ("cuda:3", .cuda(3)), ("cuda:127", .cuda(127)),
        ("cuda:128", nil),
        ("cuda:-1", nil),
        ("cuda:99999999999", nil), ("cuda:", nil), ("cuda:1:2", nil), ("CPU", nil), ("cpu:0", nil),
        ("", nil),
    ])
    func deviceNames(_ text: String, _ device: Device?) { #expect(Device(text) == device) }

    @Test func deviceDescriptions() {
        #expect([Device.cpu, .cuda(1), .meta].map(\.description) == ["cpu", "cuda:1", "meta"])
    }

    @Test func shapesWithoutMemory() throws {
        let tensor = try Tensor.empty([1 << 20, 1 << 20], device: .meta)
        #expect(tensor.device == .meta && tensor.count == 1 << 40)
        #expect(throws: TorchError.self) { try tensor.withUnsafeBytes { _ in } }
    }

    @Test func theEngine() throws {
        #expect(Engine.version.split(separator: ".").count >= 2)
        #expect(!Engine.buildDescription.isEmpty)
        #expect(Engine.defaultThreadCount > 0)
    }
}
