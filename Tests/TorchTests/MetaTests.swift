import DenseKitTorch
import Testing

private func x(_ shape: Int...) throws -> Tensor { try Tensor.ones(shape) }

/// A map whose memory has its channels side by side.
private func map(_ shape: Int...) throws -> Tensor { try Tensor.ones(shape).channelsLast() }

/// Tensors of the device meta have shapes and no memory.
@Suite struct MetaTests {
    private static let operations: [(String, @Sendable () throws -> Tensor)] = [
        (
            "convolution",
            {
                try map(2, 3, 9, 8).conv2d(
                    x(5, 3, 3, 2), x(5), stride: Size2D(2, 1), padding: Size2D(1, 0))
            }
        ),
        ("convolution of a plain map", { try x(2, 3, 9, 8).conv2d(x(5, 3, 3, 3), nil) }),
        (
            "depthwise convolution",
            { try map(2, 4, 9, 8).conv2d(x(4, 1, 3, 3), nil, padding: 2, dilation: 2, groups: 4) }
        ),
        (
            "transposed convolution",
            {
                try x(2, 4, 5, 6).convTranspose2d(
                    x(4, 3, 3, 2), x(3), stride: Size2D(2, 3), padding: 1, outputPadding: 1)
            }
        ),
        (
            "transposed convolution in groups",
            { try x(1, 4, 5, 6).convTranspose2d(x(4, 3, 2, 2), nil, stride: 2, groups: 2) }
        ),
        (
            "batch norm",
            {
                try map(2, 3, 4, 5).batchNorm(
                    weight: x(3), bias: x(3), runningMean: x(3), runningVar: x(3), training: false,
                    momentum: 0.1, eps: 1e-5)
            }
        ),
        ("layer norm", { try x(2, 7, 6).layerNorm(x(6), x(6), eps: 1e-5) }),
        ("group norm", { try x(2, 6, 4, 5).groupNorm(3, weight: x(6), bias: x(6), eps: 1e-5) }),
        ("relu", { try map(2, 3, 4, 5).relu() }),
        ("relu in place", { try map(2, 3, 4, 5).reluInPlace() }),
        ("addition and relu in place", { try map(2, 3, 4, 5).addReluInPlace(map(2, 3, 4, 5)) }),
        ("adaptive average pool", { try map(2, 3, 7, 5).adaptiveAvgPool2d(Size2D(3, 2)) }),
        ("adaptive average pool to one", { try x(2, 3, 7, 5).adaptiveAvgPool2d(1) }),
        ("max pool", { try map(2, 3, 7, 5).maxPool2d(3, stride: 2, padding: 1) }),
        ("average pool", { try map(2, 3, 7, 5).avgPool2d(2, ceilMode: true) }),
        ("rows by index", { try x(5, 3).indexed(0, Tensor.from([Int64(0), 4, 4, 1])) }),
        ("columns by index", { try x(5, 3, 2).indexed(-2, Tensor.from([Int64(0)])) }),
        ("table", { try x(9, 4).embedding(Tensor.from([Int64(1), 2, 3], shape: [3, 1])) }),
        ("choice", { try Tensor.where(x(3, 1).isGreater(than: 0), x(1, 4), x(4)) }),
        (
            "masked attention",
            { try Tensor.attention(x(2, 2, 5, 4), x(2, 2, 5, 4), x(2, 2, 5, 4), mask: x(5, 5)) }
        ),
        ("bilinear resize", { try map(2, 3, 4, 5).interpolated(to: Size2D(7, 9), .bilinear()) }),
        ("nearest resize", { try map(2, 3, 4, 5).interpolated(to: Size2D(7, 9), .nearest) }),
        ("largest", { try x(3, 9).topK(4).indices }),
        ("order", { try x(3, 9).sorted(0, descending: true).values }),
        ("rows replaced", { try x(5, 3).replaced(0, Tensor.from([Int64(4), 1]), by: x(2, 3)) }),
        (
            "regions",
            {
                let regions = try x(6, 5) - 1
                return try map(2, 3, 9, 8).roiAligned(
                    regions, size: Size2D(7, 5), scale: 0.5, samplingRatio: 0, aligned: true)
            }
        ),
        ("upper triangle", { try Tensor.full([4, 6], -.infinity).upperTriangle(diagonal: 3) }),
        ("normalisation", { try x(2, 3, 4).normalized(2).clamped(0, 1).matmul(x(2, 4, 3)) }),
    ]

    @Test(
        "An operation gives the shape, element type and layout that it gives with memory",
        arguments: operations.indices)
    func shapes(_ index: Int) throws {
        let (name, run) = Self.operations[index]
        let real = try run()
        let shape = try withDevice(.meta, run)
        #expect(
            shape.device == .meta && shape.shape == real.shape && shape.dtype == real.dtype,
            "\(name)")
        #expect(shape.isChannelsLast == real.isChannelsLast, "\(name)")
    }

    @Test("What does not fit is refused as with memory")
    func mistakes() {
        withDevice(.meta) {
            #expect(throws: TorchError.self) { try x(2, 3, 9, 8).conv2d(x(5, 4, 3, 3), nil) }
            #expect(throws: TorchError.self) { try x(2, 3, 2, 8).conv2d(x(5, 3, 3, 3), nil) }
            #expect(throws: TorchError.self) { try x(2, 3).matmul(x(4, 5)) }
            #expect(throws: TorchError.self) { try x(2, 7, 6).layerNorm(x(5), x(5), eps: 1e-5) }
        }
    }

    @Test("Values cannot be had, with a sentence that says why")
    func values() throws {
        let shape = try Tensor.zeros([2], device: .meta)
        let error = #expect(throws: TorchError.self) { try shape.withUnsafeBytes { $0.count } }
        #expect(error?.message == "needs a contiguous tensor on the CPU, found one on meta")
        #expect(throws: TorchError.self) { try shape.floats() }
        #expect(throws: TorchError.self) { try shape.sum().item() }
    }

    @Test(
        "Tensors are made where withDevice says, but for those that are told otherwise; its end brings the CPU back"
    )
    func standardDevice() throws {
        struct Stop: Error {}
        var made: [Tensor] = []
        var told: [Tensor] = []
        #expect(throws: Stop.self) {
            try withDevice(.meta) {
                made = try [
                    Tensor.empty([2]), Tensor.zeros([2]), Tensor.ones([2]), Tensor.full([2], 3),
                    Tensor.arange(to: 2), Tensor.from([Float(1), 2]), Tensor.from([Int64(1), 2]),
                    Tensor.randomNormal([2]), Tensor.empty([2]).uniformInPlace(0, 1),
                    Tensor.empty([2]).truncatedNormalInPlace(),
                ]
                told = try [
                    Tensor.zeros([2], device: .cpu), withDevice(.cpu) { try Tensor.zeros([2]) },
                ]
                throw Stop()
            }
        }
        #expect(
            made.map(\.device) == [Device](repeating: .meta, count: 10)
                && made.allSatisfy { $0.shape == [2] })
        #expect(told.map(\.device) == [.cpu, .cpu])
        #expect(Device.standard == .cpu)
        #expect(try Tensor.zeros([2]).device == .cpu)
    }
}
