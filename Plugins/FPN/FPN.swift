import DenseKitCore

/// Feature pyramid network: gives every level the same number of channels and adds the coarser
/// levels to it. (Lin et al. 2017) Extra, coarser levels come from convolutions, as in RetinaNet
/// (Lin et al. 2017, Focal Loss, section 4), or from pooling, as in Mask R-CNN.
///
/// Maps `[n, cᵢ, hᵢ, wᵢ]` → maps `[n, channels, hᵢ, wᵢ]`, followed by extra levels, each of half
/// the size of the one before, rounded up.
public final class FPN: Module, Neck {
    /// The settings of an FPN in YAML.
    public struct Configuration: IdleKeysConfiguration {
        /// Channels of every level that comes out, 256 by default.
        public var channels = 256
        /// The finest input level that is used, counted from 0: 1 leaves out stride 4, as RetinaNet
        /// does.
        public var startLevel = 0
        /// Levels beyond the input levels, 0…8, each of half the size of the one before.
        public var extraLevels = 0
        /// The input of the 3×3 convolutions that make the extra levels; nil for pooling: every
        /// second position of the level before.
        public var addExtraConvs: ExtraConvolutions?
        /// Whether a ReLU comes before every extra convolution except the first.
        public var reluBeforeExtraConvs = false
        /// How the weights start.
        public var initialization = Initialization.kaiming

        public init() {}

        /// `relu_before_extra_convs` where no convolution makes extra levels.
        public var idleKeys: [(key: String, reason: String)] {
            addExtraConvs == nil
                ? [("relu_before_extra_convs", "there are no extra convolutions (add_extra_convs)")]
                : []
        }
    }

    /// What the first extra level is made of; each further one is made of the extra level before
    /// it.
    public enum ExtraConvolutions: String, Codable, Sendable, CaseIterable {
        /// The coarsest input map, with its own channels.
        case onInput = "on_input"
        /// The coarsest input map, brought to the channels of the pyramid.
        case onLateral = "on_lateral"
        /// The coarsest output map.
        case onOutput = "on_output"
    }

    /// How the convolutions' weights start.
    public enum Initialization: String, Codable, Sendable, CaseIterable {
        /// Kaiming (He) initialization over the outputs: the default of mmcv's convolutions,
        /// which DenseCLIP's released code does not change.
        case kaiming
        /// Xavier (Glorot), uniform, as in mmdetection.
        case xavier
    }

    let lateralConvs: [ConvModule]
    let fpnConvs: [ConvModule]  // one for each level, then those of the extra levels
    let startLevel: Int
    let extraLevels: Int
    let addExtraConvs: ExtraConvolutions?
    let reluBeforeExtraConvs: Bool
    /// Channels, the same for all, and stride of each level, finest first, the extra levels last.
    public let outputs: [FeatureSpec]

    /// Builds the neck for the levels of `context.features`.
    ///
    /// - Throws: `SettingError` for values out of range, a `start_level` that is no input level,
    ///   and `add_extra_convs` without extra levels.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        let channels = configuration.channels
        let start = configuration.startLevel
        let extra = configuration.extraLevels
        try SettingError.check("channels", channels, in: 1...65536)
        try SettingError.check("extra_levels", extra, in: 0...8)
        guard let coarsest = context.features.last, context.features.indices.contains(start) else {
            throw SettingError(
                key: "start_level",
                "start_level \(start) is none of the \(context.features.count) levels that come in")
        }
        guard extra > 0 || configuration.addExtraConvs == nil else {
            throw SettingError(
                key: "add_extra_convs",
                "add_extra_convs says how extra levels are made, and extra_levels is 0")
        }
        let used = context.features[start...]
        lateralConvs = try used.map {
            try ConvModule($0.channels, channels, norm: false, activation: false)
        }
        let first = configuration.addExtraConvs == .onInput ? coarsest.channels : channels
        let extraInputs =
            configuration.addExtraConvs == nil ? [] : (0..<extra).map { $0 == 0 ? first : channels }
        fpnConvs =
            try used.map { _ in
                try ConvModule(
                    channels, channels, kernel: 3, padding: 1, norm: false, activation: false)
            }
            + extraInputs.map {
                try ConvModule(
                    $0, channels, kernel: 3, stride: 2, padding: 1, norm: false, activation: false)
            }
        let strides = used.map(\.stride) + (0..<extra).map { coarsest.stride << ($0 + 1) }
        outputs = strides.map { FeatureSpec(channels: channels, stride: $0) }
        startLevel = start
        extraLevels = extra
        addExtraConvs = configuration.addExtraConvs
        reluBeforeExtraConvs = configuration.reluBeforeExtraConvs
        super.init()
        if configuration.initialization == .xavier {
            for layer in lateralConvs + fpnConvs { try layer.conv.weight.xavierUniformInPlace() }
        }
    }

    /// The pyramid of maps `[n, cᵢ, hᵢ, wᵢ]`, finest first → `[n, channels, hᵢ, wᵢ]` from
    /// `startLevel` on, then the extra levels.
    public func callAsFunction(_ maps: [Tensor]) throws -> [Tensor] {
        let laterals = try zip(lateralConvs, maps[startLevel...]).map { try $0($1) }
        for level in stride(from: laterals.count - 1, to: 0, by: -1) {
            let finer = laterals[level - 1]
            let size = Size2D(finer.size(2), finer.size(3))
            try finer.addInPlace(laterals[level].interpolated(to: size, .nearest))
        }
        var pyramid = try zip(fpnConvs, laterals).map { try $0($1) }
        for level in 0..<extraLevels {
            let last = pyramid[pyramid.count - 1]
            guard let addExtraConvs else {
                pyramid.append(try last.maxPool2d(1, stride: 2))
                continue
            }
            let input =
                switch (level, addExtraConvs) {
                case (0, .onInput): maps[maps.count - 1]
                case (0, .onLateral): laterals[laterals.count - 1]
                case (0, .onOutput): last
                default: reluBeforeExtraConvs ? try last.relu() : last
                }
            pyramid.append(try fpnConvs[laterals.count + level](input))
        }
        return pyramid
    }
}

/// Registers the neck `FPN`.
public struct FPNPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.necks.register("FPN", FPN.init)
    }
}
