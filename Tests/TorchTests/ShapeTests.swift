import DenseKitTorch
import Testing

@Suite struct ShapeTests {
    @Test(arguments: [
        Operation("reshape", [3, 2], [1, 2, 3, 4, 5, 6]) { try counting(2, 3).reshaped([3, -1]) },
        Operation("flatten all", [6], [1, 2, 3, 4, 5, 6]) { try counting(1, 2, 3).flattened() },
        Operation("flatten some", [1, 6], [1, 2, 3, 4, 5, 6]) {
            try counting(1, 2, 3).flattened(from: 1)
        },
        Operation("flatten to", [2, 3], [1, 2, 3, 4, 5, 6]) {
            try counting(1, 2, 3).flattened(from: 0, to: 1)
        },
        Operation("flatten a scalar", [1], [7]) { try Tensor.full([], 7).flattened() },
        Operation("permute", [3, 2], [1, 4, 2, 5, 3, 6]) { try counting(2, 3).permuted(1, 0) },
        Operation("transpose", [2, 1, 2], [1, 3, 2, 4]) { try counting(2, 1, 2).transposed(0, 2) },
        Operation("unsqueeze", [2, 1], [1, 2]) { try counting(2).unsqueezed(1) },
        Operation("unsqueeze from the end", [1, 2], [1, 2]) { try counting(2).unsqueezed(-2) },
        Operation("squeeze", [2], [1, 2]) { try counting(2, 1).squeezed(1) },
        Operation("squeeze leaves other lengths", [2, 1], [1, 2]) {
            try counting(2, 1).squeezed(0)
        },
        Operation("expand", [2, 2], [1, 1, 2, 2]) { try counting(2, 1).expanded([-1, 2]) },
        Operation("repeat", [2, 4], [1, 2, 1, 2, 1, 2, 1, 2]) { try counting(2).repeated([2, 2]) },
        Operation("narrow", [2, 1], [2, 5]) { try counting(2, 3).narrowed(1, 1, 1) },
        Operation("strided", [2, 2], [2, 4, 3, 5]) {
            try counting(6).asStrided([2, 2], strides: [1, 2], offset: 1)
        },
        Operation("select", [3], [4, 5, 6]) { try counting(2, 3).selected(0, 1) },
        Operation("select from the end", [2], [3, 6]) { try counting(2, 3).selected(1, -1) },
        Operation("slice", [2], [2, 4]) { try counting(5).sliced(0, from: 1, to: 4, step: 2) },
        Operation("slice to the end", [3], [1, 3, 5]) { try counting(5).sliced(0, step: 2) },
        Operation("slice past the end", [1], [5]) { try counting(5).sliced(0, from: 4, to: 99) },
        Operation("index", [2, 3], [4, 5, 6, 1, 2, 3]) {
            try counting(2, 3).indexed(0, .from([Int64(1), 0]))
        },
        Operation("index of two dimensions", [2], [3, 4]) {
            try counting(2, 3).indexed([.from([Int64(0), 1]), .from([Int64(2), 0])])
        },
        Operation("index of the first dimensions", [2, 2], [3, 4, 3, 4]) {
            try counting(2, 2, 2).indexed([.from([Int64(0), 0]), .from([Int64(1), 1])])
        },
        Operation("replace rows", [3, 2], [8, 9, 3, 4, 6, 7]) {
            try counting(3, 2).replaced(
                0, .from([Int64(2), 0]), by: .from([Float(6), 7, 8, 9], shape: [2, 2]))
        },
        Operation("replace nothing", [2], [1, 2]) {
            try counting(2).replaced(0, .from([Int64]()), by: .zeros([0]))
        },
        Operation("gather", [2, 1], [3, 4]) {
            try counting(2, 3).gathered(1, .from([Int64(2), 0], shape: [2, 1]))
        },
        Operation("flip", [2, 3], [6, 5, 4, 3, 2, 1]) { try counting(2, 3).flipped(0, 1) },
        Operation("upper triangle", [2, 3], [1, 2, 3, 0, 5, 6]) {
            try counting(2, 3).upperTriangle()
        },
        Operation("upper triangle above the diagonal", [2, 3], [0, 2, 3, 0, 0, 6]) {
            try counting(2, 3).upperTriangle(diagonal: 1)
        },
        Operation("pad", [2, 3], [9, 1, 2, 9, 9, 9]) {
            try counting(1, 2).padded([1, 0, 0, 1], value: 9)
        },
        Operation("pad takes away", [1], [2]) { try counting(3).padded([-1, -1]) },
        Operation("cat", [3, 2], [1, 2, 3, 4, 1, 2]) {
            try .cat([counting(2, 2), counting(1, 2)], dim: 0)
        },
        Operation("cat of columns", [2, 3], [1, 2, 1, 3, 4, 2]) {
            try .cat([counting(2, 2), counting(2, 1)], dim: -1)
        },
        Operation("stack", [2, 2], [1, 1, 2, 2]) {
            try .stack([counting(2), counting(2)], dim: 1)
        },
    ])
    func values(_ operation: Operation) throws {
        try expect(operation.run(), operation.shape, operation.values)
    }

    @Test func viewsShareMemory() throws {
        let tensor = try Tensor.zeros([2, 2])
        try tensor.selected(0, 1).fillInPlace(3)
        try tensor.narrowed(1, 0, 1).addInPlace(1)
        #expect(try tensor.floats() == [1, 0, 4, 3])
    }
}
