import DenseKitCore

/// A head for tests of what stands before a head: it hands on all levels it is given, at the size
/// of the last.
///
/// Levels `[n, cᵢ, hᵢ, wᵢ]` → `[n, Σ cᵢ, h, w]`, classified position by position.
public final class AllLevels: Module, ConvSegHead {
    public struct Configuration: YAMLConfiguration {
        public init() {}
    }

    public let convSeg: Conv2d
    public let loss: any Loss

    /// Throws `SettingError` where no levels come in.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        _ = try context.firstLevel()
        convSeg = try Conv2d(
            context.features.reduce(0) { $0 + $1.channels }, context.classCount, kernel: 1)
        loss = try context.registry.losses.make(ComponentNode(type: "CrossEntropy"), context)
    }

    public func embedding(_ maps: [Tensor]) throws -> Tensor {
        let last = maps[maps.count - 1]
        let size = Size2D(last.size(2), last.size(3))
        return try Tensor.cat(maps.map { try $0.interpolated(to: size, .bilinear()) }, dim: 1)
    }
}

/// Registers what tests need of a model and no user does.
public struct SmallModelsPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.heads.register("AllLevels", AllLevels.init)
    }
}
