import DenseKitVision
import Testing

/// What mmcv answered (resize_and_image_ops): the pictures are BGR there, which resizing does not
/// see.
@Suite struct ImageOpsTests {
    let tensors: [String: (shape: [Int], values: [Float])]
    let image = RGBImage(
        height: 9, width: 13,
        pixels: NameSeeded("resize_and_image_ops/image_u8").integers(9 * 13 * 3, below: 256).map(
            UInt8.init)
    )
    let floats = FloatImage(
        height: 9, width: 13,
        pixels: NameSeeded("resize_and_image_ops/image").floats(9 * 13 * 3, offset: 128, scale: 127)
    )
    let labels = LabelMap(
        height: 9, width: 13,
        labels: NameSeeded("resize_and_image_ops/segmap").integers(9 * 13, below: 150).map(
            UInt16.init))

    init() throws { tensors = try Goldens.tensors("resize_and_image_ops") }

    /// The cases name them width first.
    static let sizes = [
        ("20x11", Size2D(height: 11, width: 20)), ("6x5", Size2D(height: 5, width: 6)),
        ("26x18", Size2D(height: 18, width: 26)),
        ("13x9", Size2D(height: 9, width: 13)),
    ]

    @Test(arguments: sizes) func resizing(_ name: String, _ size: Size2D) throws {
        let expected = try #require(tensors["imresize_u8_" + name])
        #expect(expected.shape == [size.height, size.width, 3])
        #expect(image.resized(to: size).pixels.map(Float.init) == expected.values)
        let expectedLabels = try #require(tensors["imresize_seg_" + name]).values
        #expect(labels.resized(to: size).labels.map(Float.init) == expectedLabels)
        let expectedFloats = try #require(tensors["imresize_f32_" + name]).values
        #expect(largestDifference(floats.resized(to: size).pixels, expectedFloats) < 2e-3)
    }

    @Test func normalising() throws {
        var rgb = image.pixels
        for i in stride(from: 0, to: rgb.count, by: 3) { rgb.swapAt(i, i + 2) }
        let ours = Normalization.clip(RGBImage(height: 9, width: 13, pixels: rgb))
        let expected = try #require(tensors["imnormalize_u8"]).values
        #expect(largestDifference(ours.pixels, expected) < 1e-5)
    }

    @Test func padding() throws {
        let expected = try #require(tensors["impad"])
        let size = Size2D(height: 14, width: 16)
        #expect(expected.shape == [14, 16, 3])
        #expect(image.padded(to: size).pixels.map(Float.init) == expected.values)
        #expect(FloatImage(image).padded(to: size).pixels == expected.values)
    }

    @Test func rescaledSizes() throws {
        struct Case: Decodable {
            struct Shapes: Decodable { let rows: [[Number]] }
            let imrescale_shapes: Shapes
        }
        enum Number: Decodable {
            case one(Double), pair([Int])
            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                self =
                    try (try? container.decode(Double.self)).map(Number.one)
                    ?? .pair(container.decode([Int].self))
            }
            var value: Double { if case .one(let value) = self { value } else { .nan } }
        }
        let rows = try Goldens.json("resize_and_image_ops", as: Case.self).imrescale_shapes.rows
        #expect(rows.count == 66)
        for row in rows {
            let size = Size2D(height: Int(row[0].value), width: Int(row[1].value))
            let new = Size2D(height: Int(row[3].value), width: Int(row[4].value))
            if case .pair(let limits) = row[2] {
                let limit = ScaleLimit(limits[0], limits[1])
                #expect(size.rescaled(within: limit) == new)
                #expect(size.scale(within: limit) == row[5].value)
            } else {
                #expect(size.scaled(by: row[2].value) == new)
            }
        }
    }

    private func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
        a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? .infinity : .infinity
    }
}
