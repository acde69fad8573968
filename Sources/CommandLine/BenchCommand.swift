import ArgumentParser
import DenseKit
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
            infer: network, resize and argmax in the configuration's test mode; train: forward, losses, backward, optimizer; \
            data: opening the training data set.
            """)
    var mode: Mode
    @OptionGroup var config: ConfigOptions
    @OptionGroup var compute: ComputeOptions

    @Option(help: "Size of the image: a side, or HEIGHTxWIDTH.")
    var size = ImageSide(Pair(512))
    @Option(help: "Images at a time.")
    var batch = 1
    @Option(help: "Timed runs, after one that is not.")
    var runs = 5
    @Option(help: "Number of classes.")
    var classes = 150
    @Flag(help: "Matrix products and convolutions in bfloat16.")
    var bf16 = false

    func run() throws {
        let device = try compute.start()
        guard batch > 0, runs > 0, classes > 0 else { throw ValidationError("--batch, --runs and --classes are positive") }
        let session = try config.session(List.self, device: device)
        guard mode != .data else { return try openData(session) }
        let model = try session.model(.placeholders(classes))
        let image = try Tensor.randomNormal([batch, 3, size.pair.height, size.pair.width]).channelsLast().to(device)
        let work = try mode == .infer ? inference(session, model, image) : training(session, model, image, device)
        let idle = Memory.resetPeak()
        try work()
        var times: [Double] = []
        for _ in 0..<runs {
            let started = monotonicSeconds()
            try work()
            times.append(monotonicSeconds() - started)
        }
        times.sort()
        let parameters = try model.namedParameters().reduce(0) { $0 + $1.tensor.count }
        print(
            """
            {"what":"densekit \(mode.rawValue)","size":"\(size.pair)","batch":\(batch),"threads":\(Engine.threadCount),"bf16":\(bf16),\
            "min_s":\(decimals(times[0])),"median_s":\(decimals(times[times.count / 2])),"idle_rss_mib":\(idle),"peak_rss_mib":\(Memory.peak),\
            "params_m":\(String(format: "%.2f", Double(parameters) / 1e6)),"libtorch":"\(Engine.version)"}
            """)
    }

    private func openData(_ session: Session) throws {
        let idle = Memory.resetPeak()
        let started = monotonicSeconds()
        let dataset = try session.trainDataset()
        let time = monotonicSeconds() - started
        print(
            """
            {"what":"densekit data","open_s":\(decimals(time)),"images":\(dataset.count),"idle_rss_mib":\(idle),"peak_rss_mib":\(Memory.peak)}
            """)
    }

    /// Network, enlargement to the image's size, and the class of every pixel.
    private func inference(_ session: Session, _ model: DenseModel, _ image: Tensor) throws -> () throws -> Void {
        try model.setTraining(false)
        let inference = SegmentationInference(model, mode: try session.experiment.test.inferenceMode)
        let dtype: DType? = bf16 ? .bfloat16 : nil
        return {
            try withoutGrad {
                try withAutocast(dtype, on: image.device) {
                    _ = try inference.labels(of: image)
                }
            }
        }
    }

    private func training(_ session: Session, _ model: DenseModel, _ image: Tensor, _ device: Device) throws -> () throws -> Void
    {
        try model.setTraining(true)
        let optimizer = try session.registry.optimizers.make(
            session.experiment.optimizer, BuildContext(registry: session.registry)
        )
        .optimizer(for: try model.namedParameters())
        let rates = optimizer.groups.map { optimizer.baseLearningRate * $0.learningRateMultiplier }
        let labels = try Tensor.from(
            (0..<batch * size.pair.height * size.pair.width).map { Int64($0 * 7919 % classes) },
            shape: [batch, size.pair.height, size.pair.width]
        ).to(device)
        let dtype: DType? = bf16 ? .bfloat16 : nil
        return {
            try optimizer.clearGradients()
            let losses = try withAutocast(dtype, on: device) {
                try model.losses(image, Targets(labels: labels), Step(progress: 0))
            }
            guard let total = try losses.total() else { throw TrainingError.noLoss }
            try total.backward()
            try optimizer.step(learningRates: rates)
        }
    }

    private func decimals(_ value: Double) -> String { String(format: "%.4f", value) }
}

/// A size on the command line: `512` or `1024x2048`, height first.
struct ImageSide: ExpressibleByArgument {
    let pair: Pair

    init(_ pair: Pair) { self.pair = pair }

    init?(argument: String) {
        let sides = argument.split(separator: "x").compactMap { Int($0) }.filter { $0 > 0 }
        guard sides.count == argument.split(separator: "x", omittingEmptySubsequences: false).count, (1...2).contains(sides.count)
        else { return nil }
        pair = Pair(sides[0], sides[sides.count - 1])
    }

    var defaultValueDescription: String { "\(pair.height)" }
}

/// This process's resident memory, in MiB.
enum Memory {
    /// What is resident now; the peak counts from here on.
    static func resetPeak() -> Int {
        // Linux resets the high-water mark on this; where it may not, the peak counts from the start.
        try? Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
        return field("VmRSS")
    }

    static var peak: Int { field("VmHWM") }

    private static func field(_ name: String) -> Int {
        let text = FileManager.default.contents(atPath: "/proc/self/status").map { String(decoding: $0, as: UTF8.self) } ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) / 1024
    }
}
