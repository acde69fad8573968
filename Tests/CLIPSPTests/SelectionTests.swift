import DenseKitCore
import Foundation
import SmallModels
import TemporaryFolders
import Testing

@testable import DenseKitCLIPSP

@Suite struct SelectionTests {
    private let probabilities: ImageProbabilities
    private let present: LabelSets

    init() throws {
        probabilities = try ImageProbabilities(
            Tensor.from(
                [0.1, 0.9, 0.5, 0.5, 0.2, 0.7, 0.1, 0.3, 0.3, 0.6] as [Float], shape: [2, 5]))
        present = try LabelSets(
            Tensor.from([0, 0, 4, 255, 4, 0, 1, 2, 3, 9] as [Int64], shape: [2, 1, 5]), classes: 5,
            ignoreIndex: 255)
    }

    /// What every image draws.
    private func step(
        _ images: [Float], _ labels: [Float] = Array(repeating: 0, count: 10), iteration: Int = 0
    ) throws
        -> ForwardPass
    {
        ForwardPass(
            iteration: iteration,
            randomSource: try .prescribed([
                BatchDrop.images: Tensor.from(images, shape: [2, 1]),
                BatchDrop.labels: Tensor.from(labels, shape: [2, 5]),
            ]))
    }

    @Test("Of equal probabilities the smaller class comes first")
    func ranking() {
        #expect(probabilities.images.map(\.ranking) == [[1, 2, 3, 4, 0], [0, 4, 2, 3, 1]])
    }

    @Test("Ignored pixels and numbers that are no class are not there")
    func labels() throws {
        #expect(
            present.images == [
                [true, false, false, false, true], [true, true, true, true, false],
            ])
        #expect(try present.indicators().floats() == [1, 0, 0, 0, 1, 1, 1, 1, 1, 0])
    }

    @Test(
        "Masked images take their labels, filled up with the most probable others; other images the most probable"
    )
    func masked() throws {
        let drop = BatchDrop()
        #expect(
            try drop(probabilities, present, k: 3, step([0.5, 0.95])) == [[1, 4, 0], [0, 4, 2]])
        // Of four labels, those with the three largest draws; equal draws: the smaller.
        let draws: [Float] = [0, 0, 0, 0, 0, 0.1, 0.7, 0.7, 0.7, 0.9]
        #expect(
            try drop(probabilities, present, k: 3, step([0.95, 0.5], draws)) == [
                [1, 2, 3], [2, 3, 1],
            ])
        #expect(try drop(probabilities, present, k: 2, step([0.95, 0.5], draws))[1] == [2, 1])
        #expect(
            try drop(probabilities, present, k: 5, step([0.1, 0.1], draws)) == [
                [1, 2, 3, 4, 0], [0, 4, 2, 3, 1],
            ])
    }

    @Test(
        "The share falls by its factor to its end",
        arguments: [(0, 0.9), (1, 0.89991), (21971, 0.1000015), (21973, 0.1), (160_000, 0.1)])
    func ratio(_ iteration: Int, _ expected: Double) {
        #expect(abs(BatchDrop().ratio(at: iteration) - expected) < 1e-5)
    }

    @Test("Draws depend on seed, iteration and image alone: halves of a batch draw as the whole")
    func draws() throws {
        let drop = BatchDrop()
        func masked(_ firstImage: Int, _ count: Int) throws -> [Bool] {
            let draws = RandomSource(seed: 5, iteration: 7, firstImage: firstImage)
            return try (0..<count).map { try drop.isMasked($0, 0.5, draws) }
        }
        #expect(try masked(0, 64) == masked(0, 32) + masked(32, 32))
        #expect(try (10...54).contains(masked(0, 64).count { $0 }))
    }

    @Test("Batch drop is for training alone, and `none` is without")
    func trainingAlone() throws {
        let labels = try stripes()
        func selected(_ settings: String, training: Bool) throws -> [[Int64]] {
            try RandomGenerator.seed(4)
            let model = try model(
                tinyCLIP, "\(settings)k: 1", buildContext(["a", "b", "c", "d", "e", "f"]))
            try model.setTraining(training)
            var seen: [String: [Int64]] = [:]
            let step = ForwardPass(targets: Targets(labels: labels)) { name, tensor in
                if ["selected", "top_k"].contains(name) { seen[name] = try tensor.integers() }
            }
            _ = try model.prompted(images(), step)
            return [seen["selected"] ?? [], seen["top_k"] ?? []]
        }
        for (settings, training) in [("batch_drop: none, ", true), ("", false)] {
            let found = try selected(settings, training: training)
            #expect(found[0] == found[1] && found[0].count == 2)
        }
        let found = try selected("batch_drop: {start: 1, end: 1}, ", training: true)
        #expect(found[0].allSatisfy { $0 < 3 })  // the labels that are there
    }

    @Test(
        "A cell has the label of the pixel in its middle; what is not selected counts nothing and stays in the mean"
    )
    func sceneLoss() throws {
        let labels = try Tensor.from((0..<24).map(Int64.init), shape: [1, 4, 6])
        let attention = try Tensor.zeros([1, 2, 2, 3])
        let cells = try SceneLoss.cellLabels(labels, attention)
        #expect(try cells.integers() == [7, 9, 11, 19, 21, 23])
        let selected = try Tensor.labels([[9, 23]])
        #expect(
            try abs(SceneLoss.value(attention, cells, selected, 255).item() - 2 * 0.693147 / 6)
                < 1e-6)
        #expect(
            try abs(SceneLoss.value(attention, cells, selected, 23).item() - 0.693147 / 6) < 1e-6)
    }
}

@Suite struct StartingEdgesTests {
    private func edges(_ setting: String, _ counts: CoOccurrence?) throws -> [Float] {
        var context = try buildContext(["a", "b"])
        if let counts { context.coOccurrence = { counts } }
        let weight = try Tensor.zeros([2, 2, 1])
        try StartingEdges(LocatedValue(setting), context).write(into: weight)
        return try weight.floats()
    }

    private var counts: CoOccurrence {
        var counts = CoOccurrence(classes: ["a", "b"])
        for present in [[0], [0, 1], [0, 1], [0]] { counts.add(present) }
        return counts
    }

    @Test("n_ij / √(n_i n_j) where training begins, no edges elsewhere or where none are wanted")
    func kinds() throws {
        let share = Float(2 / 8.0.squareRoot())
        #expect(try edges("auto", counts) == [1, share, share, 1])
        #expect(try edges("auto", nil) == [1, 0, 0, 1] && edges("none", counts) == [1, 0, 0, 1])
        #expect(try edges("/no/such/file", nil) == [1, 0, 0, 1])
        #expect(CoOccurrence(classes: ["a", "b"]).normalized() == [1, 0, 0, 1])
    }

    @Test("A file with counts, and what is said of one that does not fit")
    func files() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("counts.json")
        let share = Float(2 / 8.0.squareRoot())
        try counts.write(to: path)
        #expect(try edges(path, counts) == [1, share, share, 1])
        for (text, problem) in [
            (
                "{\"classes\":[\"a\",\"c\"],\"pictures\":4,\"counts\":[[4,2],[2,2]]}",
                "counts 2 classes (a, c…), and the data set has 2 (a, b…)"
            ),
            (
                "{\"classes\":[\"a\",\"b\"],\"pictures\":4,\"counts\":[[4,2]]}",
                "has other than 2 rows of 2 counts"
            ),
            (
                "{\"classes\":[\"a\",\"b\"],\"pictures\":4,\"counts\":[[4,5],[5,5]]}",
                "counts 5 images with 'a' and 'b', the other way round 5, and 4 with 'a'"
            ),
        ] {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            let error = try #require(throws: SettingError.self) { try edges(path, counts) }
            #expect(
                error.problem
                    == "co_occurrence: \(path) \(problem): count this data set, or use auto or none"
            )
        }
        try "x".write(toFile: path, atomically: true, encoding: .utf8)
        let error = try #require(throws: SettingError.self) { try edges(path, counts) }
        #expect(
            error.problem.hasPrefix(
                "co_occurrence: \(path) cannot be read as counts of classes (write them with "))
    }
}
