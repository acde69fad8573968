import ArgumentParser
import DenseKitCore
import Foundation

/// `densekit infer CONFIG WEIGHTS INPUT…`
struct InferCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "infer",
            abstract:
                "Predict images: drawings to OUT/vis, label maps (PNG) or instances with boxes and masks (JSON) to OUT/pred."
        )
    }

    @OptionGroup var config: ConfigOptions
    @Argument(
        help: "A checkpoint directory, a .safetensors file, or a PyTorch file (.pt, .pth).",
        transform: FilePaths.expanded)
    var weights: String
    @Argument(
        help: "Images, folders of images, or patterns such as 'shots/*.jpg'.",
        transform: FilePaths.expanded)
    var inputs: [String]
    @OptionGroup var compute: ComputeOptions

    @Option(help: "Where the drawings go.", transform: FilePaths.expanded)
    var outDir = "out"

    @Option(
        help:
            "Other class names than the model's, with commas between: 'sky, red car'. The score map alone decides."
    )
    var classes: String?

    @Option(help: "How much of the colour covers the image, 0 to 1.")
    var opacity = 0.5

    @Option(help: "Leave out instances with a lower score, 0 to 1.")
    var scoreThreshold = 0.3

    @Option(help: "Draw the score map of this class of the model instead, to OUT/heat.")
    var heatmap: String?

    func validate() throws {
        if heatmap != nil, classes != nil {
            throw ValidationError("--heatmap and --classes exclude each other")
        }
        guard (0...1).contains(scoreThreshold) else {
            throw ValidationError("--score-threshold is a share of 0 to 1, found \(scoreThreshold)")
        }
        guard (0...1).contains(opacity) else {
            throw ValidationError("--opacity is a share of 0 to 1, found \(opacity)")
        }
        guard let classNames else { return }
        guard classNames.count > 1, !classNames.contains("") else {
            throw ValidationError(
                "--classes needs two or more class names with commas between, found '\(classes ?? "")'"
            )
        }
        var seen: Set<String> = []
        if let twice = classNames.first(where: { !seen.insert($0).inserted }) {
            throw ValidationError("--classes has '\(twice)' twice")
        }
    }

    func run() throws {
        let device = try compute.start()
        let files = try ImageFiles.find(inputs) { warn("\($0)") }
        let experiment = try config.experiment(List.self, device: device)
        for warning in try experiment.pipelineWarnings() { warn(warning) }
        let predictor = try Predictor(experiment, weights: weights, classNames: classNames)
        let write =
            try heatmap.map { try heatmapWriter(predictor, of: $0) } ?? predictionWriter(predictor)
        var failures: [String] = []
        for file in files {
            do {
                print(
                    try write(file, URL(filePath: file).deletingPathExtension().lastPathComponent))
            } catch let error as DataError {
                failures.append("\(error)")
            } catch let error as PredictionError {
                failures.append("\(error)")
            }
        }
        guard failures.isEmpty else { throw InferFailure(failures: failures, count: files.count) }
    }

    /// Predicts an image and writes the result under a name; returns the path of the drawing.
    private typealias Writer = (_ file: String, _ name: String) throws -> String

    private func predictionWriter(_ predictor: Predictor) throws -> Writer {
        let writer = try PredictionWriter(
            outDir, classes: predictor.classes, opacity: opacity, scoreThreshold: scoreThreshold)
        return { file, name in
            let result = try predictor(file)
            return try writer.write(result.prediction, on: result.image, name: name)
        }
    }

    private func heatmapWriter(_ predictor: Predictor, of name: String) throws -> Writer {
        try predictor.requireClass(name)
        let folder = outDir + "/heat"
        try FileSystem.makeFolder(folder, remedy: "choose another folder")
        return { file, stem in
            let path = "\(folder)/\(stem).png"
            try predictor.heatmap(of: name, in: file, opacity: opacity).write(to: path)
            return path
        }
    }

    /// The class names of `--classes`.
    private var classNames: [String]? {
        classes?.split(separator: ",", omittingEmptySubsequences: false).map {
            ClassName.cleaned(String($0))
        }
    }
}

/// Images that could not be predicted; the others were.
struct InferFailure: DenseKitError {
    let failures: [String]
    let count: Int

    var origin: ErrorOrigin { .input }
    var problem: String {
        "\(failures.count) of \(count) images could not be predicted:\n"
            + failures.joined(separator: "\n")
    }
}
