/// The context of one forward pass, which is passed to all parts of a model: progress, targets,
/// random numbers.
public final class ForwardPass {
    /// The progress of training, iteration / iterations, 0…1; 1 outside training.
    public var progress: Double
    /// Optimizer steps done before this pass; 0 outside training.
    public var iteration: Int
    /// Optimizer steps of the whole training; 1 outside training.
    public var iterations: Int
    /// The targets, in training: some prompters sample from them. Nil outside training.
    public var targets: Targets?
    /// The prompter's results for the batch, for heads that read text embeddings or score maps; nil
    /// in a model without prompter.
    public var prompted: PrompterOutput?
    /// Sizes, padding and scale of each image of the batch; where it is empty, the model takes
    /// every image to fill the batch.
    public var images: [ImageGeometry]
    /// The source of the random numbers that parts draw in this pass.
    public var randomSource: RandomSource
    /// Whether metrics for the log (such as pixel accuracy) are computed, which takes time. False
    /// by default.
    public var wantsMetrics: Bool
    private let observe: ((String, Tensor) throws -> Void)?

    /// - Parameters:
    ///   - progress: the share of training that is done, 0…1; 1 for inference
    ///   - iteration: of training, from 0
    ///   - iterations: of the whole training
    ///   - targets: of the batch; nil for inference
    ///   - images: sizes, padding and scale of each image; empty: every image fills the batch
    ///   - randomSource: the random numbers of this pass
    ///   - wantsMetrics: whether losses should add metrics for the log
    ///   - observe: called with each intermediate result that a part records, by its name: for
    ///     golden cases and debuggers; nil for none
    public init(
        progress: Double = 1, iteration: Int = 0, iterations: Int = 1, targets: Targets? = nil,
        images: [ImageGeometry] = [],
        randomSource: RandomSource = RandomSource(seed: 0, iteration: 0),
        wantsMetrics: Bool = false,
        observe: ((String, Tensor) throws -> Void)? = nil
    ) {
        self.progress = progress
        self.iteration = iteration
        self.iterations = iterations
        self.targets = targets
        self.images = images
        self.randomSource = randomSource
        self.wantsMetrics = wantsMetrics
        self.observe = observe
    }

    /// Passes an intermediate result to the observer; without an observer `tensor` is not
    /// evaluated.
    public func record(_ name: String, _ tensor: @autoclosure () throws -> Tensor) throws {
        if let observe { try observe(name, tensor()) }
    }

    /// Passes the intermediate results of a part to the observer, in their order; without an
    /// observer none is evaluated.
    public func record(_ results: @autoclosure () throws -> KeyValuePairs<String, Tensor>) throws {
        guard let observe else { return }
        for (name, tensor) in try results() { try observe(name, tensor) }
    }
}

/// The ground truth of a batch.
public struct Targets {
    /// The label of pixels without a class (65535), in tensors made from label maps.
    public static let defaultIgnoreIndex = 65535

    /// The class index of every pixel, `[n, h, w]` int64; nil for a data set without label maps.
    public var labels: Tensor?
    /// The label of pixels that count neither in losses nor in metrics.
    public var ignoreIndex: Int
    /// The instances of each image; nil for a data set without instances.
    public var instances: [InstanceTargets]?
    /// Targets of other kinds by their names, `[n, …]` each, for tasks of plugins.
    public var others: [String: Tensor] = [:]
    /// Where a global batch is processed in several passes: the number of its labelled pixels
    /// divided by the number of passes, with at least one labelled pixel in all. Losses divide by
    /// it, so that the mean over the passes is the loss of the whole batch. Nil where one pass is
    /// the whole batch.
    public var labelledPixels: Double?

    /// - Parameters:
    ///   - labels: class indices `[n, h, w]` int64; nil where there are no label maps
    ///   - ignoreIndex: the label of pixels that count neither in losses nor in metrics
    ///   - instances: one element per image; nil where there are no instances
    public init(
        labels: Tensor? = nil, ignoreIndex: Int = Targets.defaultIgnoreIndex,
        instances: [InstanceTargets]? = nil
    ) {
        self.labels = labels
        self.instances = instances
        self.ignoreIndex = ignoreIndex
    }
}
