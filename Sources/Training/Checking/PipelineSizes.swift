import DenseKitData
import DenseKitVision

/// The sizes in which images of a data set come out of the training pipeline.
struct PipelineSizes {
    /// Images that are looked at: one of a size, the smallest first, and the largest.
    private static let images = 64
    /// How often each goes through the pipeline, with other random numbers.
    private static let passes = 4

    /// An image, its size in the file, and its size behind the pipeline.
    struct Outcome {
        let name: String
        let original: Size2D
        let size: Size2D
    }

    private(set) var outcomes: [Outcome] = []

    /// Sends an image of each size through the pipeline, some times over.
    ///
    /// Throws what reading and transforming throw.
    init(_ dataset: any Dataset, _ report: DatasetReport, _ pipeline: Pipeline, seed: UInt64) throws
    {
        let sizes = report.examples.keys.sorted {
            ($0.shortSide, $0.longSide, $0.height) < ($1.shortSide, $1.longSide, $1.height)
        }
        for size in sizes.count > Self.images
            ? sizes.prefix(Self.images - 1) + [sizes[sizes.count - 1]] : sizes[...]
        {
            guard let index = report.examples[size] else { continue }
            let read = try dataset.sample(at: index)
            for epoch in 0..<Self.passes {
                var sample = read
                var random = SampleRandom(seed: seed, epoch: epoch, index: index)
                try pipeline(&sample, &random)
                outcomes.append(Outcome(name: sample.name, original: size, size: sample.size))
            }
        }
    }

    /// What prevents images from being in one batch, where they come out in several sizes.
    var mixture: String? {
        guard let first = outcomes.first,
            let other = outcomes.first(where: { $0.size != first.size })
        else { return nil }
        return
            "images come out of data.train_pipeline in different sizes, and those of one batch must be equal: \(first.name) is \(first.size), "
            + "\(other.name) is \(other.size); end the pipeline with RandomCrop and Pad, or take batches of one"
    }

    /// An image that comes out smaller than a backbone accepts.
    func tooSmall(for side: Int) -> String? {
        guard let small = outcomes.first(where: { $0.size.shortSide < side }) else { return nil }
        return
            "\(small.name) (\(small.original)) comes out of data.train_pipeline as \(small.size), and the backbone takes no side below \(side) "
            + "pixels: add Resize or Pad"
    }
}
