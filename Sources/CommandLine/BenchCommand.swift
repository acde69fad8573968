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
    @OptionGroup var processes: ProcessOptions

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
    @Flag(help: "Matrix products and convolutions in float16.")
    var fp16 = false

    func run() throws {
        let environment = try processes.environment(with: compute)
        if try processes.areStarted(by: environment) {
            guard mode == .train else {
                throw ValidationError("several processes are for bench train alone")
            }
            return try processes.launch(compute, logFolder: nil) { arguments, _ in arguments }
        }
        let device = try processes.start(compute, in: environment)
        guard batch > 0, runs > 0, classes > 0, instances > 0 else {
            throw ValidationError("--batch, --runs, --classes and --instances are positive")
        }
        guard !(bf16 && fp16) else {
            throw ValidationError("--bf16 and --fp16 exclude each other")
        }
        let experiment = try config.experiment(List.self, device: device)
        switch mode {
        case .infer: show(try benchmark.inference(of: experiment))
        case .train: show(try benchmark.training(of: experiment))
        case .data: show(try Benchmark.opening(of: experiment))
        }
    }

    private var benchmark: Benchmark {
        var benchmark = Benchmark()
        benchmark.size = size.pair
        benchmark.batch = batch
        benchmark.runs = runs
        benchmark.classes = classes
        benchmark.instances = instances
        benchmark.precision = bf16 ? .bfloat16 : fp16 ? .float16 : .float32
        return benchmark
    }

    private func show(_ result: Benchmark.Result) {
        guard Processes.current.isFirst else { return }
        let exchange = result.exchange.map { exchange in
            """
            ,"processes":\(exchange.processes),"gradient_mib":\(exchange.bytes >> 20),\
            "buckets":\(exchange.buckets),"on_the_way_s":\(decimals(exchange.seconds)),\
            "exposed_s":\(decimals(exchange.exposed))
            """
        }
        let parameters = String(format: "%.2f", Double(result.parameters) / 1e6)
        let detections = result.detections.map { ",\"detections\":\($0)" } ?? ""
        print(
            """
            {"what":"densekit \(mode.rawValue)","size":"\(size.pair.height)x\(size.pair.width)",\
            "batch":\(batch),"threads":\(Engine.threadCount),"bf16":\(bf16),"fp16":\(fp16),\
            "min_s":\(decimals(result.minimum)),"median_s":\(decimals(result.median)),\
            "idle_rss_mib":\(result.idleMemory),"peak_rss_mib":\(result.peakMemory),\
            "params_m":\(parameters),"libtorch":"\(Engine.version)",\
            "blas":"\(Engine.blasKernel ?? "other")"\(detections)\(exchange ?? "")}
            """)
    }

    private func show(_ opening: Benchmark.Opening) {
        print(
            """
            {"what":"densekit data","open_s":\(decimals(opening.seconds)),"images":\(opening.images),\
            "idle_rss_mib":\(opening.idleMemory),"peak_rss_mib":\(opening.peakMemory)}
            """)
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
