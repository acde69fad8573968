import DenseKitTorch
import Testing

/// Regions of a map of 2 images, 13 × 11 positions of 4 pixels: inside, across each border, whole,
/// empty, tiny, turned around, outside.
private let regions: [[Float]] = [
    [0, 4, 4, 30, 33], [1, 10.3, 7.9, 25.1, 40], [0, -20, -9, 8, 12], [1, 30, 28, 70, 81],
    [0, -30, -30, 90, 99],
    [1, 5, 5, 5, 5],
    [0, 12.25, 7.5, 13, 8], [1, 20, 30, 10, 12], [0, 200, 200, 240, 250], [1, 0, 40, 44, 41],
]
private let height = 13
private let width = 11

private func rois(_ rows: [[Float]] = regions) throws -> Tensor {
    try Tensor.from(rows.flatMap { $0 }, shape: [rows.count, 5])
}

/// The definition, point by point, with the reference's operations in its order.
private func referenceRoIAlign(
    _ map: Tensor, _ rows: [[Float]], size: Size2D, scale: Float, ratio: Int, aligned: Bool
) throws -> [Float] {
    let x = try map.floats()
    let c = map.size(1)
    let h = map.size(2)
    let w = map.size(3)
    func value(_ image: Int, _ channel: Int, _ y: Float, _ x0: Float) -> Float {
        if y < -1 || y > Float(h) || x0 < -1 || x0 > Float(w) { return 0 }
        func neighbours(_ position: Float, _ length: Int) -> (low: Int, high: Int, beyond: Float) {
            let position = max(position, 0)
            let low = Int(position)
            return low >= length - 1
                ? (length - 1, length - 1, 0) : (low, low + 1, position - Float(low))
        }
        let ys = neighbours(y, h)
        let xs = neighbours(x0, w)
        func at(_ row: Int, _ column: Int) -> Float {
            x[((image * c + channel) * h + row) * w + column]
        }
        let up = 1 - ys.beyond
        let left = 1 - xs.beyond
        return up * left * at(ys.low, xs.low) + up * xs.beyond * at(ys.low, xs.high)
            + ys.beyond * left * at(ys.high, xs.low) + ys.beyond * xs.beyond * at(ys.high, xs.high)
    }
    var result: [Float] = []
    for row in rows {
        let offset: Float = aligned ? 0.5 : 0
        let x1 = row[1] * scale - offset
        let y1 = row[2] * scale - offset
        var wide = row[3] * scale - offset - x1
        var tall = row[4] * scale - offset - y1
        if !aligned {
            wide = max(wide, 1)
            tall = max(tall, 1)
        }
        let bin = (y: tall / Float(size.height), x: wide / Float(size.width))
        let grid =
            ratio > 0
            ? (y: ratio, x: ratio) : (y: Int(bin.y.rounded(.up)), x: Int(bin.x.rounded(.up)))
        for channel in 0..<c {
            for i in 0..<size.height {
                for j in 0..<size.width {
                    var sum: Float = 0
                    for iy in 0..<max(grid.y, 0) {
                        let y = y1 + Float(i) * bin.y + (Float(iy) + 0.5) * bin.y / Float(grid.y)
                        for ix in 0..<max(grid.x, 0) {
                            let x0 =
                                x1 + Float(j) * bin.x + (Float(ix) + 0.5) * bin.x / Float(grid.x)
                            sum += value(Int(row[0]), channel, y, x0)
                        }
                    }
                    result.append(sum / Float(max(grid.y * grid.x, 1)))
                }
            }
        }
    }
    return result
}

@Suite struct RoIAlignTests {
    static let settings = [0, 2].flatMap { ratio in
        [true, false].map { (ratio: ratio, aligned: $0) }
    }

    /// 70 channels are a block and a part of one.
    @Test(
        "Equals its definition to the bit, from either layout and of either kind",
        arguments: settings)
    func definition(_ ratio: Int, _ aligned: Bool) throws {
        let map = try normal([2, 70, height, width])
        let size = Size2D(3, 5)
        let expected = try referenceRoIAlign(
            map, regions, size: size, scale: 0.25, ratio: ratio, aligned: aligned)
        let plain = try map.roiAligned(
            rois(), size: size, scale: 0.25, samplingRatio: ratio, aligned: aligned)
        #expect(plain.shape == [10, 70, 3, 5] && plain.isContiguous)
        #expect(try plain.floats() == expected)
        let last = try map.channelsLast().roiAligned(
            rois(), size: size, scale: 0.25, samplingRatio: ratio, aligned: aligned)
        #expect(last.isChannelsLast && !last.isContiguous)
        #expect(try last.floats() == expected)
    }

    /// The mean of a plane is its value at the middle, and of an even bin's points too.
    @Test func onAPlane() throws {
        let plane = try counting(1, 1, 4, 4)  // 1 + x + 4y at x, y
        let inside = try rois([[0, 1, 1, 3, 3]])
        try expect(
            plane.roiAligned(inside, size: 1, scale: 1, samplingRatio: 0, aligned: true),
            [1, 1, 1, 1], [1 + 1.5 + 4 * 1.5])
        try expect(
            plane.roiAligned(inside, size: 2, scale: 1, samplingRatio: 0, aligned: false),
            [1, 1, 2, 2],
            [8.5, 9.5, 12.5, 13.5])
    }

    /// The operation is linear: differences over any distance are its derivative.
    @Test("The gradient is that of finite differences", arguments: settings)
    func gradient(_ ratio: Int, _ aligned: Bool) throws {
        for dtype in [DType.float32, .float64] {
            let map = try normal([2, 2, 5, 6]).to(dtype)
            let rows = try rois([[0, 1, 1, 15, 19], [1, -3, 4, 30, 30], [0, 6, 6, 9, 18]])
            func run(_ x: Tensor) throws -> Tensor {
                try x.roiAligned(
                    rows, size: Size2D(2, 3), scale: 0.25, samplingRatio: ratio, aligned: aligned)
            }
            let weights = try normal([3, 2, 2, 3], seed: 1).to(dtype)
            try map.setRequiresGrad(true)
            try (run(map) * weights).sum().backward()
            let gradient = try #require(map.grad)
            #expect(gradient.dtype == dtype && gradient.isContiguous)
            var differences: [Float] = []
            for i in 0..<map.count {
                let step = try Tensor.arange(to: Double(map.count)).equals(Double(i)).to(dtype)
                    .reshaped(map.shape)
                let (more, less) = try withoutGrad {
                    try (run(map.detached() + step), run(map.detached() - step))
                }
                differences.append(Float(try ((more - less) * weights).sum().item() / 2))
            }
            try expect(gradient, map.shape, differences, within: 1e-5)
        }
    }

    /// A map of doubles goes the way of other devices, by matrices; more regions than it takes at
    /// once.
    @Test("By matrices it is the same to rounding, forward and backward", arguments: settings)
    func matrices(_ ratio: Int, _ aligned: Bool) throws {
        let many = try rois((0..<15).flatMap { _ in regions })
        var results: [(Tensor, Tensor)] = []
        for dtype in [DType.float32, .float64] {
            let map = try normal([2, 3, height, width]).to(dtype)
            try map.setRequiresGrad(true)
            let y = try map.roiAligned(
                many, size: Size2D(3, 2), scale: 0.25, samplingRatio: ratio, aligned: aligned)
            #expect(y.dtype == dtype)
            try (y * normal(y.shape, seed: 2).to(dtype)).sum().backward()
            try results.append((y.detached(), #require(map.grad)))
        }
        #expect(try distance(results[0].0, results[1].0) < 2e-6)
        #expect(try distance(results[0].1, results[1].1) < 2e-4)
    }

    @Test("Neither the threads nor the layout change a bit of the result or of the gradient")
    func threadsAndLayouts() throws {
        let many = try rois((0..<9).flatMap { _ in regions })
        let before = Engine.threadCount
        defer { try? Engine.setThreadCount(before) }
        var results: [Tensor] = []
        var gradients: [Tensor] = []
        for threads in [1, 2, 3] {
            try Engine.setThreadCount(threads)
            for last in [false, true] {
                let plain = try normal([2, 150, height, width])
                let map = last ? try plain.channelsLast() : plain
                try map.setRequiresGrad(true)
                let y = try map.roiAligned(
                    many, size: 4, scale: 0.25, samplingRatio: 0, aligned: true)
                try (y * normal(y.shape, seed: 3)).sum().backward()
                let gradient = try #require(map.grad)
                #expect(gradient.isChannelsLast == last)
                results.append(try y.detached().contiguous())
                gradients.append(try gradient.contiguous())
            }
        }
        for other in results.dropFirst() { #expect(try same(results[0], other)) }
        for other in gradients.dropFirst() { #expect(try same(gradients[0], other)) }
    }

    @Test func halfPrecisionIsComputedInSingle() throws {
        let map = try normal([2, 3, height, width]).to(.bfloat16)
        try map.setRequiresGrad(true)
        let y = try map.roiAligned(rois(), size: 2, scale: 0.25, samplingRatio: 0, aligned: true)
        let single = try map.detached().to(.float32)
        let expected = try single.roiAligned(
            rois(), size: 2, scale: 0.25, samplingRatio: 0, aligned: true)
        #expect(try same(y.detached(), expected.to(.bfloat16)))
        try y.sum().backward()
        #expect(try #require(map.grad).dtype == .bfloat16)
    }

    @Test func noRegionsGiveNothing() throws {
        let map = try normal([1, 3, 4, 4])
        try map.setRequiresGrad(true)
        let y = try map.roiAligned(
            Tensor.zeros([0, 5]), size: 7, scale: 1, samplingRatio: 0, aligned: true)
        #expect(y.shape == [0, 3, 7, 7])
        try y.sum().backward()
        #expect(try same(#require(map.grad), Tensor.zeros([1, 3, 4, 4])))
    }

    @Test(
        "What is empty or outside counts as 0, but for regions that are at least one position long")
    func nothingToSee() throws {
        let map = try Tensor.ones([1, 1, 8, 8])
        let rows = try rois([[0, 3, 3, 3, 3], [0, 20, 20, 30, 30], [0, 5, 5, 3, 3]])
        try expect(
            map.roiAligned(rows, size: 1, scale: 1, samplingRatio: 0, aligned: true), [3, 1, 1, 1],
            [0, 0, 0])
        try expect(
            map.roiAligned(rows, size: 1, scale: 1, samplingRatio: 0, aligned: false),
            [3, 1, 1, 1], [1, 0, 1])
    }

    @Test("On shapes alone it gives the shape and the layout, and counts nothing")
    func meta() throws {
        let counter = OperationCounter()
        try counter.count {
            for last in [false, true] {
                let map = try Tensor.empty([1, 256, 200, 304], device: .meta, channelsLast: last)
                let y = try map.roiAligned(
                    Tensor.zeros([1000, 5], device: .meta), size: 7, scale: 0.25, samplingRatio: 0,
                    aligned: true)
                #expect(
                    y.shape == [1000, 256, 7, 7] && y.device == .meta && y.isChannelsLast == last)
            }
        }
        #expect(counter.entries.isEmpty)
    }

    private struct Mistake: Sendable, CustomTestStringConvertible {
        let shape: [Int], rows: [[Float]], size: Size2D, scale: Double, ratio: Int, message: String

        init(
            _ shape: [Int] = [1, 1, 4, 4], _ rows: [[Float]] = [[0, 0, 0, 4, 4]], size: Size2D = 7,
            scale: Double = 1,
            ratio: Int = 0,
            _ message: String
        ) {
            self.shape = shape
            self.rows = rows
            self.size = size
            self.scale = scale
            self.ratio = ratio
            self.message = message
        }

        var testDescription: String { message }
    }

    @Test(arguments: [
        Mistake(
            [4, 4], [],
            "expected a map [n, c, h, w] of a floating-point type with no empty dimension, found [4, 4] of Float"
        ),
        Mistake(
            [1, 0, 4, 4], [],
            "expected a map [n, c, h, w] of a floating-point type with no empty dimension, found [1, 0, 4, 4] of Float"
        ),
        Mistake(size: Size2D(0, 7), "expected 1...1024 bins in each direction, found 0 x 7"),
        Mistake(
            size: Size2D(7, .max),
            "expected 1...1024 bins in each direction, found 7 x 9223372036854775807"),
        Mistake(ratio: -1, "expected a sampling ratio of 0...64, found -1"),
        Mistake(ratio: 65, "expected a sampling ratio of 0...64, found 65"),
        Mistake(scale: 0, "expected a scale above 0, found 0"),
        Mistake(scale: .nan, "expected a scale above 0, found nan"),
        Mistake(
            [1, 1, 4, 4], [[0, 0, 0, 1, 1], [1, 0, 0, 1, 1]], "region 1 is of image 1, there are 1"),
        Mistake([1, 1, 4, 4], [[-1, 0, 0, 1, 1]], "region 0 is of image -1, there are 1"),
        Mistake([2, 1, 4, 4], [[0.5, 0, 0, 1, 1]], "region 0 is of image 0.5, there are 2"),
        Mistake(
            [1, 1, 4, 4], [[0, 0, 0, .nan, 1]],
            "expected regions within a million positions of the map, found nan in region 0"),
        Mistake(
            [1, 1, 4, 4], [[0, 0, 0, 1, 1], [0, 0, 0, 1, 2e6]],
            "expected regions within a million positions of the map, found 2e+06 in region 1"),
    ])
    private func mistakes(_ mistake: Mistake) throws {
        let error = try #require(throws: TorchError.self) {
            try Tensor.zeros(mistake.shape).roiAligned(
                rois(mistake.rows), size: mistake.size, scale: mistake.scale,
                samplingRatio: mistake.ratio, aligned: true)
        }
        #expect(error.operation == "roi_align" && error.message == mistake.message)
    }

    @Test func regionsOfAnotherShapeOrType() throws {
        let map = try Tensor.zeros([1, 1, 4, 4])
        for (rois, found) in try [
            (Tensor.zeros([3, 4]), "[3, 4] of Float"),
            (Tensor.zeros([3, 5], dtype: .int64), "[3, 5] of Long"),
        ] {
            let error = #expect(throws: TorchError.self) {
                try map.roiAligned(rois, size: 7, scale: 1, samplingRatio: 0, aligned: true)
            }
            #expect(
                error?.message == "expected regions [r, 5] of a floating-point type, found \(found)"
            )
        }
        // The widest region that is taken is soon done.
        let wide = try map.roiAligned(
            rois([[0, -9e5, -9e5, 9e5, 9e5]]), size: 7, scale: 1, samplingRatio: 0, aligned: true)
        #expect(try wide.abs().amax().item() == 0)
    }
}
