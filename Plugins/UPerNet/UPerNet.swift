import DenseKitCore

/// The segmentation head of UPerNet: averages of the coarsest map at several scales give it the context of the whole image, a pyramid
/// hands it down, and all levels are joined at the finest. (Xiao et al. 2018; batch norm as in mmsegmentation's `UPerHead`)
///
/// Maps `[n, cᵢ, hᵢ, wᵢ]` → logits `[n, k, h₀, w₀]`. It mixes the levels by itself: no neck is needed.
public final class UPerNet: Module, SegmentationHead {
    public struct Configuration: YAMLConfiguration {
        public var channels = 512
        /// The coarsest map is averaged to maps of n × n, one for each n.
        public var poolScales = [1, 2, 3, 6]
        /// Probability of a whole channel to be dropped before the classifier.
        public var dropout = 0.1
        public var loss = ComponentNode(type: "CrossEntropy")

        public init() {}
    }

    let pspModules: [PooledContext]
    let bottleneck: ConvModule
    let lateralConvs: [ConvModule]
    let fpnConvs: [ConvModule]
    let fpnBottleneck: ConvModule
    let dropout: Dropout
    let convSeg: Conv2d
    public let loss: any Loss

    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        guard let finest = context.features.first, let coarsest = context.features.last else {
            throw SettingError("needs at least one level of features")
        }
        guard context.classCount > 0 else { throw SettingError("needs the names of the classes, and the data set has none") }
        guard context.features.allSatisfy({ $0.stride >= finest.stride && $0.stride <= coarsest.stride }) else {
            throw SettingError(
                "needs the finest level first and the coarsest last, found strides \(context.features.map(\.stride))")
        }
        let (channels, scales) = (configuration.channels, configuration.poolScales)
        try SettingError.check("channels", channels, in: 1...65536)
        try SettingError.check("dropout", configuration.dropout, in: 0...1)
        guard 1...16 ~= scales.count, scales.allSatisfy({ 1...1024 ~= $0 }) else {
            throw SettingError(key: "pool_scales", "pool_scales must be 1 to 16 numbers of 1…1024, found \(scales)")
        }
        pspModules = try scales.map { try PooledContext(coarsest.channels, channels, scale: $0) }
        bottleneck = try ConvModule(coarsest.channels + scales.count * channels, channels, kernel: 3, padding: 1)
        lateralConvs = try context.features.dropLast().map { try ConvModule($0.channels, channels) }
        fpnConvs = try lateralConvs.map { _ in try ConvModule(channels, channels, kernel: 3, padding: 1) }
        fpnBottleneck = try ConvModule(context.features.count * channels, channels, kernel: 3, padding: 1)
        dropout = Dropout(configuration.dropout, channels: true)
        convSeg = try Conv2d(channels, context.classCount, kernel: 1)
        loss = try context.loss(configuration.loss, for: .pixelClasses)
    }

    public func embedding(_ maps: [Tensor]) throws -> Tensor {
        let coarsest = maps[maps.count - 1]
        var levels = try zip(lateralConvs, maps).map { try $0($1) }
        levels.append(try bottleneck(try Tensor.cat([coarsest] + pspModules.map { try $0(coarsest) }, dim: 1)))
        for level in stride(from: levels.count - 1, to: 0, by: -1) {
            levels[level - 1] = try levels[level - 1] + resized(levels[level], like: levels[level - 1])
        }
        for (level, convolution) in fpnConvs.enumerated() { levels[level] = try convolution(levels[level]) }
        let joined = try Tensor.cat(try levels.map { try resized($0, like: levels[0]) }, dim: 1)  // [n, levels · c, h₀, w₀]
        return try dropout(fpnBottleneck(joined))
    }

    public func classify(_ embedding: Tensor) throws -> Tensor { try convSeg(embedding) }

    /// The mean of every cell of a grid of `scale` × `scale`, its channels mixed, enlarged to the map again. `[n, c, h, w] → [n, channels, h, w]`
    final class PooledContext: Module {
        let conv: ConvModule
        let scale: Int

        override var keys: [String: String] { ["conv": "1"] }  // the pooling before it is layer 0

        init(_ inChannels: Int, _ channels: Int, scale: Int) throws {
            conv = try ConvModule(inChannels, channels)
            self.scale = scale
        }

        func callAsFunction(_ map: Tensor) throws -> Tensor {
            guard !isTraining || scale > 1 || map.size(0) > 1 else {
                throw SettingError(
                    "UPerNet: training needs at least 2 images at a time, found 1: the pool of scale 1 gives the batch norm after it one "
                        + "value an image; raise train.per_device_batch or train.batch")
            }
            return try resized(conv(map.adaptiveAvgPool2d(Size2D(scale))), like: map)
        }
    }
}

/// A map brought to the size of another, bilinearly.
private func resized(_ map: Tensor, like other: Tensor) throws -> Tensor {
    let size = Size2D(other.size(2), other.size(3))
    return map.size(2) == size.height && map.size(3) == size.width ? map : try map.interpolated(to: size, .bilinear())
}

/// UPerNet's segmentation head.
public struct UPerNetPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.heads.register("UPerNet", UPerNet.init)
    }
}
