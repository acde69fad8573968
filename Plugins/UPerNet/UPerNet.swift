import DenseKitCore

/// The segmentation head of UPerNet: the coarsest map, pooled at several scales, gives the context
/// of the whole image, a top-down pyramid passes it on, and all levels are concatenated at the
/// finest resolution. (Xiao et al. 2018; batch norm as in mmsegmentation's `UPerHead`)
///
/// Maps `[n, cᵢ, hᵢ, wᵢ]` → logits `[n, k, h₀, w₀]`. No neck is needed before it.
public final class UPerNet: Module, ConvSegHead {
    /// The settings of a UPerNet head in YAML.
    public struct Configuration: YAMLConfiguration {
        /// Channels of the convolutions and of the map that is classified, 512 by default.
        public var channels = 512
        /// Sides of the grids that the coarsest map is pooled to: 1 to 16 numbers of 1…1024.
        public var poolScales = [1, 2, 3, 6]
        /// Probability that a channel is dropped as a whole before the classifier, 0…1.
        public var dropout = 0.1
        /// The loss of the logits; a loss for one class of several for every pixel.
        public var loss = ComponentNode(type: "CrossEntropy")

        public init() {}
    }

    let pspModules: [PooledContext]
    let bottleneck: ConvModule
    let lateralConvs: [ConvModule]
    let fpnConvs: [ConvModule]
    let fpnBottleneck: ConvModule
    let dropout: Dropout
    /// The classifier, a 1×1 convolution: `[n, c, h, w] → [n, k, h, w]`.
    public let convSeg: Conv2d
    /// The loss of the logits, resized to the labels.
    public let loss: any Loss

    /// Builds the head for the levels of `context.features` and the classes of the data set.
    ///
    /// - Throws: `SettingError` for values out of range, without classes or levels, and unless the
    ///   finest level is the first and the coarsest the last.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        let finest = try context.firstLevel()
        let coarsest = context.features[context.features.count - 1]
        try context.requireClasses()
        guard
            context.features.allSatisfy({
                $0.stride >= finest.stride && $0.stride <= coarsest.stride
            })
        else {
            throw SettingError(
                "needs the finest level first and the coarsest last, found strides \(context.features.map(\.stride))"
            )
        }
        let channels = configuration.channels
        let scales = configuration.poolScales
        try SettingError.check("channels", channels, in: 1...65536)
        try SettingError.check("dropout", configuration.dropout, in: 0...1)
        guard 1...16 ~= scales.count, scales.allSatisfy({ 1...1024 ~= $0 }) else {
            throw SettingError(
                key: "pool_scales", "pool_scales must be 1 to 16 numbers of 1…1024, found \(scales)"
            )
        }
        pspModules = try scales.map { try PooledContext(coarsest.channels, channels, scale: $0) }
        bottleneck = try ConvModule(
            coarsest.channels + scales.count * channels, channels, kernel: 3, padding: 1)
        lateralConvs = try context.features.dropLast().map { try ConvModule($0.channels, channels) }
        fpnConvs = try lateralConvs.map { _ in
            try ConvModule(channels, channels, kernel: 3, padding: 1)
        }
        fpnBottleneck = try ConvModule(
            context.features.count * channels, channels, kernel: 3, padding: 1)
        dropout = Dropout(configuration.dropout, channels: true)
        convSeg = try Conv2d(channels, context.classCount, kernel: 1)
        loss = try context.loss(configuration.loss, for: .pixelClasses)
    }

    /// What the classifier reads, dropout included: maps `[n, cᵢ, hᵢ, wᵢ]`
    /// → `[n, channels, h₀, w₀]`.
    ///
    /// - Throws: `SettingError` in training on a batch of one image with the pool scale 1, whose
    ///   batch norm needs more than one value.
    public func embedding(_ maps: [Tensor]) throws -> Tensor {
        let coarsest = maps[maps.count - 1]
        var levels = try zip(lateralConvs, maps).map { try $0($1) }
        levels.append(
            try bottleneck(Tensor.cat([coarsest] + pspModules.map { try $0(coarsest) }, dim: 1)))
        for level in stride(from: levels.count - 1, to: 0, by: -1) {
            levels[level - 1] =
                try levels[level - 1] + resized(levels[level], like: levels[level - 1])
        }
        for (level, convolution) in fpnConvs.enumerated() {
            levels[level] = try convolution(levels[level])
        }
        // [n, levels · c, h₀, w₀]
        let joined = try Tensor.cat(levels.map { try resized($0, like: levels[0]) }, dim: 1)
        return try dropout(fpnBottleneck(joined))
    }

    /// The mean of every cell of a grid of `scale` × `scale`, its channels mixed, upsampled to the
    /// map again. `[n, c, h, w] → [n, channels, h, w]`
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
    return map.size(2) == size.height && map.size(3) == size.width
        ? map : try map.interpolated(to: size, .bilinear())
}

/// Registers the head `UPerNet`.
public struct UPerNetPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.heads.register("UPerNet", UPerNet.init)
    }
}
