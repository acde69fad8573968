import DenseKitCore

/// What methods of language guidance share: the text of the classes, the context decoder, score
/// maps.
public struct LanguageGuidancePlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.parts.register("ContextDecoder", ContextDecoder.init)
    }
}
