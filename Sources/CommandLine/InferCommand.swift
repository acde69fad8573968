import ArgumentParser
import DenseKitCore
import Foundation

/// `densekit infer CONFIG WEIGHTS INPUT…`
struct InferCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "infer",
            abstract: "Predict images: drawings to OUT/vis, label maps (PNG) or things with boxes and masks (JSON) to OUT/pred.")
    }

    @OptionGroup var config: ConfigOptions
    @Argument(help: "A checkpoint directory, or a .safetensors file.", transform: FilePaths.expanded)
    var weights: String
    @Argument(help: "Images, folders of images, or patterns such as 'shots/*.jpg'.", transform: FilePaths.expanded)
    var inputs: [String]
    @OptionGroup var compute: ComputeOptions

    @Option(help: "Where the pictures go.", transform: FilePaths.expanded)
    var outDir = "out"

    @Option(help: "Other words than the model's classes, with commas between: 'sky, red car'. The score map alone decides.")
    var classes: String?

    @Option(help: "How much of the colour covers the image, 0 to 1.")
    var opacity = 0.5

    @Option(help: "Leave out things that a detector is less certain of, 0 to 1.")
    var scoreThreshold = 0.3

    @Option(help: "Draw the score map of this class of the model instead, to OUT/heat.")
    var heatmap: String?

    func validate() throws {
        if heatmap != nil, classes != nil { throw ValidationError("--heatmap and --classes exclude each other") }
        guard (0...1).contains(scoreThreshold) else {
            throw ValidationError("--score-threshold is a share of 0 to 1, found \(scoreThreshold)")
        }
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
        let files = try ImageFiles.find(inputs) { warn("\($0)") }
        let experiment = try config.experiment(List.self, device: device)
        for warning in try experiment.pipelineWarnings() { warn(warning) }
        let (model, trained) = try experiment.trainedModel(weights)
        let shown = words.map { ClassList(names: $0) } ?? trained
        let predictor = try experiment.predictor(model, words: words)
        let (pipeline, policy) = (try experiment.testPipeline(), try experiment.imagePolicy())
        let heat = try heatmap.map { try HeatmapPictures(outDir, of: $0, among: trained.names, opacity: opacity) }
        let pictures =
            try heat == nil ? Pictures(outDir, classes: shown, opacity: opacity, scoreThreshold: scoreThreshold) : nil
        var failures: [String] = []
        for file in files {
            do {
                let image = try ImageFile.read(file, policy: policy)
                let stem = URL(filePath: file).deletingPathExtension().lastPathComponent
                var sample = DataSample(name: file, image: image)
                var random = SampleRandom(seed: 0, epoch: 0, index: 0)
                try pipeline(&sample, &random)
                let path: String? = try withAutocast(experiment.configuration.test.precision.dtype, on: device) {
                    if let heat { return try heat.draw(model, sample, on: image, name: stem, device: device) }
                    return try pictures?.draw(try predictor.prediction(of: sample, on: device), on: image, name: stem)
                }
                if let path { print(path) }
            } catch let error as DataError {
                failures.append("\(error)")
            } catch let error as PredictionError {
                failures.append("\(error)")
            }
        }
        guard failures.isEmpty else { throw InferFailure(failures: failures, count: files.count) }
    }

    /// The words of `--classes`.
    private var words: [String]? {
        classes?.split(separator: ",", omittingEmptySubsequences: false).map { ClassName.cleaned(String($0)) }
    }
}

/// Images that could not be predicted; the others were.
struct InferFailure: DenseKitError {
    let failures: [String]
    let count: Int

    var origin: ErrorOrigin { .input }
    var problem: String {
        "\(failures.count) of \(count) images could not be predicted:\n" + failures.joined(separator: "\n")
    }
}
