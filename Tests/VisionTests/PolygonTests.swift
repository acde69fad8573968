import DenseKitVision
import Testing

/// Polygons and boxes beside what pycocotools 2.0.11 answered for an image of 9×12 pixels.
@Suite struct PolygonTests {
    private let size = Size2D(height: 9, width: 12)

    @Test(arguments: [
        (
            "a point outside, to the left and above", [[-3.3, -2.7, 5.1, -4, 8.6, 7.2]],
            "9181O1O1O1O04Mo0"
        ),
        ("corners twice", [[2, 2, 2, 2, 9.5, 2, 9.5, 2, 9.5, 7.3, 2, 7.3]], "d0540000000000000`0"),
        ("far outside", [[-3000.5, 4, 6, -2000.25, 4000, 5000, 3, 8]], "0810000Y2"),
        ("less than three points", [[1, 1, 8, 8]], "\\3"),
        ("over the right edge", [[8.9, 1.1, 15, 1.1, 15, 6.6, 8.9, 6.6]], "b263000O"),
        (
            "a hole", [[1, 1, 11, 1, 11, 8, 1, 8, 1, 1, 4, 3, 4, 6, 8, 6, 8, 3, 4, 3]],
            ":720000K10O010O010O010O500008"
        ),
        (
            "two parts", [[0, 0, 4, 0, 4, 4, 0, 4], [3, 3, 9.2, 3.4, 6.1, 9]],
            "045000003ON2N00N2Oi0"
        ),
        ("nothing", [], "\\3"),
    ])
    func polygons(_ name: String, _ polygons: [[Double]], _ compressed: String) throws {
        let mask = try RunLengthMask(polygons: polygons, size: size)
        #expect(mask.compressed == compressed, "\(name)")
        #expect(mask.bitmap().count { $0 == 1 } == mask.area)
    }

    @Test(arguments: [
        (COCOBox(x: 2.2, y: 1.7, width: 5.5, height: 4.4), "d045000000000R1"),
        (COCOBox(x: -3, y: -3, width: 5, height: 30), "0b0j2"),
        (COCOBox(x: 3.1, y: 3.1, width: 0.2, height: 0.2), "\\3"),
        (COCOBox(x: 5, y: 5, width: -3, height: -2), "e027000l1"),
    ])
    func boxes(_ box: COCOBox, _ compressed: String) throws {
        #expect(try RunLengthMask(box: box, size: size).compressed == compressed)
    }

    /// A walk of a billion steps costs no more than one of a hundred.
    @Test func farAway() throws {
        let polygon = [-4e8, -4e8, 4e8, -3.9e8, 4e8, 4e8, -3.9e8, 4e8]
        #expect(try RunLengthMask(polygon: polygon, size: size).area == 108)
        let steep = [5, -4e8, 5.3, 4e8, 8, 4e8, 8, -4e8]
        #expect(
            try RunLengthMask(polygon: steep, size: size).boundingBox
                == COCOBox(x: 5, y: 0, width: 3, height: 9))
    }
}
