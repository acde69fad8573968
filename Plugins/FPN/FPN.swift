import DenseKit

/// Feature pyramid network: every level gets the same number of channels and the context of the coarser ones. (Lin et al. 2017)
///
/// Maps `[n, cᵢ, hᵢ, wᵢ]` → maps `[n, channels, hᵢ, wᵢ]`.
public final class FPN: Module, Neck {
    public struct Configuration: DenseKit.Configuration {
        public var channels = 256

        public init() {}
    }

    let lateralConvs: [ConvModule]
    let fpnConvs: [ConvModule]
    public let outputs: [FeatureSpec]

    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        let channels = configuration.channels
        try SettingError.check("channels", channels, in: 1...65536)
        lateralConvs = try context.features.map { try ConvModule($0.channels, channels, norm: false, activation: false) }
        fpnConvs = try context.features.map { _ in
            try ConvModule(channels, channels, kernel: 3, padding: 1, norm: false, activation: false)
        }
        outputs = context.features.map { FeatureSpec(channels: channels, stride: $0.stride) }
    }

    public func callAsFunction(_ maps: [Tensor]) throws -> [Tensor] {
        let laterals = try zip(lateralConvs, maps).map { try $0($1) }
        for level in stride(from: laterals.count - 1, to: 0, by: -1) {
            let finer = laterals[level - 1]
            let size = Pair(finer.size(2), finer.size(3))
            try finer.addInPlace(try laterals[level].interpolated(to: size, .nearest))
        }
        return try zip(fpnConvs, laterals).map { try $0($1) }
    }
}

public struct FPNPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.necks.register("FPN", FPN.init)
    }
}
