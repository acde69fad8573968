import DenseKitCore

/// CLIP-SP: scene parsing with adaptive prompts.
public struct CLIPSPPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.prompters.register("CLIPSP", CLIPSP.init)
        registry.multilabelDecoders.register("MLP", MLP.init)
        registry.multilabelDecoders.register("DualGraphFormer", DualGraphFormer.init)
        registry.parts.register("MultilabelDecoder", MultilabelDecoderPart.init)
        registry.parts.register("SceneRefinement", SceneRefinementPart.init)
        registry.parts.register("SceneTargets", SceneTargetsPart.init)
    }
}
