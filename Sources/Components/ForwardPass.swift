/// The circumstances of one forward pass, handed to the parts that need them.
public final class ForwardPass {
    /// How far training has come, t/T in 0…1; 1 outside training.
    public var progress: Double
    /// t: steps of the optimizer done before; 0 outside training.
    public var iteration: Int
    /// T: steps of the whole training; 1 outside training.
    public var iterations: Int
    /// The answers, in training: some prompters sample from them.
    public var targets: Targets?
    /// How the images of the batch came from their files; where nobody says it, a model takes them for images that fill the batch.
    public var images: [ImageGeometry]
    /// Where random choices come from.
    public var draws: RandomSource
    /// Whether figures for the log (such as pixel accuracy) are wanted, which cost time.
    public var wantsMetrics: Bool
    private let observe: ((String, Tensor) throws -> Void)?

    /// - Parameter observe: is shown the intermediate results that parts name: for golden cases and debuggers.
    public init(
        progress: Double = 1, iteration: Int = 0, iterations: Int = 1, targets: Targets? = nil, images: [ImageGeometry] = [],
        draws: RandomSource = RandomSource(seed: 0, iteration: 0), wantsMetrics: Bool = false,
        observe: ((String, Tensor) throws -> Void)? = nil
    ) {
        self.progress = progress
        self.iteration = iteration
        self.iterations = iterations
        self.targets = targets
        self.images = images
        self.draws = draws
        self.wantsMetrics = wantsMetrics
        self.observe = observe
    }

    /// Shows an intermediate result to the observer, where there is one.
    public func record(_ name: String, _ tensor: @autoclosure () throws -> Tensor) throws {
        if let observe { try observe(name, try tensor()) }
    }
}

/// The answers to a batch.
public struct Targets {
    /// No class, in tensors made of label maps.
    public static let defaultIgnoreIndex = 65535

    /// The class index of every pixel, `[n, h, w]` int64.
    public var labels: Tensor?
    public var ignoreIndex: Int
    /// The things in every image, where the data set has such.
    public var instances: [InstanceTargets]?
    /// Where a global batch goes through the network in several passes: its labelled pixels over the number of passes, at least one pixel in
    /// all. Divided by this, the mean of the passes is the loss of the whole batch. Nil where the pass is the whole batch.
    public var labelledPixels: Double?

    public init(labels: Tensor? = nil, ignoreIndex: Int = Targets.defaultIgnoreIndex, instances: [InstanceTargets]? = nil) {
        self.labels = labels
        self.instances = instances
        self.ignoreIndex = ignoreIndex
    }
}
