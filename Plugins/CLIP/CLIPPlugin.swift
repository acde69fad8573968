import DenseKitCore

/// CLIP's image and text encoders. (Radford et al. 2021)
public struct CLIPPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.backbones.register("CLIPResNet", CLIPResNet.init)
        registry.backbones.register("CLIPViT", CLIPViT.init)
        registry.parts.register("CLIPTextEncoder", CLIPTextEncoder.init)
        registry.parts.register("CLIPTextContextEncoder", CLIPTextContextEncoder.init)
        registry.tokenizers.register("BPE", CLIPTokenizer.init)
    }
}
