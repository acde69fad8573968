import ArgumentParser
import DenseKit
import Foundation

/// `densekit infer CONFIG WEIGHTS INPUT…`
struct InferCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "infer", abstract: "Predict images: overlays with a legend to OUT/vis, label maps to OUT/pred.")
    }

    @OptionGroup var config: ConfigOptions
    @Argument(help: "A checkpoint directory, or a .safetensors file.")
    var weights: String
    @Argument(help: "Images, folders of images, or patterns such as 'shots/*.jpg'.")
    var inputs: [String]
    @OptionGroup var compute: ComputeOptions

    @Option(help: "Where the pictures go.")
    var outDir = "out"

    @Option(help: "Other words than the model's classes, with commas between: 'sky, red car'. The score map alone decides.")
    var classes: String?

    @Option(help: "How much of the colour covers the image, 0 to 1.")
    var opacity = 0.5

    func validate() throws {
        guard (0...1).contains(opacity) else { throw ValidationError("--opacity is a share of 0 to 1, found \(opacity)") }
        guard let words else { return }
        guard words.count > 1, !words.contains("") else {
            throw ValidationError("--classes needs two or more words with commas between, found '\(classes ?? "")'")
        }
        var seen: Set<String> = []
        if let twice = words.first(where: { !seen.insert($0).inserted }) {
            throw ValidationError("--classes has '\(twice)' twice")
        }
    }

    func run() throws {
        let device = try compute.start()
        let files = try ImageFiles.find(inputs)
        let session = try config.session(List.self, device: device)
        let (model, trained) = try session.trainedModel(weights)
        let shown = words.map { ClassList(names: $0) } ?? trained
        let mode = try session.experiment.test.inferenceMode
        let inference =
            try words.map { try SegmentationInference(model, words: $0, mode: mode) } ?? SegmentationInference(model, mode: mode)
        let pipeline = try session.testPipeline()
        let pictures = try Pictures(outDir, classes: shown, opacity: opacity)
        var failures: [String] = []
        for file in files {
            do {
                let image = try ImageFile.read(file)
                let prediction = try withoutGrad { try predict(image, file, inference, pipeline, device) }
                print(
                    try pictures.draw(prediction, on: image, name: URL(filePath: file).deletingPathExtension().lastPathComponent))
            } catch let error as DataError {
                failures.append("\(error)")
            }
        }
        guard failures.isEmpty else { throw InferFailure(failures: failures, count: files.count) }
    }

    /// The words of `--classes`.
    private var words: [String]? {
        classes?.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
    }

    private func predict(
        _ image: Image, _ name: String, _ inference: SegmentationInference, _ pipeline: Pipeline, _ device: Device
    ) throws -> LabelMap {
        var sample = Sample(name: name, image: image)
        var random = SampleRandom(seed: 0, epoch: 0, index: 0)
        try pipeline(&sample, &random)
        let view = try inference.view(try sample.tensor(on: device))
        return try LabelMap(try inference.labels([view], size: Pair(image.height, image.width)))
    }
}

/// Images that could not be predicted; the others were.
struct InferFailure: Error, CustomStringConvertible {
    let failures: [String]
    let count: Int

    var description: String { "\(failures.count) of \(count) images could not be read:\n" + failures.joined(separator: "\n") }
}
