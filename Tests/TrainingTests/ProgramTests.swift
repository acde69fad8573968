import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

/// What commands do, from a program: benchmark, preview, converted weights, export.
@Suite(.serialized) struct ProgramTests {
    @Test("A benchmark times inference, training steps and the opening of data")
    func benchmark() throws {
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder)
            var benchmark = Benchmark()
            benchmark.size = Size2D(16, 32)
            benchmark.batch = 2
            benchmark.classes = 2
            benchmark.runs = 3
            let found = try [
                benchmark.inference(of: run.experiment), benchmark.training(of: run.experiment),
            ]
            for result in found {
                #expect(result.seconds.count == 3 && result.seconds == result.seconds.sorted())
                #expect(result.minimum == result.seconds[0] && result.median == result.seconds[1])
                #expect(result.peakMemory >= result.idleMemory && result.detections == nil)
            }
            let model = try run.experiment.model(.placeholders(2))
            let parameters = try model.namedParameters().reduce(0) { $0 + $1.tensor.count }
            #expect(found.allSatisfy { $0.parameters == parameters })
            #expect(try Benchmark.opening(of: run.experiment).images == run.dataset.count)
            benchmark.runs = 0
            let error = try #require(throws: ArgumentError.self) {
                try benchmark.training(of: run.experiment)
            }
            #expect(
                "\(error)"
                    == "a benchmark's batch, runs, classes and instances are 1 or more, found 2, 0, 2 and 32"
            )
        }
    }

    @Test("The preview of training has the batches that training gets, and their samples to draw")
    func preview() throws {
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder)
            let preview = try TrainingPreview(run.experiment)
            let loader = try run.experiment.trainLoader(run.dataset)
            for number in 0..<3 {
                let batch = try #require(try preview.next())
                let expected = try #require(try loader.next())
                #expect(batch.names == expected.names && batch.pixels == expected.pixels)
                let named = try batch.namedTensors(number: number)
                #expect(named.map(\.name) == ["images.\(number)", "labels.\(number)"])
                #expect(named.map(\.tensor.shape) == [[2, 3, 16, 16], [2, 16, 16]])
                for place in batch.items.indices {
                    let sample = try #require(try preview.sample(place, of: batch))
                    var original = try run.dataset.sample(at: batch.items[place].index)
                    #expect(
                        sample.name == batch.names[place]
                            && sample.image.pixels == original.image.pixels)
                    let labels = original.labels
                    #expect((sample.target as? LabelPrediction)?.labels.labels == labels?.labels)
                    #expect(sample.drawing(opacity: 1).pixels != sample.image.pixels)
                }
            }
        }
    }

    @Test(
        "Weights are converted with the file's keys, or with the model's; a file without tensors says so"
    )
    func conversion() throws {
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder)
            let source = folder + "/source.safetensors"
            let half = try Tensor.ones([4]).to(.float16)
            try TensorFile.save(
                [("module.backbone.norm.weight", half), ("module.other", half)], to: source)
            let plain = try ConvertedWeights(source)
            #expect(
                plain.tensors.keys.sorted() == ["backbone.norm.weight", "other"]
                    && plain.report == nil)
            #expect(
                plain.tensors.values.allSatisfy { $0.dtype == .float32 }
                    && plain.metadata["format"] == "pt")
            let kept = try ConvertedWeights(source, keepingTypes: true)
            #expect(kept.tensors.values.allSatisfy { $0.dtype == .float16 })

            let renamed = try ConvertedWeights(
                source, for: run.experiment, ignore: ["module.other"])
            #expect(
                renamed.tensors.keys.sorted() == ["backbone.norm.weight"]
                    && renamed.report?.matched.count == 1)
            try renamed.write(to: folder + "/out.safetensors")
            let written = try TensorFile.load(folder + "/out.safetensors").tensors
            #expect(
                try written["backbone.norm.weight"]?.floats() == [1, 1, 1, 1] && written.count == 1)

            let empty = folder + "/empty.safetensors"
            try TensorFile.save([], to: empty)
            let error = try #require(throws: CheckpointError.self) {
                try ConvertedWeights(empty).write(to: folder + "/none.safetensors")
            }
            #expect("\(error)" == "\(empty): holds no tensor that can be read")
        }
    }

    @Test("A model without text has nothing that an export could store")
    func exportWithoutText() throws {
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder)
            let trained = try #require(try run.experiment.train(in: folder + "/p").lastCheckpoint)
            #expect(throws: LanguageError.self) {
                try run.experiment.export(trained, to: folder + "/small.safetensors")
            }
            #expect(!FileManager.default.fileExists(atPath: folder + "/small.safetensors"))
        }
    }
}
