import DenseKitDetection
import DenseKitVision
import Testing

@Suite struct MulticlassNMSTests {
    /// Two boxes that overlap by 0.9, one by itself.
    private let rows: [[Float]] = [[0, 0, 10, 10], [0, 0, 10, 9], [50, 50, 60, 60]]

    private func run(_ scores: [Float], _ threshold: Double = 0.1, max: Int? = nil) throws -> (
        detections: Detections, indices: Tensor
    ) {
        try multiclassNMS(
            boxes: boxes(rows), scores: Tensor.from(scores, shape: [3, scores.count / 3]),
            scoreThreshold: threshold,
            nmsThreshold: 0.5, max: max)
    }

    /// Columns are two classes and the background, which is not read.
    @Test func withinClasses() throws {
        let (kept, indices) = try run([0.5, 0.9, 1, 0.6, 0.2, 1, 0.1, 0.3, 1])
        #expect(try kept.labels.integers() == [1, 0, 1] && indices.integers() == [1, 2, 5])
        #expect(isClose(try kept.scores.floats(), [0.9, 0.6, 0.3]))
        #expect(try kept.boxes.floats()[4..<8] == [0, 0, 10, 9] && kept.count == 3)
        #expect(kept.masks == nil)
    }

    @Test func theBest() throws {
        let scores: [Float] = [0.5, 0.9, 1, 0.6, 0.2, 1, 0.1, 0.3, 1]
        #expect(try run(scores, max: 2).indices.integers() == [1, 2])
        #expect(try run(scores, max: 0).detections.count == 0)
        #expect(try run(scores, max: 9).detections.count == 3)
    }

    /// A score at the threshold is none; nor is one that is not a number.
    @Test func candidates() throws {
        #expect(try run([0.25, 1, 0.5, 1, .nan, 1], 0.25).indices.integers() == [1])
        let none = try run([0.2, 1, 0.1, 1, 0, 1], 0.5).detections
        #expect(none.count == 0 && none.boxes.shape == [0, 4] && none.labels.dtype == .int64)
    }

    @Test func aBoxForEveryClass() throws {
        let two = try Tensor.cat([boxes(rows), boxes(rows) + 100], dim: 1)
        let scores = try Tensor.from([Float(0.5), 0.6, 0, 0, 0, 0, 0, 0.7, 0], shape: [3, 3])
        let (kept, indices) = try multiclassNMS(
            boxes: two, scores: scores, scoreThreshold: 0.1, nmsThreshold: 0.5, max: nil)
        #expect(try kept.boxes.floats() == [150, 150, 160, 160, 100, 100, 110, 110, 0, 0, 10, 10])
        #expect(try indices.integers() == [5, 1, 0])
    }

    @Test func noBoxes() throws {
        let kept = try multiclassNMS(
            boxes: boxes([]), scores: Tensor.zeros([0, 3]), scoreThreshold: 0.1, nmsThreshold: 0.5,
            max: 5)
        #expect(kept.detections.count == 0)
    }
}

@Suite struct ProposalTests {
    private func propose(
        _ filter: ProposalFilter, _ levels: [(anchors: [[Float]], scores: [Float])]
    ) throws
        -> (boxes: Tensor, scores: Tensor)
    {
        try filter.proposals(
            scores: levels.map { try Tensor.from($0.scores) },
            deltas: levels.map { try Tensor.zeros([$0.scores.count, 4]) },
            anchors: levels.map { try boxes($0.anchors) }, coder: DeltaCoder(),
            in: Size2D(height: 100, width: 50))
    }

    /// Equal boxes of one level are one proposal, those of two levels are two.
    @Test func levelsByThemselves() throws {
        let one: [[Float]] = [[0, 0, 10, 10], [0, 0, 10, 10], [0, 0, 90, 20]]
        let result = try propose(
            ProposalFilter(preNMS: 10, max: 10),
            [(one, [0.3, 0.4, 0.9]), ([[0, 0, 10, 10]], [0.5])])
        #expect(isClose(try result.scores.floats(), [0.9, 0.5, 0.4]))
        #expect(try result.boxes.floats() == [0, 0, 50, 20, 0, 0, 10, 10, 0, 0, 10, 10])
        #expect(
            try propose(ProposalFilter(preNMS: 10, max: 2), [(one, [0.3, 0.4, 0.9])]).scores.size(0)
                == 2)
        let best = try propose(
            ProposalFilter(preNMS: 1, max: 9),
            [(one, [0.3, 0.4, 0.9]), ([[0, 0, 10, 10]], [0.5])])
        #expect(isClose(try best.scores.floats(), [0.9, 0.5]))
    }

    /// What lies outside has no side left; nor have boxes that are not numbers.
    @Test func withoutArea() throws {
        let odd: [[Float]] = [[60, 0, 70, 10], [0, 0, .nan, 10], [5, 5, 5, 9], [0, 0, 2, 2]]
        let scores: [Float] = [0.9, 0.8, 0.7, 0.6]
        #expect(
            isClose(
                try propose(ProposalFilter(preNMS: 9, max: 9), [(odd, scores)]).scores.floats(),
                [0.6]))
        let large = try propose(ProposalFilter(preNMS: 9, max: 9, minimumSize: 2), [(odd, scores)])
        #expect(large.boxes.shape == [0, 4] && large.scores.shape == [0])
    }
}
