import DenseKitTorch
import Testing

/// The definition of one pixel: the mask's bilinear value where the pixel's centre falls when the
/// box is stretched to the mask; beyond the mask it is 0.
private func value(_ mask: [Float], _ side: Int, _ box: [Float], _ y: Int, _ x: Int) -> Float {
    func position(_ pixel: Int, _ from: Float, _ to: Float) -> Float {
        (Float(pixel) + 0.5 - from) / (to - from) * Float(side) - 0.5
    }
    let py = position(y, box[1], box[3])
    let px = position(x, box[0], box[2])
    let row = Int(py.rounded(.down))
    let column = Int(px.rounded(.down))
    func at(_ row: Int, _ column: Int) -> Float {
        0..<side ~= row && 0..<side ~= column ? mask[row * side + column] : 0
    }
    let down = py - Float(row)
    let right = px - Float(column)
    return (at(row, column) * (1 - right) + at(row, column + 1) * right) * (1 - down)
        + (at(row + 1, column) * (1 - right) + at(row + 1, column + 1) * right) * down
}

@Suite struct PastedMaskTests {
    private static let boxes: [[Float]] = [
        [2.3, 3.1, 17.8, 12.2], [-6, -4, 9, 30], [12, 5, 40, 9.5], [4.2, 6.1, 4.9, 6.6],
        [0, 0, 24, 16], [50, 50, 60, 60],
    ]

    @Test("Equals its definition in the whole image, and in two pixels around the box")
    func definition() throws {
        let side = 5
        let size = Size2D(16, 24)
        let masks = try normal([Self.boxes.count, side, side]).sigmoid()
        let boxes = try Tensor.from(Self.boxes.flatMap { $0 }, shape: [Self.boxes.count, 4])
        let values = try masks.floats()
        for whole in [true, false] {
            let found = try Tensor.pastedProbabilities(
                masks, boxes: boxes, size: size, whole: whole)
            var expected: [Float] = []
            for (i, box) in Self.boxes.enumerated() {
                let mask = Array(values[(i * side * side)..<((i + 1) * side * side)])
                for y in 0..<size.height {
                    for x in 0..<size.width {
                        let near =
                            Float(y) >= box[1].rounded(.down) - 1
                            && Float(y) < box[3].rounded(.up) + 1
                            && Float(x) >= box[0].rounded(.down) - 1
                            && Float(x) < box[2].rounded(.up) + 1
                        expected.append(whole || near ? value(mask, side, box, y, x) : 0)
                    }
                }
            }
            try expect(found, [Self.boxes.count, 16, 24], expected, within: 1e-5)
        }
    }

    @Test("A mask of ones fills its box, and what reaches the threshold is 1")
    func threshold() throws {
        let box = try Tensor.from([Float(1), 1, 3, 3], shape: [1, 4])
        let ones = try Tensor.ones([1, 2, 2])
        let filled = try Tensor.pastedMasks(ones, boxes: box, size: 4, threshold: 1)
        try expect(filled, [1, 4, 4], [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0])
        #expect(filled.dtype == .uint8)
        let halves = try Tensor.from([Float(0.25), 0.5, 0.75, 1], shape: [1, 2, 2])
        try expect(
            Tensor.pastedMasks(halves, boxes: box, size: 4, threshold: 0.5).narrowed(1, 1, 2)
                .narrowed(2, 1, 2), [1, 2, 2],
            [0, 1, 1, 1])
    }

    @Test("A box without width gets its mask's middle beside it; sampled whole, all along its rows")
    func degenerate() throws {
        let box = try Tensor.from([Float(3), 1, 3, 3], shape: [1, 4])
        let mask = try Tensor.from([Float(0.2), 0.4, 0.6, 0.8], shape: [1, 2, 2])
        let rows: [[Float]] = [[0, 0, 0.3, 0.3, 0, 0], [0, 0, 0.7, 0.7, 0, 0]]
        let found = try Tensor.pastedProbabilities(mask, boxes: box, size: Size2D(4, 6))
        try expect(found.narrowed(1, 1, 2), [1, 2, 6], rows.flatMap { $0 })
        let whole = try Tensor.pastedProbabilities(
            mask, boxes: box, size: Size2D(4, 6), whole: true)
        try expect(
            whole.narrowed(1, 1, 2), [1, 2, 6],
            [Float](repeating: 0.3, count: 6) + [Float](repeating: 0.7, count: 6))
    }

    @Test func noMasks() throws {
        let none = try Tensor.pastedMasks(
            .zeros([0, 28, 28]), boxes: .zeros([0, 4]), size: Size2D(3, 5), threshold: 0.5)
        #expect(none.shape == [0, 3, 5] && none.dtype == .uint8)
        // A box of what is no number holds nothing.
        let lost = try Tensor.full([1, 4], .nan)
        #expect(
            try Tensor.pastedProbabilities(.ones([1, 2, 2]), boxes: lost, size: 3).abs().amax()
                .item() == 0)
    }

    @Test func threadsDoNotMatter() throws {
        let masks = try normal([9, 28, 28]).sigmoid()
        let corner = try normal([9, 2], seed: 1) * 20
        let boxes = try Tensor.cat([corner, corner + 30], dim: 1)
        let before = Engine.threadCount
        defer { try? Engine.setThreadCount(before) }
        try Engine.setThreadCount(1)
        let one = try Tensor.pastedProbabilities(masks, boxes: boxes, size: 64)
        try Engine.setThreadCount(3)
        #expect(try same(one, Tensor.pastedProbabilities(masks, boxes: boxes, size: 64)))
    }

    @Test(
        "Mistakes",
        arguments: [
            (
                [2, 3, 3], [2, 5], Size2D(4),
                "expected boxes [n, 4] of a floating-point type, found [2, 5] of Float"
            ),
            (
                [2, 9], [2, 4], Size2D(4),
                "expected masks [d, m, m] of a floating-point type, found [2, 9] of Float"
            ),
            (
                [2, 0, 3], [2, 4], Size2D(4),
                "expected masks [d, m, m] of a floating-point type, found [2, 0, 3] of Float"
            ),
            ([2, 3, 3], [1, 4], Size2D(4), "expected a box for each of the 2 masks, found 1"),
            (
                [2, 3, 3], [2, 4], Size2D(0, 4),
                "expected an image of at least one pixel, found 0 x 4"
            ),
        ])
    func mistakes(_ masks: [Int], _ boxes: [Int], _ size: Size2D, _ message: String) throws {
        let error = try #require(throws: TorchError.self) {
            try Tensor.pastedMasks(.zeros(masks), boxes: .zeros(boxes), size: size, threshold: 0.5)
        }
        #expect(error.operation == "paste_masks" && error.message == message)
    }

    @Test func impossiblePictures() throws {
        #expect(throws: TorchError.self) {
            try Tensor.pastedMasks(
                .zeros([2, 3, 3]), boxes: .zeros([2, 4]), size: Size2D(1 << 40), threshold: 0.5)
        }
    }
}
