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

    @Test("The device is the checkpoint's, else the CPU; another is named by the program")
    func device() throws {
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder)
            let registry = run.experiment.registry
            let trained = try #require(try run.experiment.train(in: folder + "/p").lastCheckpoint)
            let content = try WeightsFile.load(trained)
            #expect(content.metadata["device"] == "cpu")
            func checkpoint(_ device: String?) throws -> String {
                let path = "\(folder)/\(device ?? "none").safetensors"
                var metadata = content.metadata
                metadata["device"] = device
                try TensorFile.save(
                    content.tensors.map { ($0.key, $0.value) }, metadata: metadata, to: path)
                return path
            }
            for path in [trained, try checkpoint(nil)] {
                #expect(try Predictor(path, registry: registry).experiment.device == .cpu)
            }
            let elsewhere = try checkpoint("cuda:127")
            let absent = try #require(throws: CheckpointError.self) {
                try Predictor(elsewhere, registry: registry)
            }
            let problem = try #require(Engine.cuda.problem(with: .cuda(127))).problem
            #expect(
                "\(absent)"
                    == "\(elsewhere): was trained on cuda:127, and \(problem); name another with `device:`, such as "
                    + "`device: .cpu`")
            let moved = try Predictor(elsewhere, registry: registry, device: .cpu)
            #expect(moved.experiment.device == .cpu)
            let loaded = try checkpoint("privateuse1")
            let missing = try #require(throws: CheckpointError.self) {
                try Predictor(loaded, registry: registry)
            }
            #expect(
                "\(missing)"
                    == "\(loaded): was trained on privateuse1, a backend that this program does not "
                    + "load; name another with `device:`, such as `device: .cpu`")
            let odd = try checkpoint("tpu")
            let unknown = try #require(throws: CheckpointError.self) {
                try Predictor(odd, registry: registry)
            }
            #expect(
                "\(unknown)"
                    == "\(odd): says that it was trained on the device 'tpu', which is none of cpu, cuda, "
                    + "cuda:N; name a device with `device:`")
        }
    }
}
