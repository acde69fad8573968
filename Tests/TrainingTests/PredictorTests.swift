import DenseKitCore
import Foundation
import Testing

@Suite struct PredictorTests {
    @Test(
        "A checkpoint alone predicts an image as its configuration and weights do, with its classes; the drawing is a PNG"
    )
    func checkpoint() throws {
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder)
            let trained = try #require(try run.experiment.train(in: folder + "/p").lastCheckpoint)
            let predictor = try Predictor(trained, registry: run.experiment.registry)
            #expect(predictor.classes.names == run.dataset.classes.names)
            var sample = try run.dataset.sample(at: 0)
            let image = sample.image
            try image.write(to: folder + "/image.png")
            let result = try predictor(folder + "/image.png")
            let labels = try #require(result.labels)
            #expect(
                labels.size == image.size && result.instances == nil
                    && result.image.pixels == image.pixels)
            let other = try Predictor(run.experiment, weights: trained)(image)
            #expect(other.labels?.labels == labels.labels)

            let drawing = folder + "/drawing.png"
            try result.drawing().write(to: drawing)
            #expect(try ImageFile.read(drawing).pixels == result.drawing().pixels)
        }
    }

    @Test(
        "Weights without a configuration, other class names for a model without language, and a class that is not there say so"
    )
    func mistakes() throws {
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder)
            let bare = folder + "/bare.safetensors"
            try TensorFile.save([("x", Tensor.ones([1]))], to: bare)
            let noConfiguration = try #require(throws: CheckpointError.self) {
                try Predictor(bare, registry: run.experiment.registry)
            }
            #expect("\(noConfiguration)".contains("holds no configuration"), "\(noConfiguration)")
            let trained = try #require(try run.experiment.train(in: folder + "/p").lastCheckpoint)
            #expect(throws: LanguageError.self) {
                try Predictor(run.experiment, weights: trained, classNames: ["sky", "sea"])
            }
            let predictor = try Predictor(run.experiment, weights: trained)
            let noClass = try #require(throws: ClassNameError.self) {
                try predictor.heatmap(of: "drak", in: "a.png")
            }
            #expect("\(noClass)".contains("no class 'drak'; did you mean 'dark'?"), "\(noClass)")
        }
    }
}
