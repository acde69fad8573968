import DenseKitCore

/// DenseCLIP: language-guided dense prediction with context-aware prompting.
public struct DenseCLIPPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.prompters.register("DenseCLIP", DenseCLIP.init)
    }
}
