import DenseKitDetection
import DenseKitVision
import Testing

@Suite struct AnchorGeneratorTests {
    @Test func ratiosThenScalesByRowThenColumn() throws {
        let generator = try AnchorGenerator(strides: [10, 20], ratios: [1, 4], scales: [1, 2])
        #expect(generator.perPosition == 4)
        let base = try generator.baseAnchors()
        #expect(
            try base[0].floats() == [
                -5, -5, 5, 5, -10, -10, 10, 10, -2.5, -10, 2.5, 10, -5, -20, 5, 20,
            ])
        let anchors = try generator.anchors(for: [Size2D(2, 3), Size2D(1, 1)])
        #expect(anchors.map(\.shape) == [[24, 4], [4, 4]])
        let rows = try anchors[0].reshaped([2, 3, 4, 4])
        #expect(try rows.selected(0, 1).selected(0, 2).selected(0, 0).floats() == [15, 5, 25, 15])
        #expect(try anchors[1].floats() == base[1].floats())
    }

    @Test func centersAndBaseSizes() throws {
        let generator = try AnchorGenerator(
            strides: [8], ratios: [1], scales: [1], baseSizes: [6], centerOffset: 0.5)
        #expect(try generator.baseAnchors()[0].floats() == [0, 0, 6, 6])
        let octaves = try AnchorGenerator.octaveScales(base: 4, perOctave: 3)
        #expect(octaves.count == 3 && octaves[0] == 4 && abs(octaves[2] - 6.3496042) < 1e-6)
    }

    /// Cells that begin within the padded picture are valid, in part within or not.
    @Test func validPositions() throws {
        let generator = try AnchorGenerator(strides: [8], ratios: [1, 2], scales: [1])
        let flags = try generator.validFlags(
            for: [Size2D(3, 4)], paddedSize: Size2D(height: 9, width: 16))[0]
        #expect(flags.dtype == .bool)
        let row: [Float] = [1, 1, 1, 1, 0, 0, 0, 0]
        #expect(try flags.floats() == row + row + [Float](repeating: 0, count: 8))
        #expect(
            try generator.validFlags(
                for: [Size2D(1, 1)], paddedSize: Size2D(height: 900, width: 900))[0].floats() == [
                    1, 1,
                ])
    }

    @Test func aMapIsMissing() throws {
        let generator = try AnchorGenerator(strides: [8, 16], ratios: [1], scales: [1])
        let error = try #require(throws: SettingError.self) { _ = try generator.anchors(for: [1]) }
        #expect(error.description == "1 maps came for anchors of 2 strides")
    }
}

@Suite struct AnchorMatcherTests {
    private func matcher(
        border: Double? = nil, sampler: RandomSampler? = nil, decoded: Bool = false
    ) throws -> AnchorMatcher {
        try AnchorMatcher(
            assigner: MaxIoUAssigner(positive: 0.5, negative: 0.4), sampler: sampler,
            coder: decoded ? nil : DeltaCoder(),
            border: border)
    }

    /// On a picture of 20×20: one like the truth, one away from it, one that is ignored, one over
    /// the border, one at no valid position.
    private let anchors: [[Float]] = [
        [0, 0, 10, 10], [10, 10, 18, 18], [0, 0, 10, 4.5], [15, 15, 25, 25], [1, 1, 10, 10],
    ]
    private let valid: [Int64] = [1, 1, 1, 1, 0]

    private func targets(_ matcher: AnchorMatcher, _ things: [[Float]], foreground: Int? = nil)
        throws -> AnchorTargets
    {
        try matcher.targets(
            boxes(anchors), valid: ints(valid).to(.bool), groundTruth: groundTruth(things),
            in: Size2D(height: 20, width: 20), background: 80,
            foreground: foreground, randomSource: .inOrder, purpose: "anchors", image: 0)
    }

    @Test func classesAndDeltas() throws {
        let result = try targets(matcher(), [[0, 0, 10, 10]])
        #expect(try result.labels.integers() == [3, 80, 80, 80, 80])
        #expect(try result.labelWeights.floats() == [1, 1, 0, 1, 0])
        #expect(try result.boxWeights.floats() == [1, 1, 1, 1] + [Float](repeating: 0, count: 16))
        #expect(try result.boxes.floats().allSatisfy { $0 == 0 })
        #expect(result.positiveCount == 1 && result.negativeCount == 2)
        #expect(
            try targets(matcher(), [[0, 0, 10, 10]], foreground: 0).labels.integers() == [
                0, 80, 80, 80, 80,
            ])
    }

    @Test func overTheBorder() throws {
        #expect(
            try targets(matcher(border: 0), [[0, 0, 10, 10]]).labelWeights.floats() == [
                1, 1, 0, 0, 0,
            ])
        #expect(
            try targets(matcher(border: 6), [[0, 0, 10, 10]]).labelWeights.floats() == [
                1, 1, 0, 1, 0,
            ])
    }

    @Test func cornersInsteadOfDeltas() throws {
        let result = try targets(matcher(decoded: true), [[0, 0, 10, 9]])
        #expect(try result.boxes.floats()[..<8] == [0, 0, 10, 9, 0, 0, 0, 0])
    }

    @Test func sampled() throws {
        let sampler = try RandomSampler(count: 2, positiveFraction: 0.5)
        let result = try targets(matcher(sampler: sampler), [[0, 0, 10, 10]])
        #expect(try result.labelWeights.floats() == [1, 1, 0, 0, 0] && result.negativeCount == 1)
    }

    @Test func noGroundTruth() throws {
        let result = try targets(matcher(), [])
        #expect(try result.labels.integers() == [80, 80, 80, 80, 80] && result.positiveCount == 0)
        #expect(
            try result.labelWeights.floats() == [1, 1, 1, 1, 0]
                && result.boxWeights.sum().item() == 0)
        let sampler = try RandomSampler(count: 3, positiveFraction: 0.5)
        #expect(
            try targets(matcher(sampler: sampler), []).labelWeights.floats() == [1, 1, 1, 0, 0])
    }

    @Test func noAnchorInside() throws {
        let result = try matcher(border: 0).targets(
            boxes([[-5, 0, 3, 3], [0, 0, 30, 3]]), valid: ints([1, 1]).to(.bool),
            groundTruth: groundTruth([[0, 0, 3, 3]]),
            in: Size2D(height: 20, width: 20), background: 80, randomSource: .inOrder,
            purpose: "anchors",
            image: 0)
        #expect(
            try result.labels.integers() == [80, 80] && result.labelWeights.floats() == [0, 0])
        #expect(
            try result.boxes.floats().allSatisfy { $0 == 0 }
                && result.positiveCount + result.negativeCount == 0)
    }
}
