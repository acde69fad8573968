import DenseKitComponents
import DenseKitData
import DenseKitEvaluation
import DenseKitVision
import Testing

/// A number for every pixel, -1 in padding.
private struct Numbers: PerPixelTarget {
    static let name = "numbers"
    static let padding: Float = -1
    var size: Size2D
    var values: [Float]
}

private struct Flip: Transform {
    func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) {
        sample.flipHorizontally()
        sample.pad(to: Size2D(height: 3, width: 4))
    }
}

/// Images of 2 × 3 pixels whose numbers are 0…5; from image `known` on nothing is known.
private struct Numbered: Dataset {
    let classes = ClassList(names: [])
    let count = 2
    var known = 2
    var side = 3

    func sample(at index: Int) throws -> DataSample {
        var sample = DataSample(name: "image \(index)", image: RGBImage(height: 2, width: 3))
        let size = Size2D(height: 2, width: side)
        if index < known {
            try sample.add(Numbers(size: size, values: (0..<2 * side).map(Float.init)))
        }
        return sample
    }
}

@Suite("Targets of a kind of their own") struct SampleTargetTests {
    private func batch(_ dataset: Numbered, keepsOriginals: Bool = false) throws -> Batch {
        var options = DataLoader.Options()
        options.batch = 2
        options.shuffles = false
        options.keepsOriginalLabels = keepsOriginals
        return try #require(try DataLoader(dataset, Flip(), options).next())
    }

    @Test func theyMoveWithTheImage() throws {
        var sample = try Numbered().sample(at: 0)
        sample.flipHorizontally()
        #expect(sample.target(Numbers.self)?.values == [2, 1, 0, 5, 4, 3])
        sample.crop(to: PixelWindow(y: 1, x: 0, height: 1, width: 2))
        #expect(sample.target(Numbers.self)?.values == [5, 4])
        sample.resize(to: Size2D(height: 2, width: 4))
        #expect(sample.target(Numbers.self)?.values == [5, 5, 4, 4, 5, 5, 4, 4])
        sample.pad(to: Size2D(height: 3, width: 5))
        let padded = try #require(sample.target(Numbers.self))
        #expect(
            padded.size == sample.size
                && padded.values == [5, 5, 4, 4, -1, 5, 5, 4, 4, -1, -1, -1, -1, -1, -1])
        try sample.add(Numbers(size: sample.size, values: Array(repeating: 7, count: 15)))
        #expect(sample.targets.count == 1 && sample.target(Numbers.self)?.values.first == 7)
    }

    @Test func theyReachTheHeadAsATensor() throws {
        let targets = try batch(Numbered()).targets()
        let numbers = try #require(targets[Numbers.self])
        #expect(
            targets.others.keys.sorted() == ["numbers"] && targets.labels == nil
                && targets.instances == nil)
        #expect(numbers.shape == [2, 3, 4])
        #expect(
            try numbers.selected(0, 1).contiguous().floats() == [
                2, 1, 0, -1, 5, 4, 3, -1, -1, -1, -1, -1,
            ])
    }

    @Test func originalsStayOutOfReachOfTransforms() throws {
        let batch = try batch(Numbered(), keepsOriginals: true)
        #expect(
            batch.sampleTargets.map { ($0.first as? Numbers)?.values } == [
                [0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5],
            ])
        #expect(batch.height == 3)
    }

    @Test func mistakesNameTheImage() throws {
        let size = try #require(throws: DataError.self) { try Numbered(side: 4).sample(at: 0) }
        #expect("\(size)" == "image 0: its numbers is 2×4, the image 2×3; give both in one size")
        let missing = try #require(throws: DataError.self) {
            try batch(Numbered(known: 1)).targets()
        }
        #expect(
            "\(missing)"
                == "image 1: has no numbers, and image 0 in the same batch has; let the data set give it for every image"
        )
    }
}
