import DenseKitCore

/// The head of Semantic FPN: every level is brought to the finest one by convolutions and upsampling, and all are summed.
/// (Kirillov et al. 2019, section 3.2; batch norm as in mmsegmentation's `FPNHead`)
///
/// Maps `[n, cᵢ, hᵢ, wᵢ]` → logits `[n, k, h₀, w₀]`.
public final class SemanticFPN: Module, SegmentationHead {
    public struct Configuration: YAMLConfiguration {
        public var channels = 256
        /// Probability of a whole channel to be dropped before the classifier.
        public var dropout = 0.1
        public var loss = ComponentNode(type: "CrossEntropy")

        public init() {}
    }

    let scaleHeads: [Sequential]
    let dropout: Dropout
    let convSeg: Conv2d
    public let loss: any Loss

    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        guard let finest = context.features.first else { throw SettingError("needs at least one level of features") }
        guard context.classCount > 0 else { throw SettingError("needs the names of the classes, and the data set has none") }
        let channels = configuration.channels
        try SettingError.check("channels", channels, in: 1...65536)
        try SettingError.check("dropout", configuration.dropout, in: 0...1)
        guard finest.stride > 0, context.features.allSatisfy({ $0.stride >= finest.stride }) else {
            throw SettingError("needs the finest level first, found strides \(context.features.map(\.stride))")
        }
        scaleHeads = try context.features.map { level in
            let doublings = (level.stride / finest.stride).trailingZeroBitCount
            var layers: [any UnaryLayer] = []
            for index in 0..<max(1, doublings) {
                layers.append(try ConvModule(index == 0 ? level.channels : channels, channels, kernel: 3, padding: 1))
                if level.stride != finest.stride { layers.append(Upsample(2)) }
            }
            return Sequential(layers)
        }
        dropout = Dropout(configuration.dropout, channels: true)
        convSeg = try Conv2d(channels, context.classCount, kernel: 1)
        loss = try context.loss(configuration.loss, for: .pixelClasses)
    }

    public func embedding(_ maps: [Tensor]) throws -> Tensor {
        let finest = Size2D(maps[0].size(2), maps[0].size(3))
        let first = try scaleHeads[0](maps[0])
        var sum = first
        for (head, map) in zip(scaleHeads, maps).dropFirst() {
            let y = try head(map).interpolated(to: finest, .bilinear())
            sum = sum === first ? try sum + y : try sum.addInPlace(y)  // the gradient of the first head's ReLU needs its result
        }
        return try dropout(sum)
    }

    public func classify(_ embedding: Tensor) throws -> Tensor { try convSeg(embedding) }
}

public struct SemanticFPNPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.heads.register("SemanticFPN", SemanticFPN.init)
    }
}
