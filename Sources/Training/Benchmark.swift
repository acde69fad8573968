import DenseKitComponents
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

        /// The seconds of the fastest run.
        public var minimum: Double { seconds[0] }
        /// The median of the seconds.
        public var median: Double { seconds[seconds.count / 2] }
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
    /// - Throws: `ArgumentError` for a count below 1, for a precision that the device does not
    ///   compute in, and for a task that is not a `BenchmarkedTask`; what building the model and a
    ///   step throw.
    public func training(of experiment: Experiment) throws -> Result {
        try checkSettings(on: experiment.device)
        let model = try experiment.model(.placeholders(classes))
        let task = try task(of: model)
        let noise = try task.noise(for: model, size: size, batch: batch, device: experiment.device)
        let targets = try task.targets(for: noise, instances: instances, classes: classes)
        try model.setTraining(true)
        let optimizer = try experiment.optimizer(for: model)
        let rates = optimizer.groups.map { optimizer.baseLearningRate * $0.learningRateMultiplier }
        let step = try TrainingStep(model, optimizer, precision: precision, on: noise.images.device)
        return try time(model) {
            try step(learningRates: rates) { _ in
                let pass = ForwardPass(progress: 0, images: noise.geometries)
                return try model.losses(noise.images, targets, pass)
            }
            return nil
        }
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
