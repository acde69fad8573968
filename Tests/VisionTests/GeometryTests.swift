import DenseKitVision
import Testing

/// Moves of pixels, on pictures small enough to write down.
@Suite struct GeometryTests {
    /// Pixel (y, x) of `[h, w, 3]` holds 10 y + x in every channel.
    private func numbered(_ height: Int, _ width: Int) -> RGBImage {
        RGBImage(
            height: height, width: width,
            pixels: (0..<height).flatMap { y in
                (0..<width).flatMap { x in Array(repeating: UInt8(10 * y + x), count: 3) }
            })
    }

    private func rows(_ image: RGBImage) -> [[UInt8]] {
        (0..<image.height).map { y in
            (0..<image.width).map { x in image.pixels[(y * image.width + x) * 3 + 2] }
        }
    }

    @Test func cropFlipPad() {
        let image = numbered(2, 3)
        #expect(
            rows(image.cropped(to: PixelWindow(y: 1, x: 1, height: 1, width: 2))) == [[11, 12]])
        #expect(rows(image.flippedHorizontally()) == [[2, 1, 0], [12, 11, 10]])
        #expect(
            rows(image.padded(to: Size2D(height: 3, width: 4), with: 9)) == [
                [0, 1, 2, 9], [10, 11, 12, 9], [9, 9, 9, 9],
            ])
        #expect(image.padded(to: Size2D(height: 1, width: 2)) == image)
        let labels = LabelMap(height: 2, width: 2, labels: [1, 2, 3, 4])
        #expect(labels.flippedHorizontally().labels == [2, 1, 4, 3])
        #expect(
            labels.padded(to: Size2D(height: 2, width: 3)).labels == [1, 2, 65535, 3, 4, 65535])
    }

    @Test func orientations() {
        let expected: [Orientation: [[UInt8]]] = [
            .upright: [[0, 1, 2], [10, 11, 12]], .mirrored: [[2, 1, 0], [12, 11, 10]],
            .turnedHalf: [[12, 11, 10], [2, 1, 0]],
            .flipped: [[10, 11, 12], [0, 1, 2]], .transposed: [[0, 10], [1, 11], [2, 12]],
            .turnedRight: [[10, 0], [11, 1], [12, 2]],
            .transverse: [[12, 2], [11, 1], [10, 0]], .turnedLeft: [[2, 12], [1, 11], [0, 10]],
        ]
        for orientation in Orientation.allCases {
            #expect(rows(numbered(2, 3).oriented(orientation)) == expected[orientation])
            #expect(
                numbered(2, 3).oriented(orientation).size
                    == Size2D(height: 2, width: 3).oriented(orientation))
        }
    }

    @Test func windows() {
        let size = Size2D(height: 4, width: 5)
        #expect(PixelWindow(size).lies(in: size))
        #expect(!PixelWindow(y: 1, x: 0, height: 4, width: 5).lies(in: size))
        #expect(!PixelWindow(y: 0, x: 0, height: 0, width: 5).lies(in: size))
        #expect(!PixelWindow(y: -1, x: 0, height: 2, width: 2).lies(in: size))
        #expect(!PixelWindow(y: 1, x: 1, height: .max, width: 1).lies(in: size))
        let inner = PixelWindow(y: 1, x: 2, height: 3, width: 3).subwindow(
            PixelWindow(y: 1, x: 1, height: 1, width: 2))
        #expect(inner == PixelWindow(y: 2, x: 3, height: 1, width: 2))
    }

    @Test func hugeFactorsDoNotOverflow() {
        #expect(
            Size2D(height: 3, width: 4).scaled(by: 1e300)
                == Size2D(height: Int(Int32.max), width: Int(Int32.max)))
        #expect(Size2D(height: 3, width: 4).scaled(by: 1e-9) == Size2D(height: 1, width: 1))
    }

    @Test func levels() {
        #expect(levelTable(alpha: 1.5)[100] == 150)
        #expect(levelTable(alpha: 1.5)[200] == 255)
        #expect(levelTable(beta: -10.5)[5] == 0)
        #expect(levelTable(beta: -10.5)[20] == 9)  // truncated, not rounded
        var image = numbered(1, 2)
        image.mapLevels(levelTable(beta: 7), channel: 1)
        #expect(image.pixels == [0, 7, 0, 1, 8, 1])
        #expect(LabelMap(height: 1, width: 4, labels: [3, 3, 65535, 0]).histogram()[3] == 2)
    }
}
