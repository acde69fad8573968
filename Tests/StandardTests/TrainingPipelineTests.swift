import DenseKitData
import DenseKitStandard
import DenseKitVision
import Testing

/// The training pipeline of the ADE20K recipes, through the loader.
@Suite struct TrainingPipelineTests {
    private struct Examples: Dataset {
        let classes = ClassList(names: ["a", "b", "c", "d", "e"])
        let count = 12
        func sample(at index: Int) -> DataSample { example(40 + index, 70 - 2 * index) }
    }

    private func pipeline() throws -> Pipeline {
        var resize = Resize.Configuration()
        var crop = RandomCrop.Configuration()
        var pad = PadTransform.Configuration()
        resize.scale = [256, 64]
        crop.cropSize = Size2D(48)
        pad.size = Size2D(48)
        return try Pipeline([
            Resize(resize), RandomCrop(crop), RandomFlip(RandomFlip.Configuration()),
            PhotoMetricDistortion(PhotoMetricDistortion.Configuration()),
            Normalize(Normalize.Configuration()),
            PadTransform(pad),
        ])
    }

    @Test(arguments: [1, 4, 7]) func batchesAreAFunctionOfSeedEpochAndIndex(_ workers: Int) throws {
        var options = DataLoader.Options()
        options.batch = 4
        options.workers = 2
        options.seed = 11
        let reference = try DataLoader(Examples(), pipeline(), options)
        options.workers = workers
        let loader = try DataLoader(Examples(), pipeline(), options)
        for _ in 0..<7 {
            let a = try #require(try reference.next())
            let b = try #require(try loader.next())
            #expect((a.height, a.width) == (48, 48))
            #expect(a.items == b.items)
            #expect(a.pixels == b.pixels)
            #expect(a.labels == b.labels)
        }
        options.seed = 12
        let other = try DataLoader(Examples(), pipeline(), options)
        let first = try #require(try other.next())
        options.seed = 11
        #expect(try first.pixels != DataLoader(Examples(), pipeline(), options).next()?.pixels)
    }

    @Test func epochsDiffer() throws {
        func pixels(_ epoch: Int) throws -> [Float]? {
            var sample = example()
            var draws = SampleRandom(seed: 0, epoch: epoch, index: 5)
            try pipeline()(&sample, &draws)
            return sample.normalized?.pixels
        }
        #expect(try pixels(0) == pixels(0))
        #expect(try pixels(0) != pixels(1))
    }
}
