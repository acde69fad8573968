/// A kind of component, such as backbones: the protocol that its components conform to, and its
/// name in messages.
public struct ComponentKind<Component>: Sendable {
    /// The kind's name in messages: `backbone`.
    public let name: String

    /// The kind with this name in messages, a noun in the singular.
    public init(_ name: String) { self.name = name }
}

/// The kinds of components, a property each. `registry.backbones` is the table of the kind
/// `backbones`; an extension with a property adds a kind to every registry.
///
///     extension ComponentKinds {
///         /// The augmentations that the setting `augmentation` of MyHead names.
///         public var augmentations: ComponentKind<any Augmentation> { .init("augmentation") }
///     }
public struct ComponentKinds: Sendable {
    /// `model.backbone` in YAML.
    public var backbones: ComponentKind<any Backbone> { .init("backbone") }
    /// `model.neck` in YAML.
    public var necks: ComponentKind<any Neck> { .init("neck") }
    /// `model.head` and `model.auxiliary_heads` in YAML.
    public var heads: ComponentKind<any Head> { .init("head") }
    /// `model.prompter` in YAML.
    public var prompters: ComponentKind<any Prompter> { .init("prompter") }
    /// The losses that heads and prompters name in their settings.
    public var losses: ComponentKind<any Loss> { .init("loss") }
    /// Parts of models that can run alone on named tensors: golden cases of single parts are
    /// checked with them.
    public var parts: ComponentKind<any ModelPart> { .init("part") }
    /// Tokenizers, by the names that golden cases use.
    public var tokenizers: ComponentKind<any TextTokenizing> { .init("tokenizer") }
}
