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

    let stages: [Stage]
    public let outputs: [FeatureSpec]

    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        try SettingError.check("width", configuration.width, in: 1...1024)
        let widths = [1, 2, 4].map { $0 * configuration.width }
        stages = try [
            Stage(3, widths[0], stride: 4), Stage(widths[0], widths[1], stride: 2),
            Stage(widths[1], widths[2], stride: 2),
        ]
        outputs = zip(widths, [4, 8, 16]).map { FeatureSpec(channels: $0, stride: $1) }
    }

    public func callAsFunction(_ images: Tensor) throws -> Features {
        var maps: [Tensor] = []
        for stage in stages { maps.append(try stage(maps.last ?? images)) }
        return Features(maps: maps)
    }

    /// A convolution of patches, and one of neighbours whose result is added.
    /// `[n, in, h, w] → [n, out, h/stride, w/stride]`
    final class Stage: Module {
        let patches: ConvModule
        let neighbours: ConvModule

        init(_ inChannels: Int, _ outChannels: Int, stride: Int) throws {
            patches = try ConvModule(
                inChannels, outChannels, kernel: Size2D(stride), stride: Size2D(stride))
            neighbours = try ConvModule(outChannels, outChannels, kernel: 3, padding: 1)
        }

        func callAsFunction(_ x: Tensor) throws -> Tensor {
            let x = try patches(x)
            return try x + neighbours(x)
        }
    }
}
