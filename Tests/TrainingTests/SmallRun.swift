import DenseKitBuiltIn
import DenseKitCore
import Foundation

@testable import DenseKitTraining

/// One convolution on every fourth pixel: what it makes of an image depends on no other.
private final class Mote: Module, Backbone {
    struct Configuration: YAMLConfiguration {}

    let conv: Conv2d
    let outputs = [FeatureSpec(channels: 4, stride: 4)]

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        conv = try Conv2d(3, 4, kernel: 3, padding: 1)
    }

    func callAsFunction(_ images: Tensor) throws -> Features {
        Features(maps: [try conv(images.avgPool2d(Size2D(4)))])
    }
}

/// Classifies every position by itself, without normalisation over the batch.
private final class Spots: Module, ConvSegHead {
    struct Configuration: YAMLConfiguration {
        var loss = ComponentNode(type: "CrossEntropy")
        /// Whether it says that its losses count by themselves in every pass.
        var counts = false
    }

    let convSeg: Conv2d
    let loss: any Loss
    let countedByPass: String?

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        convSeg = try Conv2d(context.features[0].channels, context.classCount, kernel: 1)
        loss = try context.loss(configuration.loss, for: .pixelClasses)
        countedByPass = configuration.counts ? "spots" : nil
    }

    func embedding(_ maps: [Tensor]) throws -> Tensor { maps[0] }
}

/// One convolution with batch normalisation, on every fourth pixel.
private final class Speck: Module, Backbone {
    struct Configuration: YAMLConfiguration {}

    let conv: Conv2d
    let norm: BatchNorm2d
    let outputs = [FeatureSpec(channels: 4, stride: 4)]

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        conv = try Conv2d(3, 4, kernel: 3, padding: 1, bias: false)
        norm = try BatchNorm2d(4)
    }

    func callAsFunction(_ images: Tensor) throws -> Features {
        Features(maps: [try norm(conv(images.avgPool2d(Size2D(4)))).relu()])
    }
}

private struct Unreadable: Error, CustomStringConvertible {
    let description: String
}

/// Six pictures of noise, light above and dark below, which are the two classes.
private struct Noise: Dataset {
    struct Configuration: YAMLConfiguration {
        /// One that cannot be read.
        var unreadable: Int?
        var classes = ["light", "dark"]
        /// Whether every image has a row fewer of labelled pixels than the one before, and the last
        /// none.
        var uneven = false
        /// Those whose files are damaged.
        var damaged: [Int] = []
        /// Those whose labels contradict the data set.
        var mislabelled: [Int] = []
    }

    let classes: ClassList
    let count = 6
    let settings: Configuration

    init(_ configuration: Configuration) {
        classes = ClassList(names: configuration.classes)
        settings = configuration
    }

    func sample(at index: Int) throws -> DataSample {
        if settings.damaged.contains(index) {
            throw DataError("\(index).jpg", "is damaged", kind: .unreadable)
        }
        if settings.mislabelled.contains(index) { throw DataError("\(index).png", "label 9") }
        guard index != settings.unreadable else {
            throw Unreadable(description: "noise \(index) cannot be read")
        }
        var image = RGBImage(height: 16, width: 16)
        var labels = LabelMap(height: 16, width: 16)
        for place in 0..<256 {
            let isDark = place >= 128
            let isIgnored = settings.uneven && (index == 5 || place < 16 * index)
            labels.labels[place] = isIgnored ? LabelMap.ignore : isDark ? 1 : 0
            for channel in 0..<3 {
                image.pixels[3 * place + channel] = UInt8(
                    (place * 37 + index * 91 + channel * 13) % 120 + (isDark ? 0 : 120))
            }
        }
        return try DataSample(name: "noise \(index)", image: image, labels: labels)
    }
}

struct SmallPlugin: Plugin {
    func register(in registry: inout Registry) {
        registry.backbones.register("Speck", Speck.init)
        registry.backbones.register("Mote", Mote.init)
        registry.heads.register("Spots", Spots.init)
        registry.datasets.register("Noise", Noise.init)
    }
}

/// A run as small as can be, in `folder`/w.
struct SmallRun {
    let experiment: Experiment
    let dataset: any Dataset
    let work: WorkDirectory

    /// - Parameters:
    ///   - train: further settings of `train:`
    ///   - data: a further line of `data:`
    ///   - noise: settings of the training data
    init(
        in folder: String, _ train: String = "", iterations: Int = 4, validates: Bool = true,
        data: String = "",
        noise: String = "", overrides: [String] = []
    ) throws {
        let yaml = """
            model: { backbone: { type: Speck }, head: { type: SemanticFPN, channels: 4 } }
            data:
              train: { type: Noise\(noise.isEmpty ? "" : ", \(noise)") }
              \(data)
              \(validates ? "val: { type: Noise }" : "")
              train_pipeline: [ { type: Normalize } ]
              test_pipeline: [ { type: Normalize } ]
            train: { iterations: \(iterations), batch: 2, log_interval: 1, eval_interval: 2, checkpoint_interval: 1, keep_checkpoints: 2\(train) }
            """
        try Data(yaml.utf8).write(to: URL(filePath: folder + "/run.yaml"))
        experiment = try Experiment(
            folder + "/run.yaml", overrides: overrides,
            registry: Registry(BuiltIn.plugins + [SmallPlugin()]))
        dataset = try experiment.trainDataset()
        work = try WorkDirectory(folder + "/w")
    }

    func trainer(from start: TrainingStart = .firstIteration) throws -> Trainer {
        try experiment.trainer(in: work, dataset: dataset, resuming: work.resumption(start))
    }

    /// The names in the work directory that are not hidden, without the run's folder and the list
    /// of the newest.
    func checkpoints() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: work.path).filter {
            $0.hasPrefix("iter_") || $0.hasPrefix("best_")
        }
        .sorted()
    }

    /// The names of temporary files and folders, anywhere.
    func temporaries() -> [String] {
        let all =
            FileManager.default.enumerator(atPath: work.path)?.compactMap { $0 as? String } ?? []
        return all.filter { $0.hasSuffix(".tmp") || $0.hasSuffix(".old") }
    }
}

/// One iteration over the six images of noise, whose labels are uneven, with a model that sees each
/// image by itself.
struct UnevenRun {
    let experiment: Experiment
    let dataset: any Dataset
    let work: WorkDirectory

    init(
        in folder: String, atATime: Int, loss: String, iterations: Int = 1,
        plugins: [any Plugin] = []
    ) throws {
        let yaml = """
            model: { backbone: { type: Mote }, head: { type: Spots, loss: \(loss) } }
            data: { train: { type: Noise, uneven: true }, train_pipeline: [ { type: Normalize } ] }
            train: { iterations: \(iterations), batch: 6, per_device_batch: \(atATime), log_interval: 1 }
            """
        try Data(yaml.utf8).write(to: URL(filePath: folder + "/run.yaml"))
        experiment = try Experiment(
            folder + "/run.yaml", registry: Registry(BuiltIn.plugins + [SmallPlugin()] + plugins))
        dataset = try experiment.trainDataset()
        work = try WorkDirectory(folder + "/w")
    }
}
