import ArgumentParser
import DenseKit
import Foundation

/// `densekit bench infer|train CONFIG`
struct BenchCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "bench", abstract: "Time inference or training steps of a model with random weights. Prints one JSON line.")
    }

    enum Mode: String, ExpressibleByArgument, CaseIterable { case infer, train }

    @Argument(help: "infer: forward, resize, argmax; train: forward, losses, backward, optimizer.")
    var mode: Mode
    @OptionGroup var config: ConfigOptions
    @OptionGroup var compute: ComputeOptions

    @Option(help: "Side of the square image.")
    var size = 512
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
        guard size > 0, batch > 0, runs > 0, classes > 0 else { throw ValidationError("--size, --batch, --runs and --classes are positive") }
        let session = try config.session(List.self, device: device)
        let model = try session.model(ClassList(names: (0..<classes).map { "class \($0)" }))
        let image = try Tensor.randomNormal([batch, 3, size, size]).channelsLast().to(device)
        let work = try mode == .infer ? inference(session, model, image) : training(session, model, image, device)
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
            {"what":"densekit \(mode.rawValue)","size":\(size),"batch":\(batch),"threads":\(Engine.threadCount),"bf16":\(bf16),\
            "min_s":\(decimals(times[0])),"median_s":\(decimals(times[times.count / 2])),"peak_rss_mib":\(peakMemory()),\
            "params_m":\(String(format: "%.2f", Double(parameters) / 1e6)),"libtorch":"\(Engine.version)"}
            """)
    }

    /// Network, enlargement to the image's size, and the class of every pixel.
    private func inference(_ session: Session, _ model: DenseModel, _ image: Tensor) throws -> () throws -> Void {
        try model.setTraining(false)
        let inference = SegmentationInference(model, mode: .whole)
        let dtype: DType? = bf16 ? .bfloat16 : nil
        return {
            try withoutGrad {
                try withAutocast(dtype, on: image.device) {
                    _ = try inference.labels(of: image)
                }
            }
        }
    }

    private func training(_ session: Session, _ model: DenseModel, _ image: Tensor, _ device: Device) throws -> () throws -> Void {
        try model.setTraining(true)
        let optimizer = try session.registry.optimizers.make(session.experiment.optimizer, BuildContext(registry: session.registry))
            .optimizer(for: try model.namedParameters())
        let rates = optimizer.groups.map { optimizer.baseLearningRate * $0.learningRateMultiplier }
        let labels = try Tensor.from((0..<batch * size * size).map { Int64($0 * 7919 % classes) }, shape: [batch, size, size]).to(device)
        let dtype: DType? = bf16 ? .bfloat16 : nil
        return {
            try optimizer.clearGradients()
            let losses = try withAutocast(dtype, on: device) { try model.losses(image, Targets(labels: labels), Step(progress: 0)) }
            guard let total = try losses.total() else { throw TrainingError.noLoss }
            try total.backward()
            try optimizer.step(learningRates: rates)
        }
    }

    private func decimals(_ value: Double) -> String { String(format: "%.4f", value) }

    private func peakMemory() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Int(usage.ru_maxrss) / 1024
    }
}
