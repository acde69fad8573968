import DenseKit

/// What every configuration needs: losses, transforms, optimizers, schedules.
public struct StandardPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.losses.register("CrossEntropy", CrossEntropy.init)
    }
}
