import DenseKitTorch
import Testing

private let nan = Float.nan
private let inf = Float.infinity

@Suite struct MathTests {
    @Test(arguments: [
        Operation("add", [2, 2], [2, 4, 4, 6]) { try counting(2, 2) + counting(2) },
        Operation("subtract", [2], [0, -2]) { try counting(2) - Tensor.from([Float(1), 4]) },
        Operation("subtract integers", [2], [0, -2]) {
            try Tensor.from([Int64(1), 2]) - Tensor.from([Int64(1), 4])
        },
        Operation("multiply", [2, 2], [1, 2, 2, 4]) { try counting(2, 1) * counting(2) },
        Operation("divide", [3], [0.5, -inf, nan]) {
            try Tensor.from([Float(1), -1, 0]) / Tensor.from([Float(2), 0, 0])
        },
        Operation("add a number", [2], [1.5, 2.5]) { try counting(2) + 0.5 },
        Operation("subtract a number", [2], [0.5, 1.5]) { try counting(2) - 0.5 },
        Operation("multiply by a number", [2], [-2, -4]) { try counting(2) * -2 },
        Operation("divide by a number", [2], [0.25, 0.5]) { try counting(2) / 4 },
        Operation("divide integers", [2], [0.5, 1]) { try Tensor.from([Int64(1), 2]) / 2 },
        Operation("divide by zero", [3], [inf, -inf, nan]) {
            try Tensor.from([Float(1), -1, 0]) / 0
        },
        Operation("negate", [2], [-1, -2]) { try -counting(2) },
        Operation("add in place, scaled", [2], [3, 6]) {
            try counting(2).addInPlace(counting(2), scale: 2)
        },
        Operation("add a number in place", [2], [2, 3]) { try counting(2).addInPlace(1) },
        Operation("count up integers", [], [3]) {
            try Tensor.full([], 2, dtype: .int64).addInPlace(1)
        },
        Operation("multiply in place", [2], [3, 6]) { try counting(2).mulInPlace(3) },
        Operation("matmul", [2, 2], [7, 10, 15, 22]) { try counting(2, 2).matmul(counting(2, 2)) },
        Operation("matmul in batches", [2, 1, 1], [5, 11]) {
            try counting(2, 1, 2).matmul(counting(2, 1))
        },
        Operation("matmul of vectors", [], [14]) { try counting(3).matmul(counting(3)) },
        Operation("pow", [3], [1, 4, 9]) { try counting(3).pow(2) },
        Operation("remainder", [4], [2, 0, 1, 2]) {
            try Tensor.from([Int64(-1), 0, 1, 5]).remainder(by: 3)
        },
        Operation("abs", [2], [1, 2]) { try Tensor.from([Float(-1), 2]).abs() },
        Operation("exp", [3], [1, 2.7182817, 0]) { try Tensor.from([Float(0), 1, -inf]).exp() },
        Operation("log", [4], [0, 1, -inf, nan]) {
            try Tensor.from([Float(1), 2.7182817, 0, -1]).log()
        },
        Operation("log2", [4], [0, 10, -1, -inf]) {
            try Tensor.from([Float(1), 1024, 0.5, 0]).log2()
        },
        Operation("floor", [3], [-2, 0, 1]) { try Tensor.from([Float(-1.5), 0.9, 1]).floor() },
        Operation("sqrt", [3], [2, 0, nan]) { try Tensor.from([Float(4), 0, -1]).sqrt() },
        Operation("rsqrt", [2], [0.5, inf]) { try Tensor.from([Float(4), 0]).rsqrt() },
        Operation("maximum", [2], [2, 2]) { try counting(2).maximum(Tensor.full([], 2)) },
        Operation("minimum", [2], [1, 1.5]) { try counting(2).minimum(Tensor.full([1], 1.5)) },
        Operation("clamp below", [3], [2, 2, 3]) { try counting(3).clamped(2) },
        Operation("clamp above", [3], [1, 2, 2]) { try counting(3).clamped(nil, 2) },
        Operation("clamp both", [3], [1.5, 2, 2.5]) { try counting(3).clamped(1.5, 2.5) },
        Operation("equals", [2], [1, 0]) { try counting(2).equals(Tensor.from([Float(1), 1])) },
        Operation("equals a number", [2], [0, 1]) { try counting(2).equals(2) },
        Operation("differs from a number", [2], [1, 0]) { try counting(2).differs(from: 2) },
        Operation("less", [3], [1, 0, 0]) { try counting(3).isLess(than: 2) },
        Operation("greater", [3], [0, 0, 1]) { try counting(3).isGreater(than: 2) },
        Operation("less than a tensor", [3], [0, 0, 1]) {
            try counting(3).flipped(0).isLess(than: counting(3))
        },
        Operation("greater than a tensor", [3], [1, 0, 0]) {
            try counting(3).flipped(0).isGreater(than: counting(3))
        },
        Operation("at most a tensor", [3], [0, 1, 1]) {
            try counting(3).flipped(0).isAtMost(counting(3))
        },
        Operation("at least a tensor", [3], [1, 1, 0]) {
            try counting(3).flipped(0).isAtLeast(counting(3))
        },
        Operation("at most", [3], [1, 1, 0]) { try counting(3).isAtMost(2) },
        Operation("at least", [3], [0, 1, 1]) { try counting(3).isAtLeast(2) },
        Operation("and", [3], [0, 1, 0]) {
            try counting(3).isAtLeast(2).and(counting(3).isAtMost(2))
        },
        Operation("or", [3], [1, 0, 1]) {
            try counting(3).isLess(than: 2).or(counting(3).isGreater(than: 2))
        },
        Operation("not", [3], [0, 0, 1]) { try counting(3).isAtMost(2).not() },
        Operation("where", [2], [-1, 2]) {
            try .where(counting(2).isLess(than: 2), -counting(2), counting(2))
        },
        Operation("masked", [3], [1, 9, 9]) {
            try counting(3).masked(counting(3).isGreater(than: 1), with: 9)
        },
        Operation("relu", [3], [0, 0, 2]) { try Tensor.from([Float(-1), 0, 2]).relu() },
        Operation("sum and relu in place", [3], [0, 6, 0.5]) {
            try Tensor.from([Float(-3), 2, 1]).addReluInPlace(Tensor.from([Float(1), 4, -0.5]))
        },
        Operation("relu in place", [2], [0, 2]) { try Tensor.from([Float(-1), 2]).reluInPlace() },
        Operation("sigmoid", [3], [0.5, 1, 0]) {
            try Tensor.from([Float(0), 100, -100]).sigmoid()
        },
        Operation("tanh", [2], [0, 0.7615942]) { try Tensor.from([Float(0), 1]).tanh() },
        Operation("gelu", [3], [0, 0.8413447, -0.15865526]) {
            try Tensor.from([Float(0), 1, -1]).gelu()
        },
    ])
    func values(_ operation: Operation) throws {
        try expect(operation.run(), operation.shape, operation.values)
    }

    @Test(arguments: [
        Operation("sum", [], [21]) { try counting(2, 3).sum() },
        Operation("sum of rows", [2], [6, 15]) { try counting(2, 3).sum(1) },
        Operation("sum of two dimensions", [1, 1], [21]) {
            try counting(2, 3).sum(0, 1, keep: true)
        },
        Operation("mean", [], [3.5]) { try counting(2, 3).mean() },
        Operation("mean of columns", [1, 3], [2.5, 3.5, 4.5]) {
            try counting(2, 3).mean(0, keep: true)
        },
        Operation("mean of nothing", [], [nan]) { try Tensor.zeros([0]).mean() },
        Operation("largest", [], [6]) { try counting(2, 3).amax() },
        Operation("largest of rows", [2], [3, 6]) { try counting(2, 3).amax(-1) },
        Operation("smallest", [2, 1], [1, 4]) { try counting(2, 3).amin(1, keep: true) },
        Operation("norm", [], [5]) { try Tensor.from([Float(3), 4]).norm() },
        Operation("norm of rows", [2], [5, 13]) {
            try Tensor.from([Float(3), 4, 5, -12], shape: [2, 2]).norm(1)
        },
        Operation("argmax", [2], [1, 0]) {
            try Tensor.from([Float(1), 3, 2, 2], shape: [2, 2]).argmax(1)
        },
        Operation("softmax", [2], [0.26894143, 0.7310586]) { try counting(2).softmax(0) },
        Operation("softmax of large numbers", [2], [0.5, 0.5]) {
            try Tensor.full([2], 1e4).softmax(0)
        },
        Operation("log softmax", [2], [-1.3132617, -0.31326166]) { try counting(2).logSoftmax(-1) },
        Operation("normalized", [2, 2], [0.6, 0.8, 0, 0]) {
            try Tensor.from([Float(3), 4, 0, 0], shape: [2, 2]).normalized(1)
        },
    ])
    func reductions(_ operation: Operation) throws {
        try expect(operation.run(), operation.shape, operation.values)
    }

    @Test func theLargestAndItsPlace() throws {
        let (values, indices) = try Tensor.from([Float(1), 3, 5, 2], shape: [2, 2]).max(
            1, keep: true)
        try expect(values, [2, 1], [3, 5])
        try expect(indices, [2, 1], [1, 0])
        #expect(indices.dtype == .int64)
    }

    @Test func theSmallestAndItsPlace() throws {
        let (values, indices) = try Tensor.from([Float(1), 3, 5, 2], shape: [2, 2]).min(0)
        try expect(values, [2], [1, 2])
        try expect(indices, [2], [0, 1])
    }

    @Test func comparisonsAreBool() throws {
        #expect(
            try counting(2).equals(1).dtype == .bool
                && counting(2).isGreater(than: 1).dtype == .bool)
    }

    /// A product with the rounded reciprocal would miss some of these by one unit in the last
    /// place.
    @Test func aQuotientIsRoundedOnce() throws {
        let numbers = (1...200).map(Float.init)
        for divisor in [3.0, 7, 41, 49, 0.1] {
            #expect(
                try (Tensor.from(numbers) / divisor).floats()
                    == numbers.map { $0 / Float(divisor) }, "\(divisor)")
        }
    }

    @Test(arguments: [
        ([Float](), true), ([1, -2], true), ([1, .nan], false), ([.infinity, 0], false),
        ([-.infinity], false),
        ([.greatestFiniteMagnitude, .leastNonzeroMagnitude], true),
    ])
    func finiteness(_ values: [Float], _ expected: Bool) throws {
        #expect(try Tensor.from(values).isFinite() == expected)
    }
}
