import DenseKitCore

/// Swin Transformer: self-attention within windows that shift from block to block, and a pyramid of
/// four levels. (Liu et al. 2021)
///
/// Images `[n, 3, h, w]` → maps at strides 4, 8, 16, 32 with C, 2C, 4C, 8C channels, sizes rounded
/// up. Checkpoint keys, and the order of channels in patch merging, are those of mmsegmentation's
/// `SwinTransformer`, without absolute positions.
public final class Swin: Module, Backbone {
    /// The settings of a Swin Transformer in YAML.
    public struct Configuration: YAMLConfiguration {
        /// The published size, whose channels, blocks and heads `embedDims`, `depths` and
        /// `numHeads` can replace.
        public var variant = Variant.tiny
        /// C, the channels of the finest level, 1…8192; nil for the variant's.
        public var embedDims: Int?
        /// Blocks of the four stages, 1…1000 each; nil for the variant's.
        public var depths: [Int]?
        /// Attention heads of the four stages, divisors of C, 2C, 4C and 8C; nil for the variant's.
        public var numHeads: [Int]?
        /// Side of an attention window in positions of the map, 1…64.
        public var windowSize = 7
        /// Hidden channels of a block's MLP divided by its channels, 1…64.
        public var mlpRatio = 4
        /// Stochastic depth of the last block, 0 or more and below 1; it grows evenly from 0 at the
        /// first.
        public var dropPathRate = 0.3

        public init() {}

        var sizes: (dims: Int, depths: [Int], heads: [Int]) {
            let usual = variant.sizes
            return (embedDims ?? usual.dims, depths ?? usual.depths, numHeads ?? usual.heads)
        }
    }

    /// The published sizes: C is 96 for `tiny` and `small`, 128 for `base`, 192 for `large`; the
    /// third stage has 6 blocks in `tiny`, 18 in the others.
    public enum Variant: String, Codable, Sendable, CaseIterable {
        /// Swin-T: C is 96; 2, 2, 6 and 2 blocks.
        case tiny
        /// Swin-S: C is 96; 2, 2, 18 and 2 blocks.
        case small
        /// Swin-B: C is 128; 2, 2, 18 and 2 blocks.
        case base
        /// Swin-L: C is 192; 2, 2, 18 and 2 blocks.
        case large

        var sizes: (dims: Int, depths: [Int], heads: [Int]) {
            switch self {
            case .tiny: (96, [2, 2, 6, 2], [3, 6, 12, 24])
            case .small: (96, [2, 2, 18, 2], [3, 6, 12, 24])
            case .base: (128, [2, 2, 18, 2], [4, 8, 16, 32])
            case .large: (192, [2, 2, 18, 2], [6, 12, 24, 48])
            }
        }
    }

    let patchEmbed: PatchEmbedding
    let stages: [Stage]
    let norm0: LayerNorm, norm1: LayerNorm, norm2: LayerNorm, norm3: LayerNorm
    /// Channels C, 2C, 4C and 8C of the four levels, at strides 4, 8, 16 and 32.
    public let outputs: [FeatureSpec]

    /// Builds the network with random weights.
    ///
    /// - Throws: `SettingError` for values out of range or that do not fit together.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        let (dims, depths, heads) = configuration.sizes
        try Self.check(configuration)
        let rates = DropPath.rates(upTo: configuration.dropPathRate, blocks: depths.reduce(0, +))
        patchEmbed = try PatchEmbedding(dims)
        stages = try (0..<4).map { stage in
            let first = depths[..<stage].reduce(0, +)
            return try Stage(
                dims << stage, heads: heads[stage], window: configuration.windowSize,
                hidden: configuration.mlpRatio * dims << stage,
                rates: Array(rates[first..<(first + depths[stage])]), merges: stage < 3)
        }
        norm0 = try LayerNorm(dims)
        norm1 = try LayerNorm(2 * dims)
        norm2 = try LayerNorm(4 * dims)
        norm3 = try LayerNorm(8 * dims)
        outputs = (0..<4).map { FeatureSpec(channels: dims << $0, stride: 4 << $0) }
        super.init()
        for (_, module) in try namedModules() {
            guard let linear = module as? Linear else { continue }
            try linear.weight.truncatedNormalInPlace(std: 0.02)
            try withoutGrad { _ = try linear.bias?.fillInPlace(0) }
        }
    }

    private static func check(_ configuration: Configuration) throws {
        let (dims, depths, heads) = configuration.sizes
        try SettingError.check("embed_dims", dims, in: 1...8192)
        try SettingError.check("window_size", configuration.windowSize, in: 1...64)
        try SettingError.check("mlp_ratio", configuration.mlpRatio, in: 1...64)
        guard depths.count == 4, depths.allSatisfy({ 1...1000 ~= $0 }) else {
            throw SettingError(
                key: "depths", "depths must be four numbers of 1…1000, found \(depths)")
        }
        guard heads.count == 4,
            (0..<4).allSatisfy({ heads[$0] > 0 && (dims << $0).isMultiple(of: heads[$0]) })
        else {
            throw SettingError(
                key: "num_heads",
                "num_heads must be four divisors of the stages' channels \((0..<4).map { dims << $0 }), found \(heads)"
            )
        }
        guard 0..<1 ~= configuration.dropPathRate else {
            throw SettingError(
                key: "drop_path_rate",
                "drop_path_rate must be 0 or more and below 1, found \(configuration.dropPathRate)")
        }
    }

    /// The pyramid of images `[n, 3, h, w]`: four maps `[n, cᵢ, hᵢ, wᵢ]`, finest first.
    public func callAsFunction(_ images: Tensor) throws -> Features {
        var x = try patchEmbed(images)  // [n, h/4, w/4, c]
        var features = Features(maps: [])
        for (stage, norm) in zip(stages, [norm0, norm1, norm2, norm3]) {
            x = try stage(x)
            // [n, c, h, w], channels-last in memory
            features.maps.append(try norm(x).permuted(0, 3, 1, 2))
            if let downsample = stage.downsample { x = try downsample(x) }
        }
        return features
    }

    /// Every square of 4×4 pixels to a token, zeros added at the right and bottom for whole
    /// squares. `[n, 3, h, w] → [n, ⌈h/4⌉, ⌈w/4⌉, c]`
    final class PatchEmbedding: Module {
        let projection: Conv2d
        let norm: LayerNorm

        init(_ channels: Int) throws {
            projection = try Conv2d(3, channels, kernel: 4, stride: 4)
            norm = try LayerNorm(channels)
        }

        func callAsFunction(_ images: Tensor) throws -> Tensor {
            var x = try images.channelsLast()
            let right = (4 - x.size(3) % 4) % 4
            let bottom = (4 - x.size(2) % 4) % 4
            if right + bottom > 0 { x = try x.padded([0, right, 0, bottom]).channelsLast() }
            return try norm(projection(x).permuted(0, 2, 3, 1).contiguous())
        }
    }

    /// Merges every square of 2×2 positions into one with twice the channels, ordered channel by
    /// channel before the projection. `[n, h, w, c] → [n, ⌈h/2⌉, ⌈w/2⌉, 2c]`
    final class PatchMerging: Module {
        let norm: LayerNorm
        let reduction: Linear

        init(_ channels: Int) throws {
            norm = try LayerNorm(4 * channels)
            reduction = try Linear(4 * channels, 2 * channels, bias: false)
        }

        func callAsFunction(_ x: Tensor) throws -> Tensor {
            let n = x.size(0)
            let h = x.size(1)
            let w = x.size(2)
            let c = x.size(3)
            let squares = try x.windows(2).transposed(1, 2)  // [n · h/2 · w/2, c, 4]
            return try reduction(norm(squares.reshaped([n, (h + 1) / 2, (w + 1) / 2, 4 * c])))
        }
    }
}

/// Registers the backbone `Swin`.
public struct SwinPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.backbones.register("Swin", Swin.init)
    }
}
