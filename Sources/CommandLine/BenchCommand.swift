import ArgumentParser
import DenseKitCore
import Foundation

/// `densekit bench infer|train|data CONFIG`
struct BenchCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "bench",
            abstract:
                "Time inference or training steps of a model with random weights, or the opening of its data. Prints one JSON line."
        )
    }

    enum Mode: String, ExpressibleByArgument, CaseIterable { case infer, train, data }

    @Argument(
        help: """
            infer: network, resize and argmax in the configuration's test mode, or of a detector boxes and masks in the image's pixels; \
            train: forward, losses, backward, optimizer; data: opening the training data set.
            """)
    var mode: Mode
    @OptionGroup var config: ConfigOptions
    @OptionGroup var compute: ComputeOptions

    @Option(help: "Size of the image: a side, or HEIGHTxWIDTH.")
    var size = ImageSide(Size2D(512))
    @Option(help: "Images at a time.")
    var batch = 1
    @Option(help: "Timed runs, after one that is not.")
    var runs = 5
    @Option(help: "Number of classes.")
    var classes = 150
    @Option(
        name: [.customLong("instances"), .customLong("things")],
        help: "Instances in each image that a detector is trained on.")
    var instances = 32
    @Flag(help: "Matrix products and convolutions in bfloat16.")
    var bf16 = false

    func run() throws {
        let device = try compute.start()
        guard batch > 0, runs > 0, classes > 0, instances > 0 else {
            throw ValidationError("--batch, --runs, --classes and --instances are positive")
        }
        let experiment = try config.experiment(List.self, device: device)
        guard mode != .data else { return try openData(experiment) }
        let model = try experiment.model(.placeholders(classes))
        let work = try work(experiment, model, device)
        let idle = Memory.resetPeak()
        let found = try work()
        var times: [Double] = []
        for _ in 0..<runs {
            let started = monotonicSeconds()
            _ = try work()
            times.append(monotonicSeconds() - started)
        }
        times.sort()
        let parameters = try model.namedParameters().reduce(0) { $0 + $1.tensor.count }
        let detections = found.map { ",\"detections\":\($0)" } ?? ""
        print(
            """
            {"what":"densekit \(mode.rawValue)","size":"\(size.pair.height)x\(size.pair.width)","batch":\(batch),"threads":\(Engine.threadCount),"bf16":\(bf16),\
            "min_s":\(decimals(times[0])),"median_s":\(decimals(times[times.count / 2])),"idle_rss_mib":\(idle),"peak_rss_mib":\(Memory.peak),\
            "params_m":\(String(format: "%.2f", Double(parameters) / 1e6)),"libtorch":"\(Engine.version)",\
            "blas":"\(Engine.blasKernel ?? "other")"\(detections)}
            """)
    }

    private func openData(_ experiment: Experiment) throws {
        let idle = Memory.resetPeak()
        let started = monotonicSeconds()
        let dataset = try experiment.trainDataset()
        let time = monotonicSeconds() - started
        print(
            """
            {"what":"densekit data","open_s":\(decimals(time)),"images":\(dataset.count),"idle_rss_mib":\(idle),"peak_rss_mib":\(Memory.peak)}
            """)
    }

    /// What is timed; it says how much a detector found.
    private func work(_ experiment: Experiment, _ model: DenseModel, _ device: Device) throws -> ()
        throws -> Int?
    {
        guard let task = model.head.task as? any BenchmarkedTask else {
            throw ValidationError(
                "bench makes no images for a head that \(model.head.task.verb): "
                    + "let \(type(of: model.head.task)) conform to BenchmarkedTask")
        }
        let noise = try task.noise(for: model, size: size.pair, batch: batch, device: device)
        guard mode != .train else {
            let targets = try task.targets(for: noise, instances: instances, classes: classes)
            return try training(experiment, model, noise.images, targets, noise.geometries)
        }
        if let most = task.largestInferenceBatch, batch > most {
            throw ValidationError(
                "--batch: a head that \(task.verb) takes \(most) image\(most == 1 ? "" : "s") at a time"
            )
        }
        try model.setTraining(false)
        let inference = try task.inference(
            of: model, on: noise, mode: experiment.configuration.test.inferenceMode)
        let dtype: DType? = bf16 ? .bfloat16 : nil
        return { try withoutGrad { try withAutocast(dtype, on: device) { try inference() } } }
    }

    private func training(
        _ experiment: Experiment, _ model: DenseModel, _ images: Tensor, _ targets: Targets,
        _ geometries: [ImageGeometry]
    ) throws -> () throws -> Int? {
        try model.setTraining(true)
        let optimizer = try experiment.optimizer(for: model)
        let rates = optimizer.groups.map { optimizer.baseLearningRate * $0.learningRateMultiplier }
        let step = try TrainingStep(
            model, optimizer, precision: bf16 ? .bfloat16 : .float32, on: images.device)
        return {
            try step(learningRates: rates) { _ in
                try model.losses(images, targets, ForwardPass(progress: 0, images: geometries))
            }
            return nil
        }
    }

    private func decimals(_ value: Double) -> String { String(format: "%.4f", value) }
}

/// A size on the command line: `512` or `1024x2048`, height first.
struct ImageSide: ExpressibleByArgument {
    let pair: Size2D

    init(_ pair: Size2D) { self.pair = pair }

    init?(argument: String) {
        let sides = argument.split(separator: "x").compactMap { Int($0) }.filter { $0 > 0 }
        guard sides.count == argument.split(separator: "x", omittingEmptySubsequences: false).count,
            (1...2).contains(sides.count)
        else { return nil }
        pair = Size2D(sides[0], sides[sides.count - 1])
    }

    var defaultValueDescription: String { "\(pair.height)" }
}

/// This process's resident memory, in MiB.
enum Memory {
    /// What is resident now; the peak counts from here on.
    static func resetPeak() -> Int {
        // Linux resets the high-water mark on this; where it may not, the peak counts from the
        // start.
        try? Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
        return field("VmRSS")
    }

    static var peak: Int { field("VmHWM") }

    private static func field(_ name: String) -> Int {
        let text =
            FileManager.default.contents(atPath: "/proc/self/status").map {
                String(decoding: $0, as: UTF8.self)
            } ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) / 1024
    }
}
