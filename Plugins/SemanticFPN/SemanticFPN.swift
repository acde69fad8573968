import DenseKitCore

/// The segmentation head of Semantic FPN: convolutions and upsampling bring every level to the
/// finest one, and all are summed. (Kirillov et al. 2019, section 3.2; batch norm as in
/// mmsegmentation's `FPNHead`)
///
/// Maps `[n, cᵢ, hᵢ, wᵢ]` → logits `[n, k, h₀, w₀]`.
public final class SemanticFPN: Module, ConvSegHead {
    /// The settings of a Semantic FPN head in YAML.
    public struct Configuration: YAMLConfiguration {
        /// Channels of the convolutions and of the sum that is classified, 256 by default.
        public var channels = 256
        /// Probability that a channel is dropped as a whole before the classifier, 0…1.
        public var dropout = 0.1
        /// The loss of the logits; a loss for one class of several for every pixel.
        public var loss = ComponentNode(type: "CrossEntropy")

        public init() {}
    }

    let scaleHeads: [Sequential]
    let dropout: Dropout
    /// The classifier, a 1×1 convolution: `[n, c, h, w] → [n, k, h, w]`.
    public let convSeg: Conv2d
    /// The loss of the logits, resized to the labels.
    public let loss: any Loss

    /// Builds the head for the levels of `context.features` and the classes of the data set.
    ///
    /// - Throws: `SettingError` for values out of range, without classes or levels, and unless the
    ///   finest level is the first.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        let finest = try context.firstLevel()
        try context.requireClasses()
        let channels = configuration.channels
        try SettingError.check("channels", channels, in: 1...65536)
        try SettingError.check("dropout", configuration.dropout, in: 0...1)
        guard finest.stride > 0, context.features.allSatisfy({ $0.stride >= finest.stride }) else {
            throw SettingError(
                "needs the finest level first, found strides \(context.features.map(\.stride))")
        }
        scaleHeads = try context.features.map { level in
            let doublings = (level.stride / finest.stride).trailingZeroBitCount
            var layers: [any UnaryLayer] = []
            for index in 0..<max(1, doublings) {
                layers.append(
                    try ConvModule(
                        index == 0 ? level.channels : channels, channels, kernel: 3, padding: 1))
                if level.stride != finest.stride { layers.append(Upsample(2)) }
            }
            return Sequential(layers)
        }
        dropout = Dropout(configuration.dropout, channels: true)
        convSeg = try Conv2d(channels, context.classCount, kernel: 1)
        loss = try context.loss(configuration.loss, for: .pixelClasses)
    }

    /// What the classifier reads, dropout included: maps `[n, cᵢ, hᵢ, wᵢ]`
    /// → `[n, channels, h₀, w₀]`.
    public func embedding(_ maps: [Tensor]) throws -> Tensor {
        let finest = Size2D(maps[0].size(2), maps[0].size(3))
        let first = try scaleHeads[0](maps[0])
        var sum = first
        for (head, map) in zip(scaleHeads, maps).dropFirst() {
            let y = try head(map).interpolated(to: finest, .bilinear())
            // the gradient of the first head's ReLU needs its result
            sum = sum === first ? try sum + y : try sum.addInPlace(y)
        }
        return try dropout(sum)
    }
}

/// Registers the head `SemanticFPN`.
public struct SemanticFPNPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.heads.register("SemanticFPN", SemanticFPN.init)
    }
}
