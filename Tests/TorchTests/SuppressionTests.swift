import DenseKitTorch
import Testing

/// The definition: every box against every one kept before it.
private func kept(_ boxes: [Float], _ scores: [Float], _ groups: [Int64]?, _ threshold: Float)
    -> [Int64]
{
    func overlap(_ a: Int, _ b: Int) -> Float {
        func side(_ box: Int, _ edge: Int) -> Float { boxes[4 * box + edge] }
        func area(_ box: Int) -> Float {
            (side(box, 2) - side(box, 0)) * (side(box, 3) - side(box, 1))
        }
        let wide = max(0, min(side(a, 2), side(b, 2)) - max(side(a, 0), side(b, 0)))
        let high = max(0, min(side(a, 3), side(b, 3)) - max(side(a, 1), side(b, 1)))
        return wide * high / (area(a) + area(b) - wide * high)
    }
    var result: [Int] = []
    for i in scores.indices.sorted(by: {
        scores[$0] > scores[$1] || scores[$0] == scores[$1] && $0 < $1
    }) {
        let rivals = result.filter { groups == nil || groups?[$0] == groups?[i] }
        if !rivals.contains(where: { overlap($0, i) > threshold }) { result.append(i) }
    }
    return result.map(Int64.init)
}

private func boxes(_ rows: [[Float]]) throws -> Tensor {
    try Tensor.from(rows.flatMap { $0 }, shape: [rows.count, 4])
}

/// Boxes in clusters, with scores of which many are equal, and one of five groups each.
private func scene(_ count: Int) throws -> (boxes: Tensor, scores: Tensor, groups: Tensor) {
    let centers = try (normal([count, 2]) * 60).floor()
    let half = try normal([count, 2], seed: 1).abs() * 15 + 10
    let scores = try ((normal([count], seed: 2) * 20).floor() / 20).sigmoid()
    let groups = try ((normal([count], seed: 3) * 100).floor() - 2).to(.int64).remainder(by: 5)
    return (try .cat([centers - half, centers + half], dim: 1), scores, groups)
}

@Suite struct SuppressionTests {
    @Test("Equals its definition", arguments: [0.1, 0.3, 0.5, 0.7, 1], [1, 2, 700])
    func definition(_ threshold: Double, _ count: Int) throws {
        let (boxes, scores, groups) = try scene(count)
        let corners = try boxes.floats()
        let values = try scores.floats()
        let one = try Tensor.nms(boxes, scores, threshold: threshold)
        #expect(try one.integers() == kept(corners, values, nil, Float(threshold)))
        let each = try Tensor.batchedNMS(boxes, scores, groups: groups, threshold: threshold)
        #expect(try each.integers() == kept(corners, values, groups.integers(), Float(threshold)))
        #expect(one.dtype == .int64)
    }

    @Test("An overlap that is the threshold does not suppress")
    func strictness() throws {
        let pair = try boxes([[0, 0, 10, 10], [0, 0, 10, 5], [0, 0, 10, 10]])
        let scores = try Tensor.from([Float(0.5), 0.9, 0.7])
        #expect(try Tensor.nms(pair, scores, threshold: 0.5).integers() == [1, 2])
        #expect(try Tensor.nms(pair, scores, threshold: 0.4999).integers() == [1])
        #expect(try Tensor.nms(pair, scores, threshold: 1).integers() == [1, 2, 0])
    }

    @Test("Of equal scores the first is kept")
    func ties() throws {
        let three = try boxes([[0, 0, 10, 10], [1, 0, 11, 10], [0, 1, 10, 11]])
        #expect(try Tensor.nms(three, Tensor.ones([3]), threshold: 0.5).integers() == [0])
        #expect(
            try Tensor.nms(three, Tensor.from([Float(0), 1, 1]), threshold: 0.5).integers() == [1])
        #expect(
            try Tensor.batchedNMS(
                three, Tensor.ones([3]), groups: .from([Int64(7), 7, -7]), threshold: 0.5
            ).integers() == [0, 2])
    }

    @Test func emptyAndDegenerate() throws {
        let none = try Tensor.nms(Tensor.zeros([0, 4]), Tensor.zeros([0]), threshold: 0.5)
        #expect(none.shape == [0] && none.dtype == .int64)
        let groups = try Tensor.zeros([0], dtype: .int64)
        #expect(
            try Tensor.batchedNMS(
                Tensor.zeros([0, 4]), Tensor.zeros([0]), groups: groups, threshold: 0.5
            ).shape == [0])
        // Boxes without area, or of what is no number, meet nothing, not even themselves.
        let odd = try boxes([
            [3, 3, 3, 3], [3, 3, 3, 3], [.nan, 0, 5, 5], [.nan, 0, 5, 5], [0, 0, .infinity, 9],
        ])
        #expect(
            try Tensor.nms(odd, Tensor.from([Float(5), 4, 3, 2, .nan]), threshold: 0).integers()
                == [4, 0, 1, 2, 3])
    }

    @Test func anyPrecisionAndLayout() throws {
        let (boxes, scores, groups) = try scene(60)
        let expected = try Tensor.batchedNMS(boxes, scores, groups: groups, threshold: 0.4)
            .integers()
        let columns = try boxes.transposed(0, 1).contiguous().transposed(0, 1)
        let found = try Tensor.batchedNMS(
            columns.to(.float64), scores.to(.float64), groups: groups.to(.int32), threshold: 0.4)
        #expect(try found.integers() == expected)
    }

    @Test(
        "Mistakes",
        arguments: [
            (
                [3, 5], [3], DType.float32, [3],
                "expected boxes [n, 4] of a floating-point type, found [3, 5] of Float"
            ),
            (
                [12], [3], .float32, [3],
                "expected boxes [n, 4] of a floating-point type, found [12] of Float"
            ),
            (
                [3, 4], [3], .int64, [3],
                "expected boxes [n, 4] of a floating-point type, found [3, 4] of Long"
            ),
            (
                [3, 4], [2], .float32, [3],
                "expected a score for each of the 3 boxes, of a floating-point type, found [2] of Float"
            ),
            (
                [3, 4], [3], .float32, [3, 1],
                "expected an integer for each of the 3 boxes as its group"
            ),
        ])
    func mistakes(
        _ boxes: [Int], _ scores: [Int], _ dtype: DType, _ groups: [Int], _ message: String
    ) throws {
        let error = try #require(throws: TorchError.self) {
            try Tensor.batchedNMS(
                .zeros(boxes, dtype: dtype), .zeros(scores), groups: .zeros(groups, dtype: .int64),
                threshold: 0.5)
        }
        #expect(error.operation == "batched_nms" && error.message == message)
    }

    @Test func valuesAreNeeded() throws {
        let error = try #require(throws: TorchError.self) {
            try withDevice(.meta) { try Tensor.nms(.zeros([3, 4]), .zeros([3]), threshold: 0.5) }
        }
        #expect(error.message == "needs the values of its boxes, found a shape without memory")
        #expect(throws: TorchError.self) {
            try Tensor.batchedNMS(.zeros([3, 4]), .zeros([3]), groups: .zeros([3]), threshold: 0.5)
        }
    }
}
