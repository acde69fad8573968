import Detection
import Testing

@Suite struct BoxesTests {
    private func boxes(_ rows: [[Float]]) throws -> Tensor { try Tensor.from(rows.flatMap { $0 }, shape: [rows.count, 4]) }

    @Test func overlaps() throws {
        let a = try boxes([[0, 0, 10, 10], [20, 20, 30, 40]])
        let b = try boxes([[0, 0, 10, 5], [5, 5, 15, 15], [40, 0, 50, 10]])
        #expect(try Boxes.area(a).floats() == [100, 200])
        #expect(try Boxes.iou(a, b).floats() == [0.5, 25 / 175, 0, 0, 0, 0])
        #expect(try Boxes.iof(b, a).floats() == [1, 0, 0.25, 0, 0, 0])
        #expect(try Boxes.iou(a, b.narrowed(0, 0, 2), .rows).floats() == [0.5, 0])
        #expect(try Boxes.giou(a, b).shape == [2, 3])
        #expect(try Boxes.giou(a.narrowed(0, 0, 1), b).floats() == [0.5, 25 / 175 - 50 / 225, -300 / 500])
    }
}
