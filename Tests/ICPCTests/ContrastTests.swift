import DenseKitCore
import Foundation
import Testing

@testable import DenseKitICPC

@Suite struct PointTests {
    @Test(arguments: [
        (5, 0, 80000, 0), (5, 7999, 80000, 0), (5, 8000, 80000, 1), (5, 24000, 80000, 2),
        (5, 32000, 80000, 2),
        (5, 40000, 80000, 3), (5, 79999, 80000, 5), (2, 20000, 80000, 1), (1, 39999, 80000, 0),
        (1, 40000, 80000, 1),
        (5, 0, 1, 0),
        (5, 9, 3, 5), (5, -1, 0, 0), (65536, Int.max, Int.max, 65536),
    ])
    func hard(_ points: Int, _ t: Int, _ total: Int, _ expected: Int) {
        #expect(PointSampling.hard(points, iteration: t, of: total) == expected)
    }

    /// A map of 2 × 3 positions, two classes: the first three positions say class 0, the others
    /// class 1.
    private func candidates(
        _ labels: [Int64], _ priorities: [Float] = [0.5, 0.1, 0.3, 0.2, 0.2, 0.9]
    ) throws -> PointCandidates {
        let scores = try Tensor.from(
            [1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1] as [Float], shape: [1, 2, 2, 3])
        let draws = try RandomSource.prescribed(Tensor.from(priorities, shape: [1, 2, 3]))
        return try PointCandidates(
            scores, Tensor.from(labels, shape: [1, 2, 3]), ignoreIndex: 255, draws)
    }

    private func places(
        _ labels: [Int64], points: Int, t: Int, _ sampling: PointSampling = .easyToHard
    ) throws -> [Int] {
        var settings = ContrastiveSettings()
        settings.points = points
        settings.sampling = sampling
        return try candidates(labels).chosen(settings, iteration: t, of: 10).map(\.place)
    }

    @Test func easyFirst() throws {
        // Class 0 at 0, 1 (easy) and 3, 4 (hard); class 1 at 5 (easy) and 2 (hard).
        let labels: [Int64] = [0, 0, 1, 0, 0, 1]
        #expect(try places(labels, points: 2, t: 0) == [1, 0, 5, 2])
        #expect(try places(labels, points: 2, t: 5) == [1, 3, 5, 2])
        // of equal priorities the first place; one kind fills up
        #expect(try places(labels, points: 2, t: 9) == [3, 4, 5, 2])
        #expect(try places(labels, points: 1, t: 9) == [3, 2])
        #expect(try places(labels, points: 3, t: 9) == [1, 3, 4, 5, 2])
        #expect(try places(labels, points: 9, t: 0) == [1, 0, 3, 4, 5, 2])
    }

    @Test func atRandom() throws {
        #expect(try places([0, 0, 1, 0, 0, 1], points: 3, t: 9, .random) == [1, 3, 4, 2, 5])
    }

    @Test func ignoredPositionsAreNoPoints() throws {
        #expect(try places([255, 0, 255, 255, 255, 1], points: 5, t: 0) == [1, 5])
        #expect(try places([255, 255, 255, 255, 255, 255], points: 5, t: 0) == [])
    }

    /// The label of a position is that of the nearest pixel above and to the left.
    @Test func labelsOfAnotherSize() throws {
        let scores = try Tensor.zeros([1, 2, 2, 3])
        let labels = try Tensor.from((0..<35).map(Int64.init), shape: [1, 5, 7])
        let points = try PointCandidates(
            scores, labels, ignoreIndex: 255, RandomSource(seed: 1, iteration: 0)
        ).points
        #expect(
            points.map(\.label) == [0, 2, 4, 14, 16, 18] && points.map(\.place) == Array(0..<6))
    }

    /// Numbers of an image depend on its place in the global batch alone.
    @Test func drawsOfTheGlobalBatch() throws {
        let scores = try Tensor.zeros([2, 2, 2, 3])
        let labels = try Tensor.zeros([2, 2, 3]).to(.int64)
        func priorities(_ first: Int) throws -> [Double] {
            try PointCandidates(
                scores, labels, ignoreIndex: 255,
                RandomSource(seed: 1, iteration: 4, firstImage: first)
            ).points
                .map(
                    \.priority)
        }
        #expect(try Array(priorities(0).suffix(6)) == Array(priorities(1).prefix(6)))
        #expect(try Set(priorities(0)).count == 12)
    }

    @Test func numbersThatDoNotFit() throws {
        let draws = try RandomSource.prescribed(Tensor.zeros([2, 3]))
        for (image, count) in [(0, 4), (2, 3)] {
            let error = try #require(throws: SettingError.self) {
                try draws.uniform("contrast", image: image, count: count)
            }
            #expect(
                error.description
                    == "numbers are given for 2 images, 3 each; 'contrast' draws \(count) for image \(image + 1)"
            )
        }
    }
}

@Suite struct ContrastTests {
    private func loss(
        _ scores: Tensor, _ labels: [Int64],
        _ change: (inout ContrastiveSettings) -> Void = { _ in }
    ) throws -> Tensor {
        var settings = ContrastiveSettings()
        change(&settings)
        let shape = [scores.size(0), scores.size(2), scores.size(3)]
        return try AlignGuidedContrast(settings, weight: 1)(
            scores, Targets(labels: Tensor.from(labels, shape: shape), ignoreIndex: 255),
            ForwardPass())
    }

    /// Eq. 6 point by point.
    private func byHand(_ rows: [[Double]], _ labels: [Int64], temperature: Double, normalize: Bool)
        -> Double
    {
        let rows = rows.map { row in
            let length = normalize ? row.reduce(0) { $0 + $1 * $1 }.squareRoot() : 1
            return row.map { $0 / length }
        }
        func e(_ a: Int, _ b: Int) -> Double {
            exp(zip(rows[a], rows[b]).reduce(0) { $0 + $1.0 * $1.1 } / temperature)
        }
        var terms: [Double] = []
        for p in rows.indices where labels[p] != 255 {
            let positives = rows.indices.filter { $0 != p && labels[$0] == labels[p] }
            let negatives = rows.indices.filter { labels[$0] != 255 && labels[$0] != labels[p] }
                .reduce(0) { $0 + e(p, $1) }
            guard !positives.isEmpty else { continue }
            terms.append(
                positives.reduce(0) { $0 - log(e(p, $1) / (e(p, $1) + negatives)) }
                    / Double(positives.count))
        }
        return terms.reduce(0, +) / Double(terms.count)
    }

    @Test(arguments: [(0.1, true), (0.5, false), (0.02, true)]) func equation6(
        _ temperature: Double, _ normalize: Bool
    ) throws {
        // class 2 once: a negative of the others, no term of its own
        let labels: [Int64] = [0, 1, 1, 0, 2, 0, 255, 1]
        let scores = try Tensor.randomNormal([2, 3, 2, 2], generator: RandomGenerator(seed: 4))
        let values = try scores.permuted(0, 2, 3, 1).reshaped([8, 3]).floats().map(Double.init)
        let rows = (0..<8).map { Array(values[3 * $0..<3 * $0 + 3]) }
        let found = try loss(scores, labels) {
            $0.temperature = temperature
            $0.normalize = normalize
        }.item()
        let expected = byHand(rows, labels, temperature: temperature, normalize: normalize)
        #expect(abs(found - expected) < 1e-4 * max(1, expected), "\(found) \(expected)")
    }

    @Test(
        arguments: [
            // no other class; no point; no second point of any class
            [0, 0, 0, 0], [255, 255, 255, 255], [0, 1, 2, 255],
        ] as [[Int64]])
    func nothingToCompare(_ labels: [Int64]) throws {
        let scores = try Tensor.randomNormal([1, 3, 2, 2], generator: RandomGenerator(seed: 4))
        try scores.setRequiresGrad(true)
        let loss = try loss(scores, labels)
        try loss.backward()
        #expect(try loss.item() == 0 && scores.grad?.abs().amax().item() == 0)
    }

    /// Far apart points: no overflow, in neither direction.
    @Test func largeScores() throws {
        let scores = try Tensor.from(
            [900, -900, 900, -900, 1, 1, -1, -1] as [Float], shape: [1, 2, 2, 2])
        try scores.setRequiresGrad(true)
        let loss = try loss(scores, [0, 0, 1, 1]) { $0.normalize = false }
        try loss.backward()
        #expect(try loss.isFinite() && scores.grad?.isFinite() == true && loss.item() > 1e6)
    }

    @Test func withoutLabels() throws {
        let contrast = AlignGuidedContrast(ContrastiveSettings(), weight: 1)
        let error = try #require(throws: TargetError.self) {
            try contrast(Tensor.zeros([1, 2, 2, 2]), Targets(), ForwardPass())
        }
        #expect(
            error.description == "a segmentation head needs label maps, and this data set has none")
    }

    /// The weight multiplies the loss, and the loss has its own name.
    @Test func weight() throws {
        let scores = try Tensor.randomNormal([1, 3, 2, 2], generator: RandomGenerator(seed: 4))
        let targets = Targets(
            labels: try Tensor.from([0, 0, 1, 1] as [Int64], shape: [1, 2, 2]), ignoreIndex: 255)
        let whole = try AlignGuidedContrast(ContrastiveSettings(), weight: 1)(
            scores, targets, ForwardPass()
        ).item()
        let half = try AlignGuidedContrast(ContrastiveSettings(), weight: 0.5)(
            scores, targets, ForwardPass()
        ).item()
        #expect(abs(half - whole / 2) < 1e-6 && whole > 0.01)
    }
}
