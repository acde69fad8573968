import DenseKit

/// A small convolutional backbone: three levels at strides 4, 8 and 16.
///
/// Images `[n, 3, h, w]` → maps `[n, c, h/4, w/4]`, `[n, 2c, h/8, w/8]`, `[n, 4c, h/16, w/16]`.
public final class StreetNet: Module, Backbone {
    public struct Configuration: YAMLConfiguration {
        /// Channels of the finest level.
        public var width = 24

        public init() {}
    }

    let stem: ConvModule
    let stages: [ConvModule]
    public let outputs: [FeatureSpec]

    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        let width = configuration.width
        try SettingError.check("width", width, in: 1...1024)
        stem = try ConvModule(3, width, kernel: 3, stride: 2, padding: 1)
        stages = try (0..<3).map { level in
            try ConvModule(
                level == 0 ? width : width << (level - 1), width << level, kernel: 3, stride: 2,
                padding: 1)
        }
        outputs = (0..<3).map { FeatureSpec(channels: width << $0, stride: 4 << $0) }
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
