import DenseKit

/// The components of this package.
public struct StreetPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.backbones.register("StreetNet", StreetNet.init)
        registry.heads.register("SumHead", SumHead.init)
        registry.losses.register("SmoothedCrossEntropy", SmoothedCrossEntropy.init)
        registry.hooks.register("StopWhenGood", StopWhenGood.init)
    }
}
