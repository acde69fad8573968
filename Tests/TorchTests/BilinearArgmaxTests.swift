import DenseKitTorch
import Testing

/// `bilinearArgmax` against enlarging the logits and looking for the largest.
@Suite struct BilinearArgmaxTests {
    /// A map of logits, and the size that its classes are wanted at.
    struct Case: Sendable, CustomTestStringConvertible {
        let source: Size2D
        let classes: Int
        let target: Size2D
        var testDescription: String { "\(source) of \(classes) to \(target)" }
    }

    private func logits(_ source: Size2D, _ classes: Int, seed: UInt64 = 0) throws -> Tensor {
        try normal([source.height, source.width, classes], seed: seed)
    }

    private func reference(_ logits: Tensor, _ size: Size2D) throws -> Tensor {
        try logits.permuted(2, 0, 1).unsqueezed(0).contiguous().interpolated(to: size, .bilinear())
            .argmax(1).selected(0, 0)
    }

    @Test(
        arguments: [
            (Size2D(4, 5), Size2D(16, 20)), (Size2D(7, 5), Size2D(7, 5)),
            (Size2D(9, 11), Size2D(4, 3)),
            (Size2D(1, 1), Size2D(3, 4)),
            (Size2D(1, 7), Size2D(5, 13)),
            (Size2D(6, 1), Size2D(11, 3)), (Size2D(8, 8), Size2D(1, 1)),
            (Size2D(5, 6), Size2D(11, 4)),
            (Size2D(3, 3), Size2D(101, 97)),
        ].flatMap { source, target in
            [1, 2, 3, 15, 16, 17, 31, 32, 33, 40].map {
                Case(source: source, classes: $0, target: target)
            }
        })
    func equalsEnlargingFirst(_ each: Case) throws {
        let logits = try logits(each.source, each.classes)
        let labels = try logits.bilinearArgmax(
            firstRow: 0, sourceHeight: each.source.height, size: each.target,
            rows: 0..<each.target.height)
        #expect(labels.dtype == .int32)
        #expect(try labels.integers() == reference(logits, each.target).integers())
    }

    @Test(arguments: [
        (Size2D(6, 7), Size2D(24, 21)), (Size2D(12, 5), Size2D(7, 9)), (Size2D(5, 4), Size2D(5, 4)),
    ])
    func stripsMakeTheWhole(_ source: Size2D, _ target: Size2D) throws {
        let logits = try logits(source, 19, seed: 4)
        let whole = try reference(logits, target).integers()
        for height in [1, 2, 5] {
            for start in stride(from: 0, to: target.height, by: height) {
                let rows = start..<min(start + height, target.height)
                // The rows that these need, by the definition of bilinear sampling.
                func below(_ row: Int) -> Int {
                    let position =
                        (Double(row) + 0.5) * Double(source.height) / Double(target.height) - 0.5
                    return min(max(0, Int(position.rounded(.down))), source.height - 1)
                }
                let needed =
                    below(rows.lowerBound)..<min(below(rows.upperBound - 1) + 1, source.height - 1)
                    + 1
                let part = try logits.narrowed(0, needed.lowerBound, needed.count)
                let labels = try part.bilinearArgmax(
                    firstRow: needed.lowerBound, sourceHeight: source.height, size: target,
                    rows: rows)
                #expect(
                    try labels.integers()
                        == Array(
                            whole[rows.lowerBound * target.width..<rows.upperBound * target.width]))
            }
        }
    }

    @Test func theFirstOfEqualsWins() throws {
        for classes in [2, 16, 20, 40] {
            let flat = try Tensor.zeros([2, 2, classes])
            #expect(
                try flat.bilinearArgmax(firstRow: 0, sourceHeight: 2, size: 4, rows: 0..<4).amax()
                    .item() == 0)
            let last = try Tensor.full([2, 2, classes], -.infinity)
            try last.narrowed(2, classes - 1, 1).fillInPlace(-1)
            #expect(
                try last.bilinearArgmax(firstRow: 0, sourceHeight: 2, size: 4, rows: 0..<4).amin()
                    .item() == Double(classes - 1))
        }
    }

    @Test(arguments: [
        Failure("bilinear_argmax", ["[2, 2]"]) {
            _ = try counting(2, 2).bilinearArgmax(
                firstRow: 0, sourceHeight: 2, size: 2, rows: 0..<2)
        },
        Failure("bilinear_argmax", ["[2, 2, 2]"]) {
            _ = try counting(2, 2, 2).transposed(0, 2).bilinearArgmax(
                firstRow: 0, sourceHeight: 2, size: 2, rows: 0..<2)
        },
        Failure("bilinear_argmax", ["[2, 2, 1]"]) {
            _ = try counting(2, 2, 1).to(.float64).bilinearArgmax(
                firstRow: 0, sourceHeight: 2, size: 2, rows: 0..<2)
        },
        Failure("bilinear_argmax", ["[0, 2, 1]"]) {
            _ = try Tensor.zeros([0, 2, 1]).bilinearArgmax(
                firstRow: 0, sourceHeight: 2, size: 2, rows: 0..<2)
        },
        Failure("bilinear_argmax", ["[2, 2, 1]"]) {
            _ = try counting(2, 2, 1).bilinearArgmax(
                firstRow: 1, sourceHeight: 4, size: 8, rows: 0..<8)
        },
        Failure("bilinear_argmax", ["[2, 2, 1]"]) {
            _ = try counting(2, 2, 1).bilinearArgmax(
                firstRow: 0, sourceHeight: 2, size: 4, rows: 2..<5)
        },
        Failure("bilinear_argmax", ["[2, 2, 1]"]) {
            _ = try counting(2, 2, 1).bilinearArgmax(
                firstRow: 0, sourceHeight: 2, size: 4, rows: -1..<2)
        },
    ])
    func errors(_ failure: Failure) throws {
        let error = try #require(throws: TorchError.self) { try failure.run() }
        #expect(
            error.operation == failure.operation && error.operands == failure.operands
                && !error.message.isEmpty)
    }
}
