import DenseKitComponents
import DenseKitDistributed
import DenseKitErrors
import DenseKitEvaluation

/// Times inference or training steps of an experiment's model, with random weights and images.
///
///     var benchmark = Benchmark()
///     benchmark.size = Size2D(512, 1024)
///     let result = try benchmark.inference(of: experiment)
///     print(result.median, result.peakMemory)
public struct Benchmark: Sendable {
    /// The size of the images in pixels.
    public var size = Size2D(512)
    /// The number of images at a time.
    public var batch = 1
    /// The number of timed runs, after one that is not timed.
    public var runs = 5
    /// The number of classes of the model.
    public var classes = 150
    /// The number of instances in each image that a detector is trained on.
    public var instances = 32
    /// The arithmetic of matrix products and convolutions.
    public var precision = Precision.float32

    /// A benchmark of one image of 512×512 pixels, 150 classes and 5 runs.
    public init() {}

    /// The times of a benchmark.
    public struct Result: Sendable {
        /// The seconds of every run, ascending.
        public let seconds: [Double]
        /// Resident memory of the process before the first run, in MiB.
        public let idleMemory: Int
        /// The most resident memory since then, in MiB; since the start of the process where the
        /// system does not let a process reset it.
        public let peakMemory: Int
        /// The number of the model's parameters.
        public let parameters: Int
        /// The number of instances that a detector found; nil for training and other models.
        public let detections: Int?
        /// What the processes of a training step exchanged; nil for one process.
        public var exchange: Exchange?

        /// The seconds of the fastest run.
        public var minimum: Double { seconds[0] }
        /// The median of the seconds.
        public var median: Double { seconds[seconds.count / 2] }
    }

    /// The gradients that a process exchanges in a training step.
    public struct Exchange: Sendable {
        /// The number of processes.
        public let processes: Int
        /// The bytes of a step, on each process; what is sent for them depends on the collective.
        public let bytes: Int
        /// The number of buckets of a step.
        public let buckets: Int
        /// The median of the seconds in which a bucket was on its way.
        public let seconds: Double
        /// The median of the seconds after the last bucket was sent, in which nothing was computed.
        public let exposed: Double
    }

    /// Times inference in the configuration's test mode, from the network to a result in the
    /// image's pixels.
    ///
    /// - Throws: `ArgumentError` for a count below 1, for a precision that the device does not
    ///   compute in, for more images at a time than the task takes, and for a task that is not a
    ///   `BenchmarkedTask`; what building the model throws.
    public func inference(of experiment: Experiment) throws -> Result {
        try checkSettings(on: experiment.device)
        let model = try experiment.model(.placeholders(classes))
        let task = try task(of: model)
        let device = experiment.device
        let noise = try task.noise(for: model, size: size, batch: batch, device: device)
        if let most = task.largestInferenceBatch, batch > most {
            throw ArgumentError(
                "\(Term.benchmarkBatch): a head that \(task.verb) takes \(most) image\(most == 1 ? "" : "s") "
                    + "at a time")
        }
        try model.setTraining(false)
        let mode = try experiment.configuration.test.inferenceMode
        let inference = try task.inference(of: model, on: noise, mode: mode)
        return try time(model) {
            try withoutGrad { try withAutocast(precision.dtype, on: device) { try inference() } }
        }
    }

    /// Times training steps: forward and backward passes, and the optimizer's update.
    ///
    /// - Parameters:
    ///   - experiment: with model and optimizer
    ///   - processes: those that take the steps together, each on `batch` images; every one makes
    ///     this call
    /// - Throws: `ArgumentError` for a count below 1, for a precision that the device does not
    ///   compute in, and for a task that is not a `BenchmarkedTask`; what building the model and a
    ///   step throw.
    public func training(of experiment: Experiment, with processes: Processes = .current) throws
        -> Result
    {
        try checkSettings(on: experiment.device)
        let model = try experiment.model(.placeholders(classes))
        let task = try task(of: model)
        let noise = try task.noise(for: model, size: size, batch: batch, device: experiment.device)
        let targets = try task.targets(for: noise, instances: instances, classes: classes)
        try model.setTraining(true)
        let optimizer = try experiment.optimizer(for: model)
        let rates = optimizer.groups.map { optimizer.baseLearningRate * $0.learningRateMultiplier }
        let synchronizes = experiment.configuration.train.syncBatchNorm != .false
        try model.synchronizeBatchNorms(over: synchronizes ? processes.statistics : nil)
        let step = try TrainingStep(
            model, optimizer, precision: precision, on: noise.images.device, processes: processes,
            traces: true)
        var steps: [(transfers: [GradientReducer.Transfer], end: Double)] = []
        var result = try time(model) {
            try processes.barrier()
            var end = 0.0
            try step(learningRates: rates, afterBackward: { end = monotonicSeconds() }) { _ in
                let pass = ForwardPass(progress: 0, images: noise.geometries)
                return try model.losses(noise.images, targets, pass)
            }
            steps.append((step.exchange?.transfers() ?? [], end))
            return nil
        }
        if processes.count > 1 { result.exchange = Exchange(steps.dropFirst(), processes) }
        return result
    }

    private func checkSettings(on device: Device) throws {
        if let problem = precision.problem(on: device) {
            throw ArgumentError("\(problem): \(precision.remedy)")
        }
        guard batch > 0, runs > 0, classes > 0, instances > 0 else {
            throw ArgumentError(
                "a benchmark's batch, runs, classes and instances are 1 or more, found \(batch), \(runs), "
                    + "\(classes) and \(instances)")
        }
    }

    private func task(of model: DenseModel) throws -> any BenchmarkedTask {
        if let task = model.head.task as? any BenchmarkedTask { return task }
        throw ArgumentError(
            "\(Term.benchmark) makes no images for a head that \(model.head.task.verb): "
                + "let \(type(of: model.head.task)) conform to BenchmarkedTask")
    }

    /// The times of `work`, which returns how much a detector found.
    private func time(_ model: DenseModel, _ work: () throws -> Int?) throws -> Result {
        let idle = ProcessMemory.resetPeak()
        let detections = try work()
        var seconds: [Double] = []
        for _ in 0..<runs {
            let started = monotonicSeconds()
            _ = try work()
            seconds.append(monotonicSeconds() - started)
        }
        let peak = ProcessMemory.peak(since: idle)
        let parameters = try model.namedParameters().reduce(0) { $0 + $1.tensor.count }
        return Result(
            seconds: seconds.sorted(), idleMemory: idle, peakMemory: peak, parameters: parameters,
            detections: detections)
    }
}

extension Benchmark.Exchange {
    /// - Parameter steps: what was sent in each, and when its backward pass had ended
    init(
        _ steps: ArraySlice<(transfers: [GradientReducer.Transfer], end: Double)>,
        _ processes: Processes
    ) {
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        let last = steps.last?.transfers ?? []
        self.processes = processes.count
        bytes = last.reduce(0) { $0 + $1.bytes }
        buckets = last.count
        seconds = median(steps.map { Self.busy($0.transfers) })
        exposed = median(steps.map { $0.end - ($0.transfers.map(\.begin).max() ?? $0.end) })
    }

    /// The seconds in which at least one bucket is on its way.
    private static func busy(_ transfers: [GradientReducer.Transfer]) -> Double {
        var total = 0.0
        var until = 0.0
        for transfer in transfers.sorted(by: { $0.begin < $1.begin }) {
            total += max(0, transfer.end - max(until, transfer.begin))
            until = max(until, transfer.end)
        }
        return total
    }
}

extension Benchmark {
    /// How long the opening of training data takes.
    public struct Opening: Sendable {
        /// The seconds.
        public let seconds: Double
        /// The number of images.
        public let images: Int
        /// Resident memory of the process before, in MiB.
        public let idleMemory: Int
        /// The most resident memory since then, in MiB.
        public let peakMemory: Int
    }

    /// Times the opening of the experiment's training data set.
    ///
    /// - Throws: what `Experiment.trainDataset()` throws.
    public static func opening(of experiment: Experiment) throws -> Opening {
        let idle = ProcessMemory.resetPeak()
        let started = monotonicSeconds()
        let dataset = try experiment.trainDataset()
        let seconds = monotonicSeconds() - started
        return Opening(
            seconds: seconds, images: dataset.count, idleMemory: idle,
            peakMemory: ProcessMemory.peak(since: idle))
    }
}
