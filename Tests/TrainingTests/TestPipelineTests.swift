import DenseKitCore
import Foundation
import Testing

@testable import DenseKitTraining

/// What stands in a test pipeline, and how a prediction comes back to the image.
@Suite struct TestPipelineTests {
    /// `body` with a session whose test pipeline is `transforms`, and its model in inference mode.
    private func withModel(_ transforms: String, _ body: (Experiment, DenseModel) throws -> Void)
        throws
    {
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder)
            let experiment = try Experiment(
                folder + "/run.yaml", overrides: ["data.test_pipeline=\(transforms)"],
                registry: run.experiment.registry)
            let model = try experiment.model(run.dataset.classes)
            try model.setTraining(false)
            try body(experiment, model)
        }
    }

    /// The sample `index` of the validation data behind the test pipeline.
    private func sample(_ experiment: Experiment, _ index: Int = 0) throws -> DataSample {
        var sample = try experiment.validationDataset().sample(at: index)
        var random = SampleRandom(seed: 0, epoch: 0, index: index)
        try experiment.testPipeline()(&sample, &random)
        return sample
    }

    /// Logits of all that the network sees, at that size, of which only the image's part is kept,
    /// resized to the image: mmsegmentation's order.
    private func expected(_ model: DenseModel, _ sample: DataSample, mirrored: Bool = false) throws
        -> Tensor
    {
        let image = try sample.tensor()
        let size = sample.geometry.size
        let original = sample.originalSize
        var seen = try image.narrowed(3, 0, size.width)
        if mirrored { seen = try seen.flipped(3) }
        if image.size(3) > size.width {
            seen = try Tensor.cat(
                [seen, image.narrowed(3, size.width, image.size(3) - size.width)], dim: 3)
        }
        guard let found = try model.predictions(seen) as? SegmentationPredictions else {
            throw InferenceError.notSegmentation
        }
        let logits = try found.classify(found.embedding).interpolated(
            to: Size2D(image.size(2), image.size(3)), .bilinear()
        )
        .narrowed(2, 0, size.height).narrowed(3, 0, size.width)
        .interpolated(to: Size2D(original.height, original.width), .bilinear()).softmax(1)
        return mirrored ? try logits.flipped(3) : logits
    }

    @Test(
        "Predictions of padding are cut off before anything is resized",
        arguments: [
            "[{type: Normalize}, {type: Pad, size: 40}]",
            "[{type: Normalize}, {type: Pad, size: [16, 64]}]",
            "[{type: Normalize}, {type: Pad, size_divisor: 24}]",
            "[{type: Resize, scale: [30, 22], ratio_range: null}, {type: Normalize}, {type: Pad, size_divisor: 32}]",
            "[{type: Pad, size: 40}, {type: Normalize}]",
        ])
    func padding(transforms: String) throws {
        try withModel(transforms) { experiment, model in
            let sample = try sample(experiment)
            #expect(sample.size != sample.geometry.size)
            let answer = try withoutGrad { try expected(model, sample).argmax(1).integers() }
            let found = try experiment.predictor(model).prediction(of: sample, on: .cpu)
            let labels = try #require(found as? LabelPrediction).labels
            #expect(labels.size == sample.originalSize && labels.labels.map(Int64.init) == answer)
        }
    }

    @Test("Sliding windows, several scales and mirrored views leave the padding out, too")
    func views() throws {
        try withModel("[{type: Normalize}, {type: Pad, size: [24, 40]}]") { experiment, model in
            let sample = try sample(experiment)
            let image = try sample.tensor()
            let size = Size2D(16, 16)
            try withoutGrad {
                let whole = SegmentationInference(model, mode: .whole)
                let views = try [
                    whole.view(image, imageSize: size), whole.mirroredView(image, imageSize: size),
                ]
                let found = try whole.probabilities(views, size: size)
                let answer =
                    try (expected(model, sample) + expected(model, sample, mirrored: true)) / 2
                let pairs = try zip(found.floats(), answer.contiguous().floats())
                #expect(pairs.allSatisfy { abs($0 - $1) < 1e-5 })
                // Windows that lie in the padding altogether change nothing.
                let sliding = SegmentationInference(model, mode: .slide(crop: 16, stride: 16))
                let cut = try sliding.labels([sliding.view(image, imageSize: size)], size: size)
                    .integers()
                let alone = try sliding.labels(
                    [sliding.view(image.narrowed(2, 0, 16).narrowed(3, 0, 16))], size: size)
                let single = try alone.integers()
                #expect(cut == single)
            }
        }
    }

    @Test("A validation by a padded pipeline measures what single predictions say")
    func evaluation() throws {
        try withModel("[{type: Normalize}, {type: Pad, size: 56}]") { experiment, model in
            let dataset = try experiment.validationDataset()
            var counts = ConfusionCounts(classCount: 2)
            for index in 0..<dataset.count {
                let sample = try sample(experiment, index)
                let labels = try withoutGrad { try expected(model, sample).argmax(1).integers() }
                let groundTruth = try #require(try dataset.labels(at: index))
                try counts.add(prediction: labels.map(UInt16.init), label: groundTruth.labels)
            }
            let report = try experiment.evaluator(model, dataset).evaluate { _ in }
            #expect(
                report.summary.map(\.value) == SegmentationScores(counts).summary().map(\.percent))
        }
    }

    @Test(
        "What is random or cannot be undone is refused, at its place",
        arguments: [
            (
                "{type: Resize}",
                "Resize cannot be used in data.test_pipeline: its ratio_range is [0.5, 2.0], so the scale is drawn for each image; "
                    + "write ratio_range: null, which is not the default"
            ),
            (
                "{type: Resize, ratio_range: null, scales: [[32, 16], [64, 32]]}",
                "Resize cannot be used in data.test_pipeline: one of 2 scales is drawn for each image; give one `scale`; "
                    + "test-time augmentation takes several"
            ),
            (
                "{type: RandomFlip, prob: 1}",
                "RandomFlip cannot be used in data.test_pipeline: it mirrors images, and their predictions are not mirrored back; take it "
                    + "out; test-time augmentation adds mirrored views"
            ),
            (
                "{type: RandomCrop, crop_size: 512}",
                "RandomCrop cannot be used in data.test_pipeline: it cuts out a random part of each image; take it out; test.mode: slide "
                    + "predicts by windows"
            ),
            (
                "{type: PhotoMetricDistortion}",
                "PhotoMetricDistortion cannot be used in data.test_pipeline: it changes colours at random; take it out"
            ),
        ])
    func refused(transform: String, message: String) throws {
        try withModel("[\(transform)]") { experiment, _ in
            let error = try #require(throws: ConfigurationError.self) {
                try experiment.testPipeline()
            }
            #expect(
                "\(error)"
                    == "override data.test_pipeline=[\(transform)]: \(message)".shortenedOverride(
                        transform))
        }
    }

    @Test("Padding that would be resized is refused, with both places")
    func paddingBeforeResize() throws {
        let transforms =
            "[{type: Pad, size: 40}, {type: Resize, scale: [20, 20], ratio_range: null}]"
        try withModel(transforms) { experiment, _ in
            let error = try #require(throws: ConfigurationError.self) {
                try experiment.testPipeline()
            }
            #expect(
                error.message.contains(
                    "Resize behind Pad in data.test_pipeline scales the padding with the image"))
            #expect(error.hint?.contains("behind Resize") == true)
        }
    }

    @Test("A second Normalize is refused at its place, in training too")
    func normalizedTwice() throws {
        try withModel("[Normalize]") { experiment, _ in
            let nodes = try YAMLNode.parse("a: [Normalize, { type: Normalize }]", file: "a.yaml")
                .decode(Two.self).a
            let error = try #require(throws: ConfigurationError.self) {
                try experiment.registry.pipeline(nodes)
            }
            #expect(
                "\(error)"
                    == "a.yaml:1:24: Normalize: images are normalised already (a.yaml:1:5); leave one out"
            )
        }
    }

    private struct Two: YAMLConfiguration { var a: [ComponentNode] = [] }

    @Test("RandomFlip that never mirrors, and a Resize of one ratio, may stand")
    func harmless() throws {
        try withModel(
            "[{type: RandomFlip, prob: 0}, {type: Resize, scale: [20, 20], ratio_range: [0.5, 0.5]}]"
        ) {
            experiment, _ in
            let size = try sample(experiment).size
            #expect(size == Size2D(height: 10, width: 10))
        }
    }

    @Test("A transform that does not declare its use is watched")
    func watched() throws {
        struct Jitter: Transform {
            func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) {
                _ = random.chance()
            }
        }
        struct Halve: Transform {
            func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) {
                sample.image = sample.image.resized(to: Size2D(height: 8, width: 8))
            }
        }
        struct Invert: Transform {
            func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) {
                sample.image.mapLevels((0...255).reversed())
            }
        }
        func run(_ transform: any Transform) throws {
            var sample = DataSample(name: "a", image: RGBImage(height: 16, width: 16))
            var random = SampleRandom(seed: 0, epoch: 0, index: 0)
            try Pipeline([transform]).forTest(&sample, &random)
        }
        try run(Invert())
        for (transform, problem) in [
            (Jitter() as any Transform, "Jitter draws random numbers"),
            (Halve(), "Halve changes the image's geometry in a way that is not undone"),
        ] {
            let error = try #require(throws: TestPipelineError.self) { try run(transform) }
            #expect(
                error.description.hasPrefix(
                    "the transform \(problem), so it cannot be used in data.test_pipeline"))
        }
    }
}

extension String {
    /// The message as it is printed, in which a long assignment is cut.
    fileprivate func shortenedOverride(_ transform: String) -> String {
        let assignment = "data.test_pipeline=[\(transform)]"
        guard assignment.count > 60 else { return self }
        return replacing(assignment, with: assignment.prefix(60) + "…")
    }
}
