import DenseKitCore

/// ResNet for images, with a pyramid of four levels. (He et al. 2016; the stem V1c: He et al. 2019,
/// figure 2c)
///
/// Images `[n, 3, h, w]` → maps at strides 4, 8, 16, 32, sizes rounded up, with 64, 128, 256, 512
/// channels at depths 18 and 34, and four times as many from depth 50 on. In a bottleneck the 3×3
/// convolution has the stride, as in torchvision's models.
public final class ResNet: Module, Backbone {
    /// The settings of a ResNet in YAML.
    public struct Configuration: YAMLConfiguration {
        /// Number of layers: 18, 34, 50, 101 or 152.
        public var depth = 50
        /// The layers before the first stage: `plain`, one 7×7 convolution, or `v1c`, three 3×3
        /// convolutions.
        public var stem = Stem.plain
        /// The last frozen stage, 0…4, 0 being the stem: the weights and the batch norm statistics
        /// up to it stay as they are. -1 freezes none.
        public var frozenStages = -1
        /// Whether all batch norms keep their statistics in training; their weights are trained all
        /// the same.
        public var normEval = false

        public init() {}
    }

    /// The layers before the first stage: `plain` is one 7×7 convolution, as in torchvision, `v1c`
    /// three 3×3 convolutions, as in mmsegmentation's `ResNetV1c`.
    public enum Stem: String, Codable, Sendable, CaseIterable {
        /// One 7×7 convolution of stride 2, as in torchvision.
        case plain
        /// Three 3×3 convolutions, the first of stride 2, as in mmsegmentation's `ResNetV1c`.
        case v1c
    }

    let conv1: Conv2d?, bn1: BatchNorm2d?
    let stem: Sequential?
    let layer1: [Block], layer2: [Block], layer3: [Block], layer4: [Block]
    /// Channels of the four levels, at strides 4, 8, 16 and 32.
    public let outputs: [FeatureSpec]

    /// Builds the network with random weights.
    ///
    /// - Throws: `SettingError` for an unknown depth and for `frozen_stages` outside -1…4.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        let layouts = [
            18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3],
            152: [3, 8, 36, 3],
        ]
        guard let layers = layouts[configuration.depth] else {
            throw SettingError(
                key: "depth", "depth is 18, 34, 50, 101 or 152, found \(configuration.depth)")
        }
        try SettingError.check("frozen_stages", configuration.frozenStages, in: -1...4)
        switch configuration.stem {
        case .plain:
            conv1 = try Conv2d(3, 64, kernel: 7, stride: 2, padding: 3, bias: false)
            bn1 = try BatchNorm2d(64)
            stem = nil
        case .v1c:
            conv1 = nil
            bn1 = nil
            stem = try Sequential([
                Conv2d(3, 32, kernel: 3, stride: 2, padding: 1, bias: false), BatchNorm2d(32),
                Activation(.relu),
                Conv2d(32, 32, kernel: 3, padding: 1, bias: false), BatchNorm2d(32),
                Activation(.relu),
                Conv2d(32, 64, kernel: 3, padding: 1, bias: false), BatchNorm2d(64),
                Activation(.relu),
            ])
        }
        let bottleneck = configuration.depth >= 50
        let expansion = bottleneck ? 4 : 1
        func stage(_ index: Int) throws -> [Block] {
            let planes = 64 << index
            let input = index == 0 ? 64 : planes / 2 * expansion
            return try (0..<layers[index]).map { block in
                let stride = block == 0 && index > 0 ? 2 : 1
                let channels = block == 0 ? input : planes * expansion
                return bottleneck
                    ? try Bottleneck(channels, planes, stride)
                    : try BasicBlock(channels, planes, stride)
            }
        }
        layer1 = try stage(0)
        layer2 = try stage(1)
        layer3 = try stage(2)
        layer4 = try stage(3)
        outputs = (0..<4).map { FeatureSpec(channels: 64 * expansion << $0, stride: 4 << $0) }
        super.init()
        for (_, module) in try namedModules() {
            if let conv = module as? Conv2d { try conv.weight.kaimingNormalInPlace(.out) }
        }
        let first: [Module?] = [conv1, bn1, stem]
        try freezeStages(
            [first.compactMap { $0 }, layer1, layer2, layer3, layer4],
            upTo: configuration.frozenStages,
            normEval: configuration.normEval)
    }

    /// The pyramid of images `[n, 3, h, w]`: four maps `[n, cᵢ, hᵢ, wᵢ]`, finest first.
    public func callAsFunction(_ images: Tensor) throws -> Features {
        var x = try images.channelsLast()
        if let conv1, let bn1 { x = try conv1(x, norm: bn1, relu: true) }
        if let stem { x = try stem(x) }
        x = try x.maxPool2d(3, stride: 2, padding: 1)  // [n, 64, h/4, w/4]
        var features = Features(maps: [])
        for stage in [layer1, layer2, layer3, layer4] {
            for block in stage { x = try block(x) }
            features.maps.append(x)
        }
        return features
    }

    /// What both kinds of blocks share: a residual branch, and a shortcut where sizes change.
    class Block: Module {
        let downsample: Sequential?

        init(_ inChannels: Int, _ outChannels: Int, _ stride: Int) throws {
            guard stride > 1 || inChannels != outChannels else {
                downsample = nil
                return
            }
            downsample = try Sequential([
                Conv2d(inChannels, outChannels, kernel: 1, stride: Size2D(stride), bias: false),
                BatchNorm2d(outChannels),
            ])
        }

        func branch(_ x: Tensor) throws -> Tensor { x }

        final func callAsFunction(_ x: Tensor) throws -> Tensor {
            try branch(x).addReluInPlace(downsample?(x) ?? x)
        }
    }

    /// Two 3×3 convolutions: depths 18 and 34.
    final class BasicBlock: Block {
        let conv1: Conv2d, bn1: BatchNorm2d
        let conv2: Conv2d, bn2: BatchNorm2d

        override init(_ inChannels: Int, _ planes: Int, _ stride: Int) throws {
            conv1 = try Conv2d(
                inChannels, planes, kernel: 3, stride: Size2D(stride), padding: 1, bias: false)
            bn1 = try BatchNorm2d(planes)
            conv2 = try Conv2d(planes, planes, kernel: 3, padding: 1, bias: false)
            bn2 = try BatchNorm2d(planes)
            try super.init(inChannels, planes, stride)
        }

        override func branch(_ x: Tensor) throws -> Tensor {
            try conv2(conv1(x, norm: bn1, relu: true), norm: bn2)
        }
    }

    /// 1×1, 3×3, 1×1 with four times the channels out: depths from 50 on.
    final class Bottleneck: Block {
        let conv1: Conv2d, bn1: BatchNorm2d
        let conv2: Conv2d, bn2: BatchNorm2d
        let conv3: Conv2d, bn3: BatchNorm2d

        override init(_ inChannels: Int, _ planes: Int, _ stride: Int) throws {
            conv1 = try Conv2d(inChannels, planes, kernel: 1, bias: false)
            bn1 = try BatchNorm2d(planes)
            conv2 = try Conv2d(
                planes, planes, kernel: 3, stride: Size2D(stride), padding: 1, bias: false)
            bn2 = try BatchNorm2d(planes)
            conv3 = try Conv2d(planes, 4 * planes, kernel: 1, bias: false)
            bn3 = try BatchNorm2d(4 * planes)
            try super.init(inChannels, 4 * planes, stride)
        }

        override func branch(_ x: Tensor) throws -> Tensor {
            var y = try conv1(x, norm: bn1, relu: true)
            y = try conv2(y, norm: bn2, relu: true)
            return try conv3(y, norm: bn3)
        }
    }
}

/// Registers the backbone `ResNet`.
public struct ResNetPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.backbones.register("ResNet", ResNet.init)
    }
}
