import DenseKitCore

/// A fully convolutional segmentation head on one level of the pyramid: a few convolutions and a
/// classifier. (Long et al. 2015; with batch norm, as mmsegmentation's `FCNHead`)
///
/// Maps `[n, cᵢ, hᵢ, wᵢ]` → logits `[n, k, h, w]` of the level that it reads. As the main head it
/// makes an FCN; among `auxiliary_heads` it supervises a stage of the backbone in training, usually
/// with one convolution:
///
///     auxiliary_heads:
///       - { type: FCN, in_index: 2, channels: 256, num_convs: 1, concat_input: false, loss: { type: CrossEntropy, weight: 0.4 } }
public final class FCN: Module, ConvSegHead {
    /// The settings of an FCN head in YAML.
    public struct Configuration: YAMLConfiguration {
        /// The level that is read: 0 is the finest, -1 the coarsest, -2 the one before the
        /// coarsest.
        public var inIndex = -1
        /// Channels of the convolutions, 512 by default.
        public var channels = 512
        /// Convolutions before the classifier, 0…100; 0 classifies the level itself.
        public var numConvs = 2
        /// Whether one more convolution reads the level and the output of the convolutions,
        /// concatenated.
        public var concatInput = true
        /// Side of the convolutions' kernels, an odd number of 1…31.
        public var kernelSize = 3
        /// Dilation of the convolutions, 1…1024; the convolution of `concatInput` has none.
        public var dilation = 1
        /// Probability that a channel is dropped as a whole before the classifier, 0…1.
        public var dropout = 0.1
        /// The loss of the logits; a loss for one class of several for every pixel.
        public var loss = ComponentNode(type: "CrossEntropy")

        public init() {}
    }

    let convs: Sequential
    let convCat: ConvModule?
    let dropout: Dropout
    /// The classifier, a 1×1 convolution: `[n, c, h, w] → [n, k, h, w]`.
    public let convSeg: Conv2d
    let level: Int
    /// The loss of the logits, resized to the labels.
    public let loss: any Loss

    /// Builds the head for one level of `context.features` and the classes of the data set.
    ///
    /// - Throws: `SettingError` for values out of range, for an `in_index` that is no level, and
    ///   without classes.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        try context.requireClasses()
        _ = try context.firstLevel()
        level = try Self.level(configuration.inIndex, among: context.features.count)
        let channels = configuration.channels
        let kernel = configuration.kernelSize
        let dilation = configuration.dilation
        try SettingError.check("channels", channels, in: 1...65536)
        try SettingError.check("num_convs", configuration.numConvs, in: 0...100)
        try SettingError.check("dilation", dilation, in: 1...1024)
        try SettingError.check("dropout", configuration.dropout, in: 0...1)
        guard 1...31 ~= kernel, !kernel.isMultiple(of: 2) else {
            throw SettingError(
                key: "kernel_size", "kernel_size must be an odd number of 1…31, found \(kernel)")
        }
        let input = context.features[level].channels
        convs = Sequential(
            try (0..<configuration.numConvs).map { index in
                try ConvModule(
                    index == 0 ? input : channels, channels, kernel: Size2D(kernel),
                    padding: Size2D(kernel / 2 * dilation),
                    dilation: Size2D(dilation))
            })
        let width = configuration.numConvs > 0 ? channels : input
        convCat =
            configuration.concatInput
            ? try ConvModule(
                input + width, channels, kernel: Size2D(kernel), padding: Size2D(kernel / 2)) : nil
        dropout = Dropout(configuration.dropout, channels: true)
        convSeg = try Conv2d(convCat == nil ? width : channels, context.classCount, kernel: 1)
        loss = try context.loss(configuration.loss, for: .pixelClasses)
    }

    /// Counted from the end where it is negative.
    private static func level(_ index: Int, among count: Int) throws -> Int {
        guard -count..<count ~= index else {
            throw SettingError(
                key: "in_index",
                "in_index must be \(-count)…\(count - 1) for \(count) levels of features, found \(index)"
            )
        }
        return index < 0 ? index + count : index
    }

    /// What the classifier reads, dropout included: maps `[n, cᵢ, hᵢ, wᵢ]` → `[n, c, h, w]` at the
    /// size of the level that is read.
    public func embedding(_ maps: [Tensor]) throws -> Tensor {
        var x = try convs(maps[level])
        if let convCat { x = try convCat(Tensor.cat([maps[level], x], dim: 1)) }
        return try dropout(x)
    }
}

/// Registers the head `FCN`.
public struct FCNPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.heads.register("FCN", FCN.init)
    }
}
