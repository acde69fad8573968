import DenseKit

/// Every level through a 1×1 convolution, brought to the finest level's size and added; then a
/// classifier.
///
/// Maps `[n, cᵢ, hᵢ, wᵢ]` → logits `[n, k, h₀, w₀]`.
public final class SumHead: Module, ConvSegHead {
    public struct Configuration: YAMLConfiguration {
        /// Channels of the sum.
        public var channels = 64
        public var loss = ComponentNode(type: "SmoothedCrossEntropy")

        public init() {}
    }

    let lateral: [Conv2d]
    public let convSeg: Conv2d
    public let loss: any Loss

    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        lateral = try context.features.map {
            try Conv2d($0.channels, configuration.channels, kernel: 1)
        }
        convSeg = try Conv2d(configuration.channels, context.classCount, kernel: 1)
        loss = try context.loss(configuration.loss, for: .pixelClasses)
    }

    public func embedding(_ maps: [Tensor]) throws -> Tensor {
        let size = Size2D(maps[0].size(2), maps[0].size(3))
        var sum = try lateral[0](maps[0])
        for (layer, map) in zip(lateral, maps).dropFirst() {
            sum = try sum + layer(map).interpolated(to: size, .bilinear())
        }
        return try sum.relu()
    }
}
