import DenseKitTorch
import Testing

@Suite struct WindowTests {
    /// The definition, position by position: zeros added to whole windows, a cyclic shift up and
    /// left, windows row by row.
    private func windows(_ x: [Float], _ shape: [Int], _ size: Int, _ shift: Int) -> [Float] {
        let h = shape[1]
        let w = shape[2]
        let c = shape[3]
        let rows = (h + size - 1) / size
        let columns = (w + size - 1) / size
        var result: [Float] = []
        for image in 0..<shape[0] {
            for row in 0..<rows {
                for column in 0..<columns {
                    for place in 0..<(size * size) {
                        let y = (row * size + place / size + shift) % (rows * size)
                        let x0 = (column * size + place % size + shift) % (columns * size)
                        let start = ((image * h + y) * w + x0) * c
                        result +=
                            y < h && x0 < w
                            ? Array(x[start..<(start + c)]) : [Float](repeating: 0, count: c)
                    }
                }
            }
        }
        return result
    }

    private static let cases: [(shape: [Int], size: Int, shift: Int)] = [
        ([1, 4, 4, 2], 2, 0), ([2, 4, 6, 3], 2, 1), ([1, 5, 7, 2], 4, 2), ([2, 9, 3, 1], 7, 3),
        ([1, 1, 1, 5], 7, 3),
        ([1, 3, 3, 2], 1, 0),
        ([1, 14, 8, 1], 7, 6), ([1, 2, 2, 1], 7, 6),
    ]

    @Test(arguments: cases) func equalTheirDefinition(_ shape: [Int], _ size: Int, _ shift: Int)
        throws
    {
        let map = try normal(shape)
        let cut = try map.windows(size, shift: shift)
        let expected = windows(try map.floats(), shape, size, shift)
        #expect(cut.shape == [expected.count / size / size / shape[3], size * size, shape[3]])
        #expect(try cut.floats() == expected)
        #expect(
            try same(
                cut.joinedWindows(size, shift: shift, mapSize: Size2D(shape[1], shape[2])), map))
        // From any layout, and of any type.
        let other = try map.transposed(1, 2).contiguous().transposed(1, 2).to(.bfloat16)
        #expect(try same(other.windows(size, shift: shift), cut.to(.bfloat16)))
    }

    /// Each is the gradient of the other; padding has none.
    @Test(arguments: cases) func gradients(_ shape: [Int], _ size: Int, _ shift: Int) throws {
        let map = try normal(shape)
        try map.setRequiresGrad(true)
        let cut = try map.windows(size, shift: shift)
        let weights = try normal(cut.shape, seed: 1)
        try (cut * weights).sum().backward()
        let place = Size2D(shape[1], shape[2])
        #expect(
            try same(#require(map.grad), weights.joinedWindows(size, shift: shift, mapSize: place)))
        let parts = try normal(cut.shape, seed: 2)
        try parts.setRequiresGrad(true)
        let factor = try normal(shape, seed: 3)
        try (parts.joinedWindows(size, shift: shift, mapSize: place) * factor).sum().backward()
        #expect(try same(#require(parts.grad), factor.windows(size, shift: shift)))
    }

    @Test func threadsDoNotMatter() throws {
        let map = try normal([2, 40, 33, 8])
        let before = Engine.threadCount
        defer { try? Engine.setThreadCount(before) }
        try Engine.setThreadCount(1)
        let one = try map.windows(7, shift: 3)
        try Engine.setThreadCount(3)
        #expect(try same(one, map.windows(7, shift: 3)))
    }

    @Test(arguments: [
        ([3, 3], 2, 0, "windows: expected a map [n, h, w, c] with no empty dimension"),
        ([1, 0, 3, 2], 2, 0, "windows: expected a map [n, h, w, c] with no empty dimension"),
        (
            [1, 3, 3, 2], 0, 0,
            "windows: expected a window of 1...4096 and a shift below it, found 0 and 0"
        ),
        (
            [1, 3, 3, 2], 2, 2,
            "windows: expected a window of 1...4096 and a shift below it, found 2 and 2"
        ),
        (
            [1, 3, 3, 2], 2, -1,
            "windows: expected a window of 1...4096 and a shift below it, found 2 and -1"
        ),
        (
            [1, 3, 3, 2], Int.max, 0,
            "windows: expected a window of 1...4096 and a shift below it, found 9223372036854775807 and 0"
        ),
    ]) func mistakes(_ shape: [Int], _ size: Int, _ shift: Int, _ expected: String) throws {
        let error = try #require(throws: TorchError.self) {
            try Tensor.zeros(shape).windows(size, shift: shift)
        }
        #expect("\(error.operation): \(error.message)" == expected)
    }

    @Test(arguments: [
        ([4, 4, 1], 3, 3, "expected windows [n, 9, c], none empty", 3),
        ([3, 4, 1], 3, 3, "a map of 3 x 3 has 4 windows, found 3", 2),
        ([4, 4, 1], 0, 3, "expected a map of at least one position", 2),
        ([4, 4, 1], 3, Int.max, "expected a map of at least one position", 2),
    ]) func mistakesInJoining(
        _ shape: [Int], _ height: Int, _ width: Int, _ expected: String, _ size: Int
    ) throws {
        let error = try #require(throws: TorchError.self) {
            try Tensor.zeros(shape).joinedWindows(size, mapSize: Size2D(height, width))
        }
        #expect(error.message == expected)
    }
}
