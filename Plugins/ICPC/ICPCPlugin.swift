import DenseKitCore

/// ICPC: instance-conditioned prompting with contrastive learning.
public struct ICPCPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.prompters.register("ICPC", ICPC.init)
        registry.parts.register("ICPCPrompt", InstancePromptPart.init)
        registry.parts.register("MultiScaleAlignment", MultiScaleAlignmentPart.init)
        registry.parts.register("AlignGuidedContrast", AlignGuidedContrastPart.init)
    }
}
