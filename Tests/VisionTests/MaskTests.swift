import DenseKitVision
import Testing

private let size = Size2D(height: 5, width: 7)

/// Masks written as pictures.
private func mask(_ rows: String...) throws -> RunLengthMask {
    let size = Size2D(height: rows.count, width: rows[0].count)
    return try RunLengthMask(
        bitmap: rows.flatMap { $0.utf8.map { $0 == UInt8(ascii: "1") ? 1 : 0 } }, size: size)
}

/// Run lengths in COCO's form. What pycocotools answers stands in the tests as it was printed; the
/// golden case `rle_codec` holds more.
@Suite struct MaskTests {
    @Test func runsGoDownTheColumns() throws {
        let small = try mask("0011000", "0000000", "0000000", "0000000", "0000010")
        #expect(small.counts == [10, 1, 4, 1, 13, 1, 5] && small.compressed == ":14090H")
        #expect(small.area == 3 && small.boundingBox == COCOBox(x: 2, y: 0, width: 4, height: 5))
        #expect(try RunLengthMask(compressed: ":14090H", size: size) == small)
        #expect(try mask("1").counts == [0, 1] && mask("0").counts == [1])
        // Down one column and up the next: one run.
        #expect(try mask("01", "10").counts == [1, 2, 1])
        #expect(try RunLengthMask(emptyOf: size).counts == [35])
        #expect(
            try RunLengthMask(emptyOf: size).boundingBox == COCOBox(x: 0, y: 0, width: 0, height: 0)
        )
        #expect(try RunLengthMask(bitmap: [], size: Size2D(height: 0, width: 3)).bitmap() == [])
    }

    @Test func everyBitmapComesBack() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let size = Size2D(
                height: Int.random(in: 1...40, using: &random),
                width: Int.random(in: 1...40, using: &random))
            let density = Double.random(in: 0...1, using: &random)
            let bitmap: [UInt8] = (0..<size.height * size.width).map { _ in
                Double.random(in: 0..<1, using: &random) < density
                    ? .random(in: 1...255, using: &random) : 0
            }
            let mask = try RunLengthMask(bitmap: bitmap, size: size)
            #expect(mask.bitmap() == bitmap.map { $0 == 0 ? 0 : 1 })
            #expect(mask.area == bitmap.count { $0 != 0 })
            #expect(mask.counts.dropFirst().allSatisfy { $0 > 0 })
            #expect(try RunLengthMask(compressed: mask.compressed, size: size) == mask)
            #expect(try RunLengthMask(counts: mask.counts, size: size) == mask)
        }
    }

    @Test func unionsAndIntersections() throws {
        let one = try mask("1100", "1100", "0000")
        let other = try mask("0000", "0110", "0110")
        #expect(try RunLengthMask(union: [one, other]) == mask("1100", "1110", "0110"))
        #expect(try RunLengthMask(intersection: [one, other]) == mask("0000", "0100", "0000"))
        #expect(one.iou(with: other) == 1.0 / 7 && one.iou(with: other, crowd: true) == 0.25)
        #expect(one.iou(with: try mask("0001", "0001", "0001")) == 0)
        #expect(one.iou(with: try mask("1", "1")) == 0)
        #expect(
            try RunLengthMask(emptyOf: one.size).iou(with: RunLengthMask(emptyOf: one.size)) == 0)
        #expect(try RunLengthMask(union: []).size == Size2D(height: 0, width: 0))
    }

    /// Runs of no length stay where a file has them, and change nothing.
    @Test func emptyRuns() throws {
        let odd = try RunLengthMask(counts: [3, 4, 0, 2, 6, 15], size: Size2D(height: 6, width: 5))
        #expect(odd.compressed == "340N6=" && odd.area == 21)
        let plain = try RunLengthMask(counts: [3, 6, 6, 15], size: odd.size)
        #expect(odd.bitmap() == plain.bitmap() && odd.boundingBox == plain.boundingBox)
        #expect(odd.iou(with: plain) == 1 && odd.iou(with: odd) == 1)
        #expect(try RunLengthMask(union: [odd, odd]).bitmap() == plain.bitmap())
        let twice = try RunLengthMask(counts: [0, 0, 0, 30, 0, 0], size: odd.size)
        #expect(twice.area == 30 && twice.boundingBox == COCOBox(x: 0, y: 0, width: 5, height: 6))
        #expect(try RunLengthMask(intersection: [twice, odd]).bitmap() == plain.bitmap())
    }

    @Test func boxes() {
        let box = COCOBox(x: 1, y: 1, width: 2, height: 2)
        #expect(box.iou(with: COCOBox(x: 2, y: 1, width: 2, height: 2)) == 1.0 / 3)
        #expect(box.iou(with: COCOBox(x: 2, y: 0, width: 9, height: 9), crowd: true) == 0.5)
        #expect(box.iou(with: COCOBox(x: 3, y: 1, width: 2, height: 2)) == 0)
        #expect(
            COCOBox(BoundingBox(x1: 1, y1: 2, x2: 4, y2: 8))
                == COCOBox(x: 1, y: 2, width: 3, height: 6))
    }

    @Test(arguments: [
        (
            Size2D(height: -1, width: 3), [UInt32](),
            "a mask of -1×3 pixels: sides from 0 and at most 2147483647 pixels are possible"
        ),
        (
            Size2D(height: .max, width: .max), [],
            "a mask of 9223372036854775807×9223372036854775807 pixels: sides from 0 and at most 2147483647 pixels are possible"
        ),
        (size, [30], "the runs cover 30 pixels, but 5×7 has 35: is the size [height, width]?"),
        (size, [30, 6], "the runs cover 36 pixels, but 5×7 has 35: is the size [height, width]?"),
        (size, [.max], "run 0 has the length 4294967295: runs are lengths from 0 to 2147483647"),
    ])
    func impossibleCounts(_ size: Size2D, _ counts: [UInt32], _ message: String) throws {
        let error = try #require(throws: MaskError.self) {
            try RunLengthMask(counts: counts, size: size)
        }
        #expect(error.description == message)
    }

    @Test(arguments: [
        ("", "the runs cover 0 pixels, but 5×7 has 35: is the size [height, width]?"),
        (
            "S",
            "the number that begins at character 0 does not end, or is longer than any run: is the string cut off?"
        ),
        (
            "1SSSSSSSSSS",
            "the number that begins at character 1 does not end, or is longer than any run: is the string cut off?"
        ),
        (
            "1~",
            "byte 1 is 126, which no compressed mask has: its characters are '0' to 'o' (48 to 111)"
        ),
        ("O", "run 0 has the length -1: runs are lengths from 0 to 2147483647"),
        ("oooooo2", "run 0 has the length 3221225471: runs are lengths from 0 to 2147483647"),
        ("11", "the runs cover 2 pixels, but 5×7 has 35: is the size [height, width]?"),
        ("S1S1", "the runs cover 70 pixels, but 5×7 has 35: is the size [height, width]?"),
    ])
    func impossibleStrings(_ text: String, _ message: String) throws {
        let error = try #require(throws: MaskError.self) {
            try RunLengthMask(compressed: text, size: size)
        }
        #expect(error.description == message)
    }

    @Test(arguments: [
        ([1, 2, 3], "a polygon of 3 coordinates: it needs pairs x, y"),
        ([1, 2, .nan, 3], "coordinate 2 is nan: coordinates are pixels, at most 400000000 away"),
        (
            [1, -1e9],
            "coordinate 1 is -1000000000.0: coordinates are pixels, at most 400000000 away"
        ),
    ])
    func impossiblePolygons(_ polygon: [Double], _ message: String) throws {
        let error = try #require(throws: MaskError.self) {
            try RunLengthMask(polygons: [polygon], size: size)
        }
        #expect(error.description == message)
    }

    @Test func masksOfTwoImages() throws {
        let one = try RunLengthMask(emptyOf: size)
        let other = try RunLengthMask(emptyOf: Size2D(height: 7, width: 5))
        let error = try #require(throws: MaskError.self) { try RunLengthMask(union: [one, other]) }
        #expect(
            error.description
                == "masks of 5×7 and of 7×5 pixels cannot be merged: they belong to images of different sizes"
        )
        let bitmap = try #require(throws: MaskError.self) {
            try RunLengthMask(bitmap: [1], size: size)
        }
        #expect(bitmap == .sum(runs: 1, size: size))
    }
}
