import DenseKit
import Foundation

/// Depth: how far away every pixel is, in metres.
struct DepthTask: VisionTask {
    let verb = "estimates depth"

    func mismatch(with dataset: any Dataset, training: Bool) -> DatasetMismatch? {
        guard !(dataset is any DepthDataset) else { return nil }
        return DatasetMismatch(
            head: "estimates depth", data: "knows none",
            remedy: "take a data set of depths, such as Ramps")
    }

    func evaluator(of model: DenseModel, on dataset: any Dataset, _ options: EvaluationOptions)
        throws -> any Evaluator
    {
        DepthEvaluator(predictor: DepthPredictor(model: model), dataset: dataset, options: options)
    }

    func predictor(of model: DenseModel, mode: InferenceMode, classNames: [String]?) throws
        -> any ImagePredictor
    {
        guard classNames == nil else {
            throw SettingError("a head that estimates depth has no classes: leave --classes out")
        }
        return DepthPredictor(model: model)
    }
}

/// A data set whose samples have a `DepthMap`.
protocol DepthDataset: Dataset {}

/// The depth of every pixel of an image: what is annotated, and what is predicted.
struct DepthMap: PerPixelTarget, ImagePrediction {
    static let name = "depth"

    /// Nobody measured where the image is padding.
    static let padding: Float = -1

    let size: Size2D
    /// Metres; below 0 where nobody measured.
    let values: [Float]

    /// Grey: black at the camera, white at the farthest.
    func drawn(on image: RGBImage, _ style: DrawingStyle) -> RGBImage {
        let farthest = max(values.max() ?? 1, 1e-3)
        let levels = values.map { UInt8(255 * min(max($0 / farthest, 0), 1)) }
        return RGBImage(
            height: size.height, width: size.width, pixels: levels.flatMap { [$0, $0, $0] })
    }

    func write(to stem: String, classes: ClassList) throws {
        let rows = (0..<size.height).map { Array(values[$0 * size.width..<($0 + 1) * size.width]) }
        try AtomicFile.write(JSONEncoder().encode(["metres": rows]), to: stem + ".json")
    }
}

/// What a depth head predicts for a batch: metres, `[n, 1, h, w]`.
struct DepthPredictions: Predictions {
    let depths: Tensor
}

/// A 3×3 convolution of the finest level, trained by the mean absolute error of the pixels that
/// somebody measured.
final class DepthHead: Module, Head {
    struct Configuration: YAMLConfiguration {}

    let convDepth: Conv2d
    let checkpointKey = "decode_head"
    let logPrefix: String? = "decode"
    var task: any HeadTask { DepthTask() }

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        guard let finest = context.features.first else { throw SettingError("needs features") }
        convDepth = try Conv2d(finest.channels, 1, kernel: 3, padding: 1)
    }

    func losses(_ maps: [Tensor], _ targets: Targets, _ step: ForwardPass) throws -> Losses {
        guard let depths = targets[DepthMap.self] else {
            throw SettingError("needs a data set of depths")
        }
        let known = try depths.isAtLeast(0).to(.float32)
        let found = try convDepth(maps[0]).interpolated(
            to: Size2D(depths.size(1), depths.size(2)), .bilinear())
        let errors = try (found.squeezed(1) - depths).abs() * known
        var losses = Losses()
        losses.add(term: "loss_depth", try errors.sum() / known.sum())
        return losses
    }

    func predictions(_ maps: [Tensor], _ step: ForwardPass) throws -> any Predictions {
        DepthPredictions(depths: try convDepth(maps[0]))
    }
}

struct DepthPredictor: ImagePredictor {
    let model: DenseModel

    func prediction(of sample: DataSample, on device: Device) throws -> any ImagePrediction {
        let sample = try sample.ready(for: model)
        return try naming(sample) { try depths(of: sample, on: device) }
    }

    /// The depths at the size of the file's image; those of the padding are cut off.
    private func depths(of sample: DataSample, on device: Device) throws -> DepthMap {
        let found = try model.predictions(
            sample.tensor(on: device), ForwardPass(images: [sample.geometry]))
        guard let found = found as? DepthPredictions else {
            throw SettingError("needs a head that estimates depth")
        }
        let filled = sample.geometry.size
        let map = try found.depths.interpolated(to: sample.size, .bilinear())
            .narrowed(2, 0, filled.height).narrowed(3, 0, filled.width)
            .interpolated(to: sample.originalSize, .bilinear())
        return DepthMap(
            size: sample.originalSize, values: try map.to(.float32).to(.cpu).contiguous().floats())
    }
}

/// Mean absolute error over all measured pixels.
struct DepthEvaluator: Evaluator {
    let predictor: DepthPredictor
    let dataset: any Dataset
    let options: EvaluationOptions
    let metricNames: [String]? = ["MAE"]

    /// What is kept of an image.
    struct ImageError: Codable {
        /// The sum of the absolute errors of its measured pixels, in metres.
        var sum = 0.0
        /// The number of these pixels.
        var pixels = 0
    }

    /// Several processes share the images. Errors are summed in the data set's order, so that the
    /// number of processes does not change a bit of the sum.
    func evaluate(each: (EvaluatedImage) throws -> Void) throws -> any EvaluationReport {
        let shard = EvaluationShard(of: dataset, over: options.processes)
        let errors = try shard.results { index in
            try predictor.model.inInference { try error(ofImage: index, each) }
        }
        let sum = errors.reduce(0) { $0 + $1.sum }
        return DepthReport(error: sum / Double(errors.reduce(0) { $0 + $1.pixels }))
    }

    private func error(ofImage index: Int, _ each: (EvaluatedImage) throws -> Void) throws
        -> ImageError
    {
        var sample = try dataset.sample(at: index)
        let known = sample.target(DepthMap.self)?.values ?? []
        var random = SampleRandom(seed: 0, epoch: 0, index: index)
        try options.pipeline(&sample, &random)
        let found = try withAutocast(options.precision, on: options.device) {
            try predictor.prediction(of: sample, on: options.device)
        }
        var error = ImageError()
        for (found, known) in zip((found as? DepthMap)?.values ?? [], known) where known >= 0 {
            error.sum += Double(abs(found - known))
            error.pixels += 1
        }
        try each(EvaluatedImage(index: index, name: sample.name, prediction: found))
        return error
    }
}

struct DepthReport: EvaluationReport {
    let error: Double

    var table: String { String(format: "mean absolute error: %.4f m", error) }
    var json: Data { get throws { try JSONEncoder().encode(["MAE": error]) } }
    var summary: [EvaluationMetric] { [EvaluationMetric("MAE", error, better: .lower)] }
    let primaryMetric = "MAE"
}

/// Images made in memory, brighter from side to side: what is bright is far away, 10 m where it is
/// white.
struct Ramps: DepthDataset {
    struct Configuration: YAMLConfiguration {
        var count = 8
        /// Pixels along a side.
        var side = 64
    }

    let classes = ClassList(names: [])
    let count: Int
    private let side: Int

    init(_ configuration: Configuration) throws {
        try SettingError.check("count", configuration.count, in: 1...1_000_000)
        try SettingError.check("side", configuration.side, in: 8...4096)
        count = configuration.count
        side = configuration.side
    }

    func sample(at index: Int) throws -> DataSample {
        let levels = (0..<side * side).map { UInt8(($0 % side * 255 / side + 37 * index) % 256) }
        let image = RGBImage(height: side, width: side, pixels: levels.flatMap { [$0, $0, $0] })
        var sample = DataSample(name: "ramp \(index)", image: image)
        try sample.add(DepthMap(size: image.size, values: levels.map { 10 * Float($0) / 255 }))
        return sample
    }
}

struct DepthPlugin: Plugin {
    func register(in registry: inout Registry) {
        registry.heads.register("DepthHead", DepthHead.init)
        registry.datasets.register("Ramps", Ramps.init)
    }
}

let plugin = DepthPlugin()
