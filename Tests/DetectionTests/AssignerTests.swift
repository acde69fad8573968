import DenseKitDetection
import Testing

@Suite struct MaxIoUAssignerTests {
    private func indices(
        _ assigner: MaxIoUAssigner, _ rows: [[Float]], _ groundTruth: InstanceTargets
    )
        throws -> [Int64]
    {
        try assigner.assign(boxes(rows), to: groundTruth).indices.integers()
    }

    /// IoU with the truth: 1, 0.5, 0.4, 0.3, 0.
    private let rows: [[Float]] = [
        [0, 0, 10, 10], [0, 0, 10, 5], [0, 0, 10, 4], [0, 0, 10, 3], [20, 20, 30, 30],
    ]

    @Test func thresholds() throws {
        let thing = try groundTruth([[0, 0, 10, 10]])
        #expect(
            try indices(MaxIoUAssigner(positive: 0.5, negative: 0.4), rows, thing) == [
                1, 1, -1, 0, 0,
            ])
        #expect(
            try indices(MaxIoUAssigner(positive: 0.6, negative: 0.35), rows, thing) == [
                1, -1, -1, 0, 0,
            ])
        #expect(
            try indices(MaxIoUAssigner(positive: 0.5, negative: 0.1..<0.4), rows, thing) == [
                1, 1, -1, 0, -1,
            ])
        let assignment = try MaxIoUAssigner(positive: 0.5, negative: 0.4).assign(
            boxes(rows), to: thing)
        #expect(isClose(try assignment.overlaps.floats(), [1, 0.5, 0.4, 0.3, 0]))
        #expect(try assignment.labels(of: thing).integers() == [3, 3, -1, -1, -1])
    }

    /// The best box of a truth is its own however little they overlap, if it is enough.
    @Test(arguments: [(0.3, [0, 2, 1]), (0.35, [0, 0, 1])] as [(Double, [Int64])])
    func lowQuality(_ minimum: Double, _ expected: [Int64]) throws {
        let things = try groundTruth([[0, 0, 10, 10], [50, 0, 60, 10]])
        let near: [[Float]] = [[90, 90, 99, 99], [50, 0, 60, 3.2], [0, 0, 10, 9]]
        let assigner = try MaxIoUAssigner(positive: 0.7, negative: 0.35, minPositive: minimum)
        #expect(try indices(assigner, near, things) == expected)
        let strict = try MaxIoUAssigner(
            positive: 0.7, negative: 0.35, minPositive: minimum, matchesLowQuality: false)
        #expect(try indices(strict, near, things) == [0, 0, 1])
    }

    /// Two boxes are as near to a truth, and two truths to a box.
    @Test func ties() throws {
        let assigner = try MaxIoUAssigner(positive: 0.9, negative: 0.3, minPositive: 0.1)
        let twins: [[Float]] = [[0, 0, 10, 4], [0, 6, 10, 10]]
        #expect(try indices(assigner, twins, groundTruth([[0, 0, 10, 10]])) == [1, 1])
        var first = assigner
        first.assignsAllBest = false
        #expect(try indices(first, twins, groundTruth([[0, 0, 10, 10]])) == [1, -1])
        let same = try groundTruth([[0, 0, 10, 10], [0, 0, 10, 10]])
        #expect(try indices(assigner, [[0, 0, 10, 10]], same) == [2])
        var strict = assigner
        strict.matchesLowQuality = false
        #expect(try indices(strict, [[0, 0, 10, 10]], same) == [1])
    }

    /// With no least overlap a truth that nothing touches claims everything: the reference's way,
    /// which the RetinaNet configurations use.
    @Test func aTruthThatNothingTouches() throws {
        let assigner = try MaxIoUAssigner(positive: 0.5, negative: 0.4)
        #expect(
            try indices(
                assigner, [[0, 0, 5, 5], [9, 9, 12, 12]], groundTruth([[50, 50, 60, 60]])) == [
                    1, 1,
                ])
    }

    @Test func crowds() throws {
        let thing = try groundTruth(
            [[0, 0, 10, 10]], ignored: [[18, 18, 40, 40], [0, 0, 100, 100]])
        var assigner = try MaxIoUAssigner(positive: 0.5, negative: 0.4)
        #expect(try indices(assigner, rows, thing) == [1, 1, -1, 0, 0])
        assigner.ignoreThreshold = 0.5
        #expect(try indices(assigner, rows, thing) == [-1, -1, -1, -1, -1])
        let one = try groundTruth([[0, 0, 10, 10]], ignored: [[18, 18, 40, 40]])
        #expect(try indices(assigner, rows, one) == [1, 1, -1, 0, -1])
        assigner.ignoresByBoxes = false  // the box covers 100 of the region's 484
        #expect(try indices(assigner, rows, one) == [1, 1, -1, 0, 0])
        assigner.ignoreThreshold = 0.2
        #expect(try indices(assigner, rows, one) == [1, 1, -1, 0, -1])
    }

    @Test func nothing() throws {
        let assigner = try MaxIoUAssigner(positive: 0.5, negative: 0.4, ignoreThreshold: 0.5)
        let none = try groundTruth([], ignored: [[0, 0, 100, 100]])
        let assignment = try assigner.assign(boxes(rows), to: none)
        #expect(try assignment.indices.integers() == [0, 0, 0, 0, 0])
        #expect(try assignment.overlaps.floats() == [0, 0, 0, 0, 0])
        #expect(try assignment.labels(of: none).integers() == [-1, -1, -1, -1, -1])
        #expect(try indices(assigner, [], groundTruth([[0, 0, 1, 1]])) == [])
        #expect(try indices(assigner, [], none) == [])
    }

    @Test func boxesThatAreNoBoxes() throws {
        let assigner = try MaxIoUAssigner(positive: 0.5, negative: 0.4, minPositive: 0.1)
        let odd: [[Float]] = [[.nan, 0, 10, 10], [5, 5, 5, 5], [9, 9, 1, 1], [0, 0, 10, 10]]
        #expect(try indices(assigner, odd, groundTruth([[2, 2, 2, 2]])) == [-1, 0, 0, 0])
        let found = try indices(assigner, odd, groundTruth([[0, 0, 10, 10]]))
        #expect(found[0] == -1 && found[1...2] == [0, 0])
    }
}

@Suite struct RandomSamplerTests {
    /// Positives at 1, 3, 4, 7; ignored at 2; the rest is background.
    private func assignment() throws -> BoxAssignment {
        let indices = try ints([0, 2, -1, 1, 1, 0, 0, 2, 0, 0])
        return BoxAssignment(indices: indices, overlaps: try Tensor.zeros([10]))
    }

    private func sample(
        _ sampler: RandomSampler, randomSource: RandomSource = .inOrder, _ things: [[Float]]? = nil
    ) throws -> BoxSample {
        let all = try Tensor.arange(to: 40, dtype: .float32).reshaped([10, 4])
        return try sampler.sample(
            assignment(), boxes: all,
            groundTruth: groundTruth(things ?? [[0, 0, 1, 1], [2, 2, 3, 3]]),
            randomSource: randomSource, purpose: "roi", image: 0
        )
    }

    @Test func theFirstCandidates() throws {
        let result = try sample(
            RandomSampler(count: 5, positiveFraction: 0.5, addsGroundTruth: false))
        #expect(
            try result.positives.integers() == [1, 3] && result.negatives.integers() == [0, 5, 6])
        #expect(try result.groundTruthIndices.integers() == [1, 0])
        #expect(try result.positiveBoxes().floats() == [4, 5, 6, 7, 12, 13, 14, 15])
        #expect(try result.sampledBoxes().shape == [5, 4])
    }

    /// Where positives are few, background takes their places.
    @Test func fewPositives() throws {
        let result = try sample(
            RandomSampler(count: 10, positiveFraction: 1, addsGroundTruth: false))
        #expect(
            try result.positives.integers() == [1, 3, 4, 7]
                && result.negatives.integers() == [0, 5, 6, 8, 9])
        var bound = try RandomSampler(
            count: 10, positiveFraction: 0.1, addsGroundTruth: false, maxNegativesPerPositive: 2)
        #expect(try sample(bound).negatives.integers() == [0, 5])
        bound.positiveFraction = 0
        #expect(
            try sample(bound).negatives.integers() == [0, 5] && sample(bound).positives.size(0) == 0
        )
    }

    @Test func theTruthItself() throws {
        let result = try sample(RandomSampler(count: 8, positiveFraction: 0.5))
        #expect(result.boxes.shape == [12, 4])
        #expect(
            try result.positives.integers() == [0, 1, 3, 5]
                && result.groundTruthIndices.integers() == [0, 1, 1, 0])
        #expect(try result.positiveBoxes().floats()[..<8] == [0, 0, 1, 1, 2, 2, 3, 3])
        #expect(try result.negatives.integers() == [2, 7, 8, 10])
    }

    /// What is drawn depends on the seed alone, and for other purposes other numbers are drawn.
    @Test func randomSource() throws {
        let sampler = try RandomSampler(count: 4, positiveFraction: 0.5, addsGroundTruth: false)
        let all = try (0..<20).map { seed in
            let randomSource = RandomSource(seed: UInt64(seed), iteration: 1)
            let a = try sample(sampler, randomSource: randomSource)
            let b = try sample(sampler, randomSource: randomSource)
            #expect(
                try a.positives.integers() == b.positives.integers()
                    && a.negatives.integers() == b.negatives.integers())
            #expect(
                try a.positives.size(0) == 2
                    && a.negatives.integers().allSatisfy { [0, 5, 6, 8, 9].contains($0) })
            return try a.positives.integers() + a.negatives.integers()
        }
        #expect(Set(all).count > 5)
        // The last positives, the first of the background.
        let byPurpose = RandomSource { purpose, _, count in
            (0..<count).map {
                Double(purpose == "roi.positive" ? count - $0 : $0) / Double(count + 1)
            }
        }
        let result = try sample(sampler, randomSource: byPurpose)
        #expect(
            try result.positives.integers() == [4, 7] && result.negatives.integers() == [0, 5])
    }

    @Test func nothing() throws {
        let sampler = try RandomSampler(count: 4, positiveFraction: 0.5)
        let none = try groundTruth([])
        let empty = try BoxAssignment(
            indices: Tensor.zeros([0], dtype: .int64), overlaps: Tensor.zeros([0]))
        let result = try sampler.sample(
            empty, boxes: boxes([]), groundTruth: none, randomSource: .inOrder, purpose: "roi",
            image: 0)
        #expect(
            try result.sampledBoxes().shape == [0, 4] && result.groundTruthIndices.shape == [0])
        let own = try sampler.sample(
            empty, boxes: boxes([]), groundTruth: groundTruth([[1, 2, 3, 4]]),
            randomSource: .inOrder, purpose: "roi",
            image: 0)
        #expect(try own.sampledBoxes().floats() == [1, 2, 3, 4])
    }
}
