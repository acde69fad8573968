import DenseKitTorch
import Testing

/// An operation on zeros of the current device, with what a counter must note.
private struct Counted: Sendable, CustomTestStringConvertible {
    let name: String
    let operation: CountedOperation
    let amount: Double
    var amountAtOutputs: Double?
    let run: @Sendable () throws -> Tensor

    init(
        _ name: String, _ operation: CountedOperation, _ amount: Double, atOutputs: Double? = nil,
        _ run: @escaping @Sendable () throws -> Tensor
    ) {
        self.name = name
        self.operation = operation
        self.amount = amount
        amountAtOutputs = atOutputs
        self.run = run
    }

    var testDescription: String { name }
}

private func x(_ shape: Int...) throws -> Tensor { try Tensor.zeros(shape) }

@Suite struct OperationCounterTests {
    private static let operations = [
        Counted("linear", .matrixProduct, 2 * 7 * 3 * 5) { try x(2, 7, 3).linear(x(5, 3), x(5)) },
        Counted("linear of one vector", .matrixProduct, 3 * 5) { try x(3).linear(x(5, 3), nil) },
        Counted("matrix product", .matrixProduct, 4 * 6 * 5 * 3) {
            try x(4, 6, 3).matmul(x(4, 3, 5))
        },
        Counted("matrix product, one matrix for all", .matrixProduct, 4 * 6 * 5 * 3) {
            try x(4, 6, 3).matmul(x(3, 5))
        },
        Counted("matrix times vector", .matrixProduct, 6 * 3) { try x(6, 3).matmul(x(3)) },
        Counted("attention", .matrixProduct, 2 * 4 * (6 * 9 * 8 + 6 * 9 * 8)) {
            try Tensor.attention(x(2, 4, 6, 8), x(2, 4, 9, 8), x(2, 4, 9, 8))
        },
        Counted("attention, causal", .matrixProduct, 2 * 4 * 2 * 6 * 6 * 8) {
            try Tensor.attention(x(2, 4, 6, 8), x(2, 4, 6, 8), x(2, 4, 6, 8), causal: true)
        },
        Counted("attention, masked", .matrixProduct, 2 * 4 * (6 * 9 * 8 + 6 * 9 * 5)) {
            try Tensor.attention(x(2, 4, 6, 8), x(2, 4, 9, 8), x(2, 4, 9, 5), mask: x(6, 9))
        },
        Counted("convolution", .convolution, 2 * (5 * 3 * 9) * 4 * 6) {
            try x(2, 3, 8, 12).conv2d(x(5, 3, 3, 3), x(5), stride: 2, padding: 1)
        },
        Counted("convolution in groups", .convolution, (8 * 2 * 9) * 8 * 8) {
            try x(1, 4, 8, 8).conv2d(x(8, 2, 3, 3), nil, padding: 1, groups: 2)
        },
        Counted("convolution, dilated", .convolution, (5 * 3 * 9) * 4 * 4) {
            try x(1, 3, 8, 8).conv2d(x(5, 3, 3, 3), nil, dilation: 2)
        },
        Counted(
            "transposed convolution", .transposedConvolution, 2 * (3 * 5 * 4) * 4 * 6,
            atOutputs: 2 * (3 * 5 * 4) * 8 * 12
        ) {
            try x(2, 3, 4, 6).convTranspose2d(x(3, 5, 2, 2), x(5), stride: 2)
        },
        Counted("batch norm", .batchNorm, 2 * 3 * 4 * 5) {
            try x(2, 3, 4, 5).batchNorm(
                weight: x(3), bias: x(3), runningMean: x(3), runningVar: Tensor.ones([3]),
                training: false, momentum: 0.1,
                eps: 1e-5)
        },
        Counted("layer norm", .layerNorm, 2 * 7 * 6) {
            try x(2, 7, 6).layerNorm(x(6), x(6), eps: 1e-5)
        },
        Counted("group norm", .groupNorm, 2 * 6 * 4 * 5) {
            try x(2, 6, 4, 5).groupNorm(2, weight: x(6), bias: x(6), eps: 1e-5)
        },
        Counted("bilinear resize", .bilinear, 2 * 3 * 8 * 9) {
            try x(2, 3, 4, 5).interpolated(to: Size2D(8, 9), .bilinear())
        },
        Counted("bilinear resize to the same size", .bilinear, 2 * 3 * 4 * 5) {
            try x(2, 3, 4, 5).interpolated(to: Size2D(4, 5), .bilinear())
        },
        Counted("nearest resize", .nearest, 2 * 3 * 8 * 9) {
            try x(2, 3, 4, 5).interpolated(to: Size2D(8, 9), .nearest)
        },
        Counted("adaptive average pool", .adaptiveAveragePool, 2 * 3 * 4 * 6) {
            try x(2, 3, 4, 6).adaptiveAvgPool2d(Size2D(2, 3))
        },
        Counted("adaptive average pool to one", .adaptiveAveragePool, 2 * 3 * 4 * 6) {
            try x(2, 3, 4, 6).adaptiveAvgPool2d(1)
        },
    ]

    @Test(
        "Counts what was computed by hand, and gives the same shape, with memory and without",
        arguments: operations)
    private func amounts(_ expected: Counted) throws {
        var shapes: [[Int]] = []
        for device in [Device.cpu, .meta] {
            let counter = OperationCounter()
            let y = try withDevice(device) { try counter.count(expected.run) }
            #expect(y.device == device)
            shapes.append(y.shape)
            #expect(counter.entries.map(\.operation) == [expected.operation])
            #expect(counter.entries.map(\.amount) == [expected.amount])
            #expect(
                counter.entries.map(\.amountAtOutputs) == [
                    expected.amountAtOutputs ?? expected.amount
                ])
        }
        #expect(shapes[0] == shapes[1])
    }

    @Test("Everything else costs nothing")
    func free() throws {
        let counter = OperationCounter()
        try withDevice(.meta) {
            try counter.count {
                let map = try x(2, 4, 8, 8)
                for y in try [
                    map.relu(), map.gelu(), map.sigmoid(), map.quick(), map.maxPool2d(2),
                    map.avgPool2d(2),
                ] {
                    #expect(try (y + y * 2).softmax(1).normalized(1).shape == y.shape)
                }
                _ = try map.interpolated(to: 16, .bicubic())
                _ = try x(9, 4).embedding(Tensor.from([Int64(1), 2]))
                _ = try Tensor.cat([map, map], dim: 1).permuted(0, 2, 3, 1).reshaped([-1, 8]).mean(
                    1)
            }
        }
        #expect(counter.entries.isEmpty)
    }

    /// Named weights in three modules; what lies between them has none.
    @Test(
        "An operation without weights belongs to the smallest part that holds the weights around it, or to the scope"
    )
    func attribution() throws {
        func weight(_ name: String) throws -> Tensor {
            let weight = try Tensor.zeros([4, 4])
            weight.name = name
            return weight
        }
        let q = try weight("net.block.attn.q.weight")
        let out = try weight("net.block.attn.out.weight")
        let next = try weight("net.head.weight")
        let other = try weight("gamma")
        let counter = OperationCounter()
        try counter.count {
            let y = try x(3, 4)
            _ = try y.matmul(x(4, 4))  // before any weight: the scope's
            try OperationCounter.scope("net") {
                _ = try y.matmul(x(4, 4))  // before the scope's first weight: the scope's
                _ = try y.linear(q, nil)
                _ = try y.matmul(x(4, 4))  // between q and out: attn's
                _ = try y.linear(out, nil)
                _ = try y.matmul(x(4, 4))  // between attn and head: net's
                _ = try y.matmul(next)
                _ = try y.matmul(x(4, 4))  // behind the last weight: the scope's
            }
            _ = try OperationCounter.scope("(between)") { try y.matmul(x(4, 4)) }
            _ = try y.matmul(other)
        }
        #expect(
            counter.entries.map(\.path) == [
                "", "net", "net.block.attn.q", "net.block.attn", "net.block.attn.out", "net",
                "net.head", "net", "(between)", "",
            ])
    }

    @Test("Nothing is counted outside of its body, and an error ends a scope")
    func ends() throws {
        struct Stop: Error {}
        let counter = OperationCounter(countsDefinitions: false)
        #expect(!OperationCounter.isCounting)
        #expect(throws: Stop.self) {
            try counter.count {
                #expect(OperationCounter.isCounting && !OperationCounter.wantsDefinitions)
                try OperationCounter.scope("net") {
                    _ = try x(1, 2).matmul(x(2, 2))
                    throw Stop()
                }
            }
        }
        _ = try x(1, 2).matmul(x(2, 2))
        #expect(!OperationCounter.isCounting && counter.entries.map(\.path) == ["net"])
        try counter.count { _ = try x(1, 2).matmul(x(2, 2)) }
        #expect(counter.entries.map(\.path) == ["net", ""])
    }

    @Test("Amounts beyond an integer's range are no trap")
    func large() throws {
        let counter = OperationCounter()
        try withDevice(.meta) {
            try counter.count { _ = try x(1 << 20, 1 << 20).matmul(x(1 << 20, 1 << 20)) }
        }
        #expect(counter.entries.map(\.amount) == [0x1p60])
        try withDevice(.meta) {
            try counter.count { _ = try x(1 << 28, 1 << 20).matmul(x(1 << 20, 1 << 28)) }
        }
        #expect(counter.entries.last?.amount == 0x1p76)
    }
}

extension Tensor {
    fileprivate func quick() throws -> Tensor { try self * (self * 1.702).sigmoid() }
}
