import Testing

@testable import DenseKitTorch

/// `windowArgmax` against enlarging every window, averaging, resizing and looking for the largest.
@Suite struct WindowArgmaxTests {
    @Test(
        "Overlapping windows, a view that is enlarged or shrunk, and strips",
        arguments: [Size2D(9, 12), Size2D(20, 31), Size2D(5, 6)])
    func agrees(size: Size2D) throws {
        let view = Size2D(9, 12)
        let classes = 21
        let generator = try RandomGenerator(seed: 3)
        // Two columns of windows that overlap, and two rows that overlap.
        let places = [(0, 0), (0, 5), (3, 0), (3, 5)]
        let maps = try places.map { _ in
            try Tensor.randomNormal([1, classes, 3, 4], generator: generator)
        }
        let sum = try Tensor.zeros([1, classes, view.height, view.width])
        let counts = try Tensor.zeros([1, 1, view.height, view.width])
        for ((y, x), map) in zip(places, maps) {
            let upsampled = try map.interpolated(to: Size2D(6, 7), .bilinear())
            try sum.narrowed(2, y, 6).narrowed(3, x, 7).addInPlace(upsampled)
            try counts.narrowed(2, y, 6).narrowed(3, x, 7).addInPlace(1)
        }
        let expected = try (sum / counts).interpolated(to: size, .bilinear()).argmax(1).integers()
        let windows = try zip(places, maps).map { place, map in
            Tensor.WindowLogits(
                try map.permuted(0, 2, 3, 1).contiguous().selected(0, 0), firstRow: 0,
                sourceHeight: 3, y: place.0, x: place.1,
                size: Size2D(6, 7))
        }
        for chunk in [1, 4, size.height] {
            var labels: [Int64] = []
            for start in stride(from: 0, to: size.height, by: chunk) {
                let rows = start..<min(start + chunk, size.height)
                labels += try Tensor.windowArgmax(
                    windows, viewWidth: view.width, imageSize: view, size: size, rows: rows
                )
                .integers()
            }
            #expect(labels == expected)
        }
    }

    @Test("Windows that leave a gap are refused")
    func gap() throws {
        let window = Tensor.WindowLogits(
            try Tensor.zeros([2, 2, 3]), firstRow: 0, sourceHeight: 2, y: 0, x: 0, size: 4)
        let error = try #require(throws: TorchError.self) {
            try Tensor.windowArgmax(
                [window], viewWidth: 6, imageSize: Size2D(4, 6), size: Size2D(4, 6), rows: 0..<4)
        }
        #expect(error.message.contains("no window covers row 0, column 4"))
    }
}
