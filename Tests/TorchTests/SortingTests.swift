import DenseKitTorch
import Testing

private let nan = Float.nan

@Suite struct SortingTests {
    @Test func inOrder() throws {
        let (values, indices) = try Tensor.from([Float(2), 1, 2, 3]).sorted()
        try expect(values, [4], [1, 2, 2, 3])
        try expect(indices, [4], [1, 0, 2, 3])
        let (down, places) = try Tensor.from([Int64(2), 1, 2, 3], shape: [2, 2]).sorted(
            0, descending: true)
        try expect(down, [2, 2], [2, 3, 2, 1])
        try expect(places, [2, 2], [0, 1, 1, 0])
    }

    @Test(
        "The largest come in order, equals by place, what is not a number first",
        arguments: [
            (0, [Float](), [Float]()), (1, [nan], [4]), (2, [nan, 7], [4, 1]),
            (4, [nan, 7, 7, 2], [4, 1, 3, 0]),
            (6, [nan, 7, 7, 2, 2, -.infinity], [4, 1, 3, 0, 2, 5]),
        ] as [(Int, [Float], [Float])])
    func largest(_ count: Int, _ values: [Float], _ indices: [Float]) throws {
        let x = try Tensor.from([2, 7, 2, 7, nan, -.infinity])
        for dtype in [DType.float32, .float64, .bfloat16] {
            let found = try x.to(dtype).topK(count)
            try expect(found.values, [count], values)
            try expect(found.indices, [count], indices)
            #expect(found.values.dtype == dtype && found.indices.dtype == .int64)
        }
    }

    @Test func theLargestAlongADimension() throws {
        let x = try Tensor.from([Float(1), 5, 3, 4, 2, 6], shape: [3, 2])
        let columns = try x.topK(2, 0)
        try expect(columns.values, [2, 2], [3, 6, 2, 5])
        try expect(columns.indices, [2, 2], [1, 2, 2, 0])
        try expect(x.topK(1).indices, [3, 1], [1, 1, 1])
        try expect(Tensor.from([Int64(1), 9, 4]).topK(2).values, [2], [9, 4])
        #expect(try Tensor.zeros([0, 4]).topK(3).values.shape == [0, 3])
    }

    /// Both are a choice, so the gradient goes back to what was chosen.
    @Test func gradients() throws {
        let x = try Tensor.from([Float(3), 1, 2])
        try x.setRequiresGrad(true)
        try (x.topK(2).values * Tensor.from([Float(10), 20])).sum().backward()
        try expect(#require(x.grad), [3], [10, 0, 20])
    }

    @Test func manyOfThem() throws {
        let x = try (normal([3, 4000]) * 20).floor()  // with many equals
        let found = try x.topK(1000)
        let all = try x.sorted(descending: true)
        #expect(try same(found.indices, all.indices.narrowed(1, 0, 1000).contiguous()))
        #expect(try same(found.values, all.values.narrowed(1, 0, 1000).contiguous()))
    }

    @Test func whereElementsAreTrue() throws {
        try expect(counting(2, 3).isGreater(than: 4).nonzero(), [2, 2], [1, 1, 1, 2])
        try expect(Tensor.from([Float(0), -1]).nonzero(), [1, 1], [1])
        #expect(try Tensor.zeros([3]).nonzero().shape == [0, 1])
    }

    @Test func aCountBeyondTheLength() throws {
        let error = #expect(throws: TorchError.self) { try counting(3).topK(4) }
        #expect(error?.description == "topk: expected a count of 0 to 3, found 4 (operands: [3])")
        #expect(throws: TorchError.self) { try counting(3).topK(-1) }
    }
}
