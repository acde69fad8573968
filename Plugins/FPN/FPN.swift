import DenseKitCore

/// Feature pyramid network: every level gets the same number of channels and the context of the coarser ones. (Lin et al. 2017)
/// Further, coarser levels are RetinaNet's by convolution (Lin et al. 2017, Focal Loss, section 4) or Mask R-CNN's by pooling.
///
/// Maps `[n, cᵢ, hᵢ, wᵢ]` → maps `[n, channels, hᵢ, wᵢ]`, then maps of half the size of the one before, rounded up.
public final class FPN: Module, Neck {
    public struct Configuration: IdleKeysConfiguration {
        public var channels = 256
        /// The finest level that is used, counted from 0: RetinaNet leaves out stride 4 by 1.
        public var startLevel = 0
        /// Levels beyond those that come in, each of half the size.
        public var extraLevels = 0
        /// What 3×3 convolutions make the extra levels of; without it they are every second position of the last level.
        public var addExtraConvs: ExtraConvolutions?
        /// Whether ReLU stands before every extra convolution but the first.
        public var reluBeforeExtraConvs = false
        public var initialization = Initialization.kaiming

        public init() {}

        public var idleKeys: [(key: String, reason: String)] {
            addExtraConvs == nil ? [("relu_before_extra_convs", "there are no extra convolutions (add_extra_convs)")] : []
        }
    }

    /// What the first extra level is made of; each further one is made of the one before.
    public enum ExtraConvolutions: String, Codable, Sendable, CaseIterable {
        /// The coarsest map that comes in.
        case onInput = "on_input"
        /// The same with the neck's channels.
        case onLateral = "on_lateral"
        /// The coarsest map of the pyramid.
        case onOutput = "on_output"
    }

    /// How weights start.
    public enum Initialization: String, Codable, Sendable, CaseIterable {
        /// He's rule over the outputs: what the convolutions of mmcv are built with, and DenseCLIP's released code keeps.
        case kaiming
        /// Glorot's, uniform: mmdetection's own.
        case xavier
    }

    let lateralConvs: [ConvModule]
    let fpnConvs: [ConvModule]  // one for each level, then those of the extra levels
    let startLevel: Int
    let extraLevels: Int
    let addExtraConvs: ExtraConvolutions?
    let reluBeforeExtraConvs: Bool
    public let outputs: [FeatureSpec]

    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        let (channels, start, extra) = (configuration.channels, configuration.startLevel, configuration.extraLevels)
        try SettingError.check("channels", channels, in: 1...65536)
        try SettingError.check("extra_levels", extra, in: 0...8)
        guard let coarsest = context.features.last, context.features.indices.contains(start) else {
            throw SettingError(
                key: "start_level", "start_level \(start) is none of the \(context.features.count) levels that come in")
        }
        guard extra > 0 || configuration.addExtraConvs == nil else {
            throw SettingError(key: "add_extra_convs", "add_extra_convs says how extra levels are made, and extra_levels is 0")
        }
        let used = context.features[start...]
        lateralConvs = try used.map { try ConvModule($0.channels, channels, norm: false, activation: false) }
        let first = configuration.addExtraConvs == .onInput ? coarsest.channels : channels
        let extraInputs = configuration.addExtraConvs == nil ? [] : (0..<extra).map { $0 == 0 ? first : channels }
        fpnConvs =
            try used.map { _ in try ConvModule(channels, channels, kernel: 3, padding: 1, norm: false, activation: false) }
            + extraInputs.map { try ConvModule($0, channels, kernel: 3, stride: 2, padding: 1, norm: false, activation: false) }
        let strides = used.map(\.stride) + (0..<extra).map { coarsest.stride << ($0 + 1) }
        outputs = strides.map { FeatureSpec(channels: channels, stride: $0) }
        (startLevel, extraLevels, addExtraConvs) = (start, extra, configuration.addExtraConvs)
        reluBeforeExtraConvs = configuration.reluBeforeExtraConvs
        super.init()
        if configuration.initialization == .xavier {
            for layer in lateralConvs + fpnConvs { try layer.conv.weight.xavierUniformInPlace() }
        }
    }

    public func callAsFunction(_ maps: [Tensor]) throws -> [Tensor] {
        let laterals = try zip(lateralConvs, maps[startLevel...]).map { try $0($1) }
        for level in stride(from: laterals.count - 1, to: 0, by: -1) {
            let finer = laterals[level - 1]
            let size = Size2D(finer.size(2), finer.size(3))
            try finer.addInPlace(try laterals[level].interpolated(to: size, .nearest))
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

public struct FPNPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.necks.register("FPN", FPN.init)
    }
}
