import DenseKit

/// What every configuration needs: losses, transforms, optimizers, schedules.
public struct StandardPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.losses.register("CrossEntropy", CrossEntropy.init)
        registry.transforms.register("Resize", Resize.init)
        registry.transforms.register("RandomCrop", RandomCrop.init)
        registry.transforms.register("RandomFlip", RandomFlip.init)
        registry.transforms.register("PhotoMetricDistortion", PhotoMetricDistortion.init)
        registry.transforms.register("Normalize", Normalize.init)
        registry.transforms.register("Pad", Pad.init)
        registry.optimizers.register("AdamW", AdamWRecipe.init)
        registry.optimizers.register("SGD", SGDRecipe.init)
        registry.schedules.register("Poly", Poly.init)
    }
}
