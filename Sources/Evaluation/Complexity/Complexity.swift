import DenseKitComponents

/// The cost of a model: its parameters and the multiply-adds of one image, counted by the
/// conventions of fvcore, which most papers use.
///
/// A multiply-add counts 1, biases nothing; batch norm in evaluation mode 2 for each element, layer
/// and group norm 5; bilinear resizing 4 and nearest 1 for each element of the result; adaptive
/// average pooling 1 for each input element; everything else nothing. The path from the image to
/// logits of the image's size is counted; of a detector, the layers without the selection of boxes
/// (`CountableHead`). Auxiliary heads are not run, but their parameters are counted.
public struct Complexity: Sendable {
    /// Multiply-adds of a model or of a module.
    public struct Cost: Sendable, Equatable {
        /// Multiply-adds for every image.
        public var perImage = 0.0
        /// Multiply-adds for every image where a transposed convolution counts at its output
        /// positions, as fvcore did until the end of 2021.
        public var perImageAtOutputs = 0.0
        /// Multiply-adds done once for a model, whose results are cached for all images, such as
        /// the text embeddings of the classes.
        public var once = 0.0

        /// No operations.
        public init() {}
    }

    /// The size of the image in pixels.
    public let size: Size2D
    /// The cost of every module by its definition; the root is the whole model.
    public let model: ModuleComplexity
    /// The multiply-adds that are actually computed: some modules reach the same result with less
    /// work.
    public let asRun: Cost

    /// The number of parameters needed for an image: without those of modules that run once for a
    /// model, since their results can be cached instead.
    public var parametersPerImage: Int {
        model.total.parameters - model.onceParts.reduce(0) { $0 + $1.total.parameters }
    }

    /// Counts `model` on an image `[1, 3, height, width]` on the device of its parameters. On
    /// `.meta` nothing is computed.
    ///
    /// The model runs in evaluation mode and is put back into its own mode.
    /// - Throws: what the parts of the model throw.
    public init(of model: DenseModel, size: Size2D) throws {
        let parameters = try model.namedParameters()
        let image = try Tensor.zeros(
            [1, 3, size.height, size.width], device: parameters.first?.tensor.device ?? .cpu)
        let wasTraining = model.isTraining
        func costs(byDefinition: Bool) throws -> [(path: String, cost: Cost)] {
            try model.setTraining(false)  // which also drops cached results
            let first = OperationCounter(countsDefinitions: byDefinition)
            let second = OperationCounter(countsDefinitions: byDefinition)
            for counter in [first, second] { try counter.count { try Self.run(image, model) } }
            return Self.costs(first.entries, second.entries)
        }
        let defined: [(path: String, cost: Cost)]
        let run: [(path: String, cost: Cost)]
        do {
            (defined, run) = try withDevice(image.device) {
                try withoutGrad { try (costs(byDefinition: true), costs(byDefinition: false)) }
            }
        } catch {
            try model.setTraining(wasTraining)
            throw error
        }
        try model.setTraining(wasTraining)

        var root = ModuleComplexity(path: "")
        for entry in parameters { root.add(parameters: entry.tensor.count, of: entry.name) }
        for (path, cost) in defined { root.add(cost, to: path) }
        self.size = size
        self.model = root
        asRun = run.reduce(into: Cost()) { $0 += $1.cost }
    }

    /// The way from an image to logits of its size, or through the layers of a detector.
    private static func run(_ image: Tensor, _ model: DenseModel) throws {
        if try model.forwardShapes(image) { return }
        try model.predictions(image).finish(
            imageSize: Size2D(image.size(2), image.size(3)),
            countingHeadAs: model.head.checkpointKey)
    }

    /// The costs of every path: what a second image costs too is for every image, the rest of the
    /// first one's is once.
    private static func costs(
        _ first: [OperationCounter.Entry], _ second: [OperationCounter.Entry]
    ) -> [(path: String, cost: Cost)] {
        var order: [String] = []
        var costs: [String: Cost] = [:]
        func add(
            _ entries: [OperationCounter.Entry],
            _ note: (inout Cost, OperationCounter.Entry) -> Void
        ) {
            for entry in entries {
                if costs[entry.path] == nil { order.append(entry.path) }
                note(&costs[entry.path, default: Cost()], entry)
            }
        }
        add(first) { $0.once += $1.operation.unitCost * $1.amount }
        add(second) { cost, entry in
            let value = entry.operation.unitCost * entry.amount
            cost.once -= value
            cost.perImage += value
            cost.perImageAtOutputs += entry.operation.unitCost * entry.amountAtOutputs
        }
        return order.map { ($0, costs[$0] ?? Cost()) }
    }
}

extension Complexity.Cost {
    static func += (sum: inout Self, other: Self) {
        sum.perImage += other.perImage
        sum.perImageAtOutputs += other.perImageAtOutputs
        sum.once += other.once
    }
}

extension CountedOperation {
    /// Multiply-adds for one unit of what is counted: see `Complexity` for the conventions.
    public var unitCost: Double {
        switch self {
        case .convolution, .transposedConvolution, .matrixProduct, .nearest, .adaptiveAveragePool: 1
        case .batchNorm: 2
        case .bilinear: 4
        case .layerNorm, .groupNorm: 5
        }
    }
}
