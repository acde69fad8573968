import DenseKitConfiguration
import DenseKitData
import DenseKitVision
import Testing

/// Pictures that are wide or high, by their number.
private struct Mixed: Dataset {
    let classes = ClassList(names: ["a"])
    var count = 23
    var knowsSizes = true

    func size(at index: Int) -> Size2D? { knowsSizes ? Self.size(index) : nil }
    static func size(_ index: Int) -> Size2D {
        index % 3 == 0
            ? Size2D(height: 5, width: 3) : Size2D(height: 3, width: index % 3 == 1 ? 5 : 4)
    }
    func sample(at index: Int) -> DataSample {
        let size = Self.size(index)
        return DataSample(
            name: "\(index)", image: RGBImage(height: size.height, width: size.width), instances: []
        )
    }
}

@Suite("Landscape and portrait images are batched apart") struct OrientationTests {
    private func items(
        batch: Int, count: Int, workers: Int = 1, iteration: Int = 0, rank: Int = 0, ranks: Int = 1,
        run: Int = 4
    ) throws -> [[Batch.Item]] {
        var options = DataLoader.Options()
        options.batch = batch
        options.workers = workers
        options.iteration = iteration
        options.rank = rank
        options.ranks = ranks
        options.aspectRatioGrouping = run
        options.seed = 5
        let loader = try DataLoader(Mixed(), Pipeline([]), options)
        return try (0..<count).map { _ in try #require(try loader.next()).items }
    }

    private func isPortrait(_ item: Batch.Item) -> Bool { item.index % 3 == 0 }

    @Test func everyRunHasOneOrientation() throws {
        // 8 high and 15 wide pictures: 2 and 4 runs of 4, the last of which is filled up by one.
        let batches = try items(batch: 4, count: 12)
        for batch in batches { #expect(Set(batch.map(isPortrait)).count == 1) }
        for epoch in [0, 1] {
            let indices = batches[(6 * epoch)..<(6 * epoch + 6)].flatMap { $0 }.map(\.index)
            #expect(Set(indices) == Set(0..<23) && indices.count == 24)
            #expect(
                batches[(6 * epoch)..<(6 * epoch + 6)].flatMap { $0 }.allSatisfy {
                    $0.epoch == epoch
                })
        }
        #expect(batches[..<6].map { $0.map(\.index) } != batches[6...].map { $0.map(\.index) })
        #expect(Set(batches.map { isPortrait($0[0]) }).count == 2)
    }

    @Test func theOrderIsAFunctionOfSeedAndEpochAlone() throws {
        let whole = try items(batch: 4, count: 12).flatMap { $0 }
        #expect(try items(batch: 4, count: 12, workers: 3).flatMap { $0 } == whole)
        #expect(try items(batch: 2, count: 10, iteration: 14).flatMap { $0 } == Array(whole[28...]))
        let parts = try (0..<2).map { try items(batch: 2, count: 12, rank: $0, ranks: 2) }
        #expect(zip(parts[0], parts[1]).flatMap { $0 + $1 } == whole)
    }

    @Test func aRunOfOneIsNoRule() throws {
        let indices = try items(batch: 1, count: 23, run: 1).flatMap { $0 }.map(\.index)
        #expect(indices == (0..<23).map { EpochOrder(seed: 5, epoch: 0, count: 23)[$0] })
    }

    @Test func sizesMustBeKnown() {
        var options = DataLoader.Options()
        options.aspectRatioGrouping = 2
        #expect(
            throws: SettingError(
                "data", "aspect_ratio_grouping",
                "this data set does not know the sizes of its images; leave the setting out")
        ) { try DataLoader(Mixed(knowsSizes: false), Pipeline([]), options) }
        options.aspectRatioGrouping = 0
        #expect(
            throws: SettingError("loader", "aspect_ratio_grouping", "expected 1…65536, found 0")
        ) {
            try DataLoader(Mixed(), Pipeline([]), options)
        }
    }
}
