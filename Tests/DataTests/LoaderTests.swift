import DenseKitData
import DenseKitVision
import Foundation
import Synchronization
import Testing

/// Pictures made on the spot: sample i has level i everywhere and label i mod 3.
private struct Plain: Dataset {
    let classes = ClassList(names: ["a", "b", "c"])
    var count = 10
    var size: @Sendable (Int) -> Size2D = { _ in Size2D(height: 4, width: 6) }
    /// Samples that cannot be read.
    var broken: Set<Int> = []
    /// Samples whose labels contradict the data set.
    var wrong: Set<Int> = []

    func sample(at index: Int) throws -> DataSample {
        if broken.contains(index) {
            throw DataError("\(index).jpg", "is broken", kind: .unreadable)
        }
        if wrong.contains(index) { throw DataError("\(index).png", "label 7") }
        let level = UInt8(index % 256)
        let size = size(index)
        return try DataSample(
            name: "\(index).jpg",
            image: RGBImage(
                height: size.height, width: size.width, fill: RGBColor(level, level, level)),
            labels: LabelMap(height: size.height, width: size.width, fill: UInt16(index % 3)),
            traits: index == 0 ? .grey : [])
    }
}

/// Adds a random level, so that a wrong stream shows.
private struct Noise: Transform {
    func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) {
        sample.image.mapLevels(levelTable(beta: Float(random.integer(in: 0..<100))))
    }
}

@Suite struct LoaderTests {
    private func options(_ change: (inout DataLoader.Options) -> Void = { _ in })
        -> DataLoader.Options
    {
        var options = DataLoader.Options()
        options.batch = 4
        change(&options)
        return options
    }

    @Test(arguments: [1, 2, 4, 7]) func batchesDoNotDependOnWorkers(_ workers: Int) throws {
        let reference = try DataLoader(Plain(), Noise(), options { $0.workers = 1 })
        let loader = try DataLoader(
            Plain(), Noise(),
            options {
                $0.workers = workers; $0.prefetch = 3
            })
        for _ in 0..<25 {
            let a = try #require(try reference.next())
            let b = try #require(try loader.next())
            #expect(a.items == b.items)
            #expect(a.pixels == b.pixels)
            #expect(a.labels == b.labels)
        }
    }

    @Test func aBatchHoldsWhatItSays() throws {
        let loader = try DataLoader(Plain(), Pipeline([]), options { $0.shuffles = false })
        let batch = try #require(try loader.next())
        #expect((batch.count, batch.height, batch.width) == (4, 4, 6))
        #expect(batch.names == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"])
        #expect(batch.pixels == (0..<4).flatMap { [Float](repeating: Float($0), count: 4 * 6 * 3) })
        #expect(batch.labels == (0..<4).flatMap { [Int64](repeating: Int64($0 % 3), count: 4 * 6) })
        #expect(batch.items[2].originalSize == Size2D(height: 4, width: 6))
        _ = try loader.next()
        // The third batch runs into the next epoch: no sample is dropped.
        let third = try #require(try loader.next())
        #expect(third.items.map(\.index) == [8, 9, 0, 1])
        #expect(third.items.map(\.epoch) == [0, 0, 1, 1])
    }

    @Test func eachEpochVisitsEverySampleOnceInAnotherOrder() throws {
        let loader = try DataLoader(Plain(), Pipeline([]), options { $0.batch = 5 })
        let epochs = try (0..<2).map { _ in
            try (0..<2).flatMap { _ in try #require(try loader.next()).items.map(\.index) }
        }
        #expect(epochs[0].sorted() == Array(0..<10))
        #expect(epochs[1].sorted() == Array(0..<10))
        #expect(epochs[0] != epochs[1])
    }

    @Test func resumingContinues() throws {
        let whole = try DataLoader(Plain(), Noise(), options())
        let batches = try (0..<9).map { _ in try #require(try whole.next()) }
        let resumed = try DataLoader(Plain(), Noise(), options { $0.iteration = 6 })
        for i in 6..<9 {
            let batch = try #require(try resumed.next())
            #expect(batch.items == batches[i].items)
            #expect(batch.pixels == batches[i].pixels)
        }
    }

    @Test(arguments: [2, 4]) func ranksShareTheGlobalBatch(_ ranks: Int) throws {
        let whole = try DataLoader(Plain(), Noise(), options { $0.batch = 8 })
        let parts = try (0..<ranks).map { rank in
            try DataLoader(
                Plain(), Noise(),
                options {
                    $0.batch = 8 / ranks; $0.rank = rank; $0.ranks = ranks
                })
        }
        for _ in 0..<5 {
            let batch = try #require(try whole.next())
            let pieces = try parts.map { try #require(try $0.next()) }
            #expect(batch.items == pieces.flatMap(\.items))
            #expect(batch.pixels == pieces.flatMap(\.pixels))
        }
    }

    @Test func onePassEnds() throws {
        let loader = try DataLoader(
            Plain(), Pipeline([]),
            options {
                $0.epochs = 1; $0.shuffles = false; $0.keepsOriginalLabels = true
            })
        var counts: [Int] = []
        while let batch = try loader.next() {
            counts.append(batch.count)
            #expect(batch.labels == nil)
            #expect(batch.originalLabels.count == batch.count)
            #expect(batch.originalLabels[0]?.labels.count == 24)
        }
        #expect(counts == [4, 4, 2])
        #expect(try loader.next() == nil)
    }

    @Test func errorsArriveWithTheirBatch() throws {
        let loader = try DataLoader(
            Plain(broken: [5]), Pipeline([]), options { $0.shuffles = false })
        #expect(try loader.next()?.count == 4)
        #expect(throws: DataError("5.jpg", "is broken", kind: .unreadable)) { try loader.next() }
        #expect(try loader.next()?.items.map(\.index) == [8, 9, 0, 1])
    }

    @Test(arguments: [1, 3]) func badImagesCanBeSkipped(_ workers: Int) throws {
        let set = Plain(broken: [5, 6])
        let loader = try DataLoader(
            set, Noise(),
            options {
                $0.shuffles = false; $0.badImage = .skip; $0.epochs = 1; $0.workers = workers
            })
        var indices: [Int] = []
        var skipped: [[Batch.Skipped]] = []
        while let batch = try loader.next() {
            indices += batch.items.map(\.index)
            skipped.append(batch.skipped)
        }
        #expect(indices == [0, 1, 2, 3, 4, 7, 7, 7, 8, 9])
        #expect(skipped.map { $0.map(\.index) } == [[], [5, 6, 6], []])
        #expect(
            skipped[1].map(\.reason) == [
                "5.jpg: is broken", "6.jpg: is broken", "6.jpg: is broken",
            ])
        let statistics = loader.statistics
        #expect(statistics.samples == 10)
        #expect(statistics.skipped == 3)
        #expect(statistics.traits == [.grey: 1])
    }

    @Test func whatIsSkippedIsCountedWithItsBatch() throws {
        let loader = try DataLoader(
            Plain(broken: [4, 5]), Noise(),
            options {
                $0.shuffles = false
                $0.badImage = .skip
                $0.prefetch = 3
            })
        _ = try loader.next()
        #expect(loader.statistics.skipped == 0)  // the batches made ahead do not count yet
        #expect(try loader.next()?.skipped.map(\.index) == [4, 5, 5])
        #expect(loader.statistics.skipped == 3)
    }

    /// Labels that contradict the data set are no damage to a file.
    @Test func contradictionsAreNotSkipped() throws {
        let loader = try DataLoader(
            Plain(broken: [1], wrong: [2]), Noise(),
            options {
                $0.shuffles = false
                $0.badImage = .skip
            })
        #expect(throws: DataError("2.png", "label 7")) { try loader.next() }
    }

    @Test func aDataSetThatCannotBeReadEnds() throws {
        let hopeless = try DataLoader(
            Plain(count: 2, broken: [0, 1]), Noise(),
            options { ($0.badImage, $0.shuffles) = (.skip, false) })
        let remedy = "see whether the disk is there; then find them with `ExperimentCheck`"
        #expect(
            throws: DataError(
                "1.jpg",
                "is broken: 2 of 2 samples in a row cannot be read, this is the last; before it: 0.jpg: is broken",
                remedy: remedy)
        ) { try hopeless.next() }
        let gone = try DataLoader(
            Plain(count: 1000, broken: Set(0..<1000)), Noise(),
            options { ($0.badImage, $0.shuffles) = (.skip, false) })
        #expect(
            throws: DataError(
                "99.jpg",
                "is broken: 100 of 1000 samples in a row cannot be read, this is the last; before it: 0.jpg: is broken; 1.jpg: is "
                    + "broken; 2.jpg: is broken", remedy: remedy)
        ) { try gone.next() }
    }

    @Test func samplesOfTwoSizesAreNamed() throws {
        let loader = try DataLoader(
            Plain(size: { Size2D(height: 4, width: $0 == 2 ? 7 : 6) }), Pipeline([]),
            options { $0.shuffles = false })
        #expect(
            throws: DataError(
                "2.jpg", "is 4×7 after all transforms, 0.jpg in the same batch is 4×6",
                remedy: "add RandomCrop and Pad to the pipeline, or take batches of one")
        ) { try loader.next() }
    }

    @Test func settingsAreChecked() {
        let cases: [(change: (inout DataLoader.Options) -> Void, message: String)] = [
            ({ $0.batch = 0 }, "loader: batch: expected 1…65536, found 0"),
            ({ $0.workers = 0 }, "loader: workers: expected 1…1024, found 0"),
            ({ $0.prefetch = -1 }, "loader: prefetch: expected 1…65536, found -1"),
            (
                {
                    $0.rank = 2; $0.ranks = 2
                }, "loader: rank: expected 0…1, found 2"
            ),
            ({ $0.iteration = -1 }, "loader: iteration: expected 0…1073741824, found -1"),
            ({ $0.epochs = 0 }, "loader: epochs: expected 1…9223372036854775807, found 0"),
        ]
        for (change, message) in cases {
            #expect { try DataLoader(Plain(), Pipeline([]), options(change)) } throws: {
                "\($0)" == message
            }
        }
        #expect(throws: DataError("data set", "has no samples")) {
            try DataLoader(Plain(count: 0), Pipeline([]), options())
        }
    }

    @Test func threadsEndWithTheLoader() throws {
        struct Counting: Transform {
            let began: @Sendable () -> Void
            func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) {
                began()
            }
        }
        func use() throws -> Weak {
            let loader = try DataLoader(Plain(), Pipeline([]), options { $0.workers = 4 })
            _ = try loader.next()
            return Weak(loader)
        }
        #expect(try use().loader == nil)
        // Far more is never made than was asked for.
        let made = Made()
        let loader = try DataLoader(
            Plain(), Counting { made.count.withLock { $0 += 1 } },
            options {
                $0.workers = 3; $0.prefetch = 2
            })
        Thread.sleep(forTimeInterval: 0.2)
        #expect(made.count.withLock { $0 } == 8)
        loader.stop()
        #expect(try loader.next() == nil)
    }

    private struct Weak {
        weak var loader: DataLoader?
        init(_ loader: DataLoader) { self.loader = loader }
    }

    private final class Made: Sendable {
        let count = Mutex(0)
    }
}
