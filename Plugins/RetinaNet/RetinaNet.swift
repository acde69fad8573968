import DenseKitCore
import Glibc

/// The head of the one-stage detector RetinaNet: for a few anchors at every position of every
/// level, the class of the instance near the anchor, and how its box differs from the anchor; two
/// branches of convolutions, shared by all levels. (Lin et al. 2017, Focal Loss for Dense Object
/// Detection, section 4)
///
/// Maps `[n, c, hᵢ, wᵢ]` → logits `[n, a·k, hᵢ, wᵢ]`, one for each anchor and class, and deltas
/// `[n, 4a, hᵢ, wᵢ]`.
public final class RetinaNet: Module, CountableHead {
    let clsConvs: [ConvModule]
    let regConvs: [ConvModule]
    let retinaCls: Conv2d
    let retinaReg: Conv2d
    let lossCls: any Loss
    let lossBbox: any Loss
    let anchors: AnchorGenerator
    let coder: DeltaCoder
    let matcher: AnchorMatcher
    let filter: DetectionFilter
    let classCount: Int
    let settings: Configuration

    /// The key of the weights in a checkpoint: `bbox_head`, as in mmdetection.
    public var checkpointKey: String { "bbox_head" }

    /// Detection of boxes without masks.
    public var task: any HeadTask { DetectionTask(masks: false) }
    /// The positive anchors: the losses are divided by their number in one pass, not in the whole
    /// global batch.
    public var countedByPass: String? { "the positive anchors" }

    /// Builds the head for the levels of `context.features` and the classes of the data set.
    ///
    /// - Throws: `SettingError` for values out of range, without classes, and for levels of
    ///   different channels.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        try context.requireClasses()
        guard let channels = context.features.first?.channels,
            context.features.allSatisfy({ $0.channels == channels })
        else {
            throw SettingError(
                "needs levels of equal channels, found \(context.features.map(\.channels)): put a neck such as FPN before it"
            )
        }
        let width = configuration.channels
        try SettingError.check("channels", width, in: 1...65536)
        try SettingError.check("convs", configuration.convs, in: 0...100)
        try SettingError.check("base_scale", configuration.baseScale, above: 0, upTo: 1000)
        try SettingError.check("per_level", configuration.perLevel, in: 1...1_000_000)
        filter = try DetectionFilter(
            scoreThreshold: configuration.scoreThreshold, nmsThreshold: configuration.nmsThreshold,
            maxPerImage: configuration.maxPerImage)
        anchors = try AnchorGenerator(
            strides: context.features.map(\.stride), ratios: configuration.ratios,
            scales: AnchorGenerator.octaveScales(
                base: configuration.baseScale, perOctave: configuration.scalesPerOctave))
        coder = try DeltaCoder(stds: configuration.stds)
        let assigner = try SettingError.within("assigner") { try configuration.assigner.make() }
        matcher = AnchorMatcher(assigner: assigner, coder: coder)
        func branch() throws -> [ConvModule] {
            try (0..<configuration.convs).map {
                try ConvModule(
                    $0 == 0 ? channels : width, width, kernel: 3, padding: 1, norm: false)
            }
        }
        clsConvs = try branch()
        regConvs = try branch()
        let last = configuration.convs == 0 ? channels : width
        retinaCls = try Conv2d(
            last, anchors.perPosition * context.classCount, kernel: 3, padding: 1)
        retinaReg = try Conv2d(last, anchors.perPosition * 4, kernel: 3, padding: 1)
        lossCls = try context.loss(configuration.lossCls, for: .independentClasses)
        lossBbox = try context.loss(configuration.lossBbox, for: .numbers)
        classCount = context.classCount
        settings = configuration
        super.init()
        if configuration.initialization == .prior { try startFromPrior() }
    }

    /// The outputs of the branches for a batch, an entry for each level.
    struct Output {
        let logits: [Tensor]  // [n, hᵢ·wᵢ·a, k]
        let deltas: [Tensor]  // [n, hᵢ·wᵢ·a, 4]
        let sizes: [Size2D]
    }

    /// Logits and deltas of one level.
    private func branches(_ map: Tensor) throws -> (scores: Tensor, boxes: Tensor) {
        try (
            retinaCls(clsConvs.reduce(map) { try $1($0) }),
            retinaReg(regConvs.reduce(map) { try $1($0) })
        )
    }

    /// Runs both branches on every level, without anchors, decoding and suppression.
    public func forwardShapes(_ maps: [Tensor], _ step: ForwardPass) throws {
        for map in maps { _ = try branches(map) }
    }

    func callAsFunction(_ maps: [Tensor], _ step: ForwardPass) throws -> Output {
        var (logits, deltas): ([Tensor], [Tensor]) = ([], [])
        for (level, map) in maps.enumerated() {
            let (scores, boxes) = try branches(map)
            try step.record(["cls.\(level)": scores, "bbox.\(level)": boxes])
            let n = map.size(0)
            logits.append(
                try scores.to(.float32).permuted(0, 2, 3, 1).reshaped([n, -1, classCount]))
            deltas.append(try boxes.to(.float32).permuted(0, 2, 3, 1).reshaped([n, -1, 4]))
        }
        return Output(
            logits: logits, deltas: deltas, sizes: maps.map { Size2D($0.size(2), $0.size(3)) })
    }

    /// Weights from a normal distribution of std 0.01, biases 0, and every class with a probability
    /// of 0.01. (section 4.1)
    private func startFromPrior() throws {
        for conv in (clsConvs + regConvs).map(\.conv) + [retinaCls, retinaReg] {
            try conv.weight.normalInPlace(std: 0.01)
            try withoutGrad { _ = try conv.bias?.fillInPlace(0) }
        }
        try withoutGrad { _ = try retinaCls.bias?.fillInPlace(-log((1 - 0.01) / 0.01)) }
    }
}

/// Registers the head `RetinaNet`.
public struct RetinaNetPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.heads.register("RetinaNet", RetinaNet.init)
    }
}
