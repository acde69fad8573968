import DenseKitCore

/// CLIP's modified ResNet with a pyramid of four levels: a stem of three convolutions, blocks that
/// pool before they stride, and at the end, with `attention_pool`, an attention pool. (Radford et
/// al. 2021, section 2.4)
///
/// Images `[n, 3, h, w]` → maps `[n, c, h/4, w/4]` … `[n, 8c, h/32, w/32]`, odd sizes rounded up by
/// the first convolution and down by all pools; with the attention pool also a global embedding
/// `[n, d]` and a language map `[n, d, h/32, w/32]`.
public final class CLIPResNet: Module, Backbone {
    /// Settings of CLIP's ResNets; the defaults are RN50 for images of 512 pixels.
    public struct Configuration: IdleKeysConfiguration {
        /// 50 or 101: blocks of the stages and, with `outputDim` nil, width of the embeddings.
        public var depth = 50
        /// Blocks of the four stages, 1…1000 each, such as `[4, 6, 10, 6]` for RN50x4; nil: those
        /// of `depth`.
        public var layers: [Int]?
        /// Channels after the stem, an even number of 2…4096: 64 for RN50 and RN101, 80 for RN50x4,
        /// 96 for RN50x16, 128 for RN50x64.
        public var width = 64
        /// Adds the attention pool, and with it the language-compatible outputs.
        public var attentionPool = true
        /// Attention heads of the pool; nil: half of `width`, as CLIP has. DenseCLIP's code has 32
        /// for every width.
        public var heads: Int?
        /// Side of the images, in pixels, that the pool's grid of positions belongs to, one
        /// position for every 32 pixels: 32…32768. For other sizes the grid is resized or cropped.
        public var inputResolution = 512
        /// d: width of the embeddings, such as 640 for RN50x4; nil: 512 for `depth` 101, else 1024.
        public var outputDim: Int?
        /// What the pool's grid of positions does on an image of another size: `resize`
        /// (segmentation) or `crop` (detection).
        public var positions = GridPositions.resize
        /// The grid of the language map: `native`, the last stage's own, or `fixed`, a square of
        /// `input_resolution` / 32 positions a side that the last stage is averaged to.
        public var languageGrid = LanguageGrid.native
        /// QuickGELU in the model's text encoder, as in OpenAI's weights; `false`: exact GELU, as
        /// in some of open_clip's. The image encoder has no GELU.
        public var quickGelu = true
        /// The last frozen stage, -1…4, whose batch norms keep their statistics too: 0 is the stem
        /// alone, -1 freezes nothing.
        public var frozenStages = -1
        /// Whether all batch norms keep their statistics in training.
        public var normEval = false

        public init() {}

        /// With `attention_pool: false`, the settings of the pool, which then have no effect.
        public var idleKeys: [(key: String, reason: String)] {
            attentionPool
                ? []
                : ["heads", "input_resolution", "output_dim", "positions", "language_grid"].map {
                    ($0, "attention_pool is false")
                }
        }

        var stageLayers: [Int]? { layers ?? [50: [3, 4, 6, 3], 101: [3, 4, 23, 3]][depth] }
    }

    let conv1: Conv2d, bn1: BatchNorm2d
    let conv2: Conv2d, bn2: BatchNorm2d
    let conv3: Conv2d, bn3: BatchNorm2d
    let layer1: [Bottleneck], layer2: [Bottleneck], layer3: [Bottleneck], layer4: [Bottleneck]
    let attnpool: AttentionPool2d?
    let languageSide: Int?  // of the fixed grid
    /// Four levels at strides 4, 8, 16 and 32, of 4, 8, 16 and 32 times `width` channels.
    public let outputs: [FeatureSpec]
    /// Width, grid and GELU of the language side; nil without attention pool.
    public let language: LanguageSpec?
    /// 31 pixels: the first convolution rounds up, the four pools after it round down,
    /// `31 → 16 → 8 → 4 → 2 → 1`.
    public var minimumSide: Int { 31 }

    /// - Throws: `SettingError` for settings out of range.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        guard let layers = configuration.stageLayers, layers.count == 4,
            layers.allSatisfy({ 1...1000 ~= $0 })
        else {
            throw SettingError(
                key: configuration.layers == nil ? "depth" : "layers",
                "depth is 50 or 101, and layers, where given, four positive numbers of blocks")
        }
        try SettingError.check("frozen_stages", configuration.frozenStages, in: -1...4)
        let width = configuration.width
        guard 2...4096 ~= width, width.isMultiple(of: 2) else {
            throw SettingError(
                key: "width", "width must be an even number of 2…4096, found \(width)")
        }
        conv1 = try Conv2d(3, width / 2, kernel: 3, stride: 2, padding: 1, bias: false)
        bn1 = try BatchNorm2d(width / 2)
        conv2 = try Conv2d(width / 2, width / 2, kernel: 3, padding: 1, bias: false)
        bn2 = try BatchNorm2d(width / 2)
        conv3 = try Conv2d(width / 2, width, kernel: 3, padding: 1, bias: false)
        bn3 = try BatchNorm2d(width)
        layer1 = try Bottleneck.stage(width, width, layers[0], stride: 1)
        layer2 = try Bottleneck.stage(4 * width, 2 * width, layers[1], stride: 2)
        layer3 = try Bottleneck.stage(8 * width, 4 * width, layers[2], stride: 2)
        layer4 = try Bottleneck.stage(16 * width, 8 * width, layers[3], stride: 2)
        outputs = (0..<4).map { FeatureSpec(channels: 4 * width << $0, stride: 4 << $0) }
        languageSide = configuration.languageGrid.side(
            inputResolution: configuration.inputResolution)
        if configuration.attentionPool {
            let embedding = configuration.outputDim ?? (configuration.depth == 101 ? 512 : 1024)
            attnpool = try AttentionPool2d(
                32 * width, inputResolution: configuration.inputResolution,
                heads: configuration.heads ?? width / 2,
                output: embedding, positions: configuration.positions)
            language = LanguageSpec(
                width: embedding, stride: 32, side: languageSide, quickGELU: configuration.quickGelu
            )
        } else {
            attnpool = nil
            language = nil
        }
        super.init()
        try freezeStages(
            [[conv1, bn1, conv2, bn2, conv3, bn3], layer1, layer2, layer3, layer4],
            upTo: configuration.frozenStages,
            normEval: configuration.normEval)
    }

    /// The pyramid of a batch of normalised images `[n, 3, h, w]`, and with the attention pool
    /// `globalEmbedding [n, d]` and `languageMap [n, d, h/32, w/32]`, or on the fixed grid where
    /// one is set.
    ///
    /// - Throws: `SettingError` for a last stage larger than the pool's grid, with
    ///   `positions: crop`.
    public func callAsFunction(_ images: Tensor) throws -> Features {
        var x = try images.channelsLast()
        x = try conv1(x, norm: bn1, relu: true)
        x = try conv2(x, norm: bn2, relu: true)
        x = try conv3(x, norm: bn3, relu: true).avgPool2d(2)  // [n, width, h/4, w/4]
        var features = Features(maps: [])
        for stage in [layer1, layer2, layer3, layer4] {
            for block in stage { x = try block(x) }
            features.maps.append(x)
        }
        if let attnpool {
            (features.globalEmbedding, features.languageMap) = try attnpool(
                x.averaged(to: languageSide))
        }
        return features
    }

    /// 1×1, 3×3, 1×1 with four times the channels out; where it strides, an average pool does it,
    /// in the shortcut too.
    final class Bottleneck: Module {
        let conv1: Conv2d, bn1: BatchNorm2d
        let conv2: Conv2d, bn2: BatchNorm2d
        let conv3: Conv2d, bn3: BatchNorm2d
        let downsample: Shortcut?
        let stride: Int

        init(_ inChannels: Int, _ planes: Int, stride: Int) throws {
            conv1 = try Conv2d(inChannels, planes, kernel: 1, bias: false)
            bn1 = try BatchNorm2d(planes)
            conv2 = try Conv2d(planes, planes, kernel: 3, padding: 1, bias: false)
            bn2 = try BatchNorm2d(planes)
            conv3 = try Conv2d(planes, 4 * planes, kernel: 1, bias: false)
            bn3 = try BatchNorm2d(4 * planes)
            let changes = stride > 1 || inChannels != 4 * planes
            downsample = changes ? try Shortcut(inChannels, 4 * planes, stride: stride) : nil
            self.stride = stride
        }

        static func stage(_ inChannels: Int, _ planes: Int, _ count: Int, stride: Int) throws
            -> [Bottleneck]
        {
            try (0..<count).map {
                try Bottleneck(
                    $0 == 0 ? inChannels : 4 * planes, planes, stride: $0 == 0 ? stride : 1)
            }
        }

        func callAsFunction(_ x: Tensor) throws -> Tensor {
            var y = try conv1(x, norm: bn1, relu: true)
            y = try conv2(y, norm: bn2, relu: true)
            if stride > 1 { y = try y.avgPool2d(Size2D(stride)) }
            y = try conv3(y, norm: bn3)
            return try y.addReluInPlace(downsample?(x) ?? x)
        }
    }

    /// Pool, 1×1 convolution and norm; the pool is entry "-1" of the original and has no weights.
    final class Shortcut: Module {
        let conv: Conv2d
        let norm: BatchNorm2d
        let stride: Int

        override var keys: [String: String] { ["conv": "0", "norm": "1"] }

        init(_ inChannels: Int, _ outChannels: Int, stride: Int) throws {
            conv = try Conv2d(inChannels, outChannels, kernel: 1, bias: false)
            norm = try BatchNorm2d(outChannels)
            self.stride = stride
        }

        func callAsFunction(_ x: Tensor) throws -> Tensor {
            try conv(stride > 1 ? x.avgPool2d(Size2D(stride)) : x, norm: norm)
        }
    }
}
