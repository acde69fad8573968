import DenseKit

/// A small convolutional backbone: four levels at strides 4, 8, 16 and 32.
///
/// Images `[n, 3, h, w]` → maps `[n, c, h/4, w/4]`, `[n, 2c, h/8, w/8]`, `[n, 4c, h/16, w/16]`,
/// `[n, 8c, h/32, w/32]`.
public final class TinyNet: Module, Backbone {
    /// What YAML may set, with defaults. `width: 48` in YAML sets `width`.
    public struct Configuration: YAMLConfiguration {
        public var width = 32

        public init() {}
    }

    // Layers are plain properties: their names are the keys in checkpoints.
    let stem: ConvModule
    let stages: [ConvModule]

    // Necks and heads read this: channels and strides are written nowhere else.
    public let outputs: [FeatureSpec]

    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        let width = configuration.width
        stem = try ConvModule(3, width, kernel: 3, stride: 2, padding: 1)
        stages = try (0..<4).map { level in
            try ConvModule(
                level == 0 ? width : width << (level - 1), width << level, kernel: 3, stride: 2,
                padding: 1)
        }
        outputs = (0..<4).map { FeatureSpec(channels: width << $0, stride: 4 << $0) }
    }

    public func callAsFunction(_ images: Tensor) throws -> Features {
        var x = try stem(images)  // [n, c, h/2, w/2]
        var maps: [Tensor] = []
        for stage in stages {
            x = try stage(x)
            maps.append(x)
        }
        return Features(maps: maps)
    }
}

struct TinyNetPlugin: Plugin {
    func register(in registry: inout Registry) {
        registry.backbones.register("TinyNet", TinyNet.init)
    }
}

/// What densekit looks for when it loads this file.
let plugin = TinyNetPlugin()
