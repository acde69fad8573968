import DenseKitCore

/// Predicts which classes an image shows.
///
/// Built with the width of tokens and text in `BuildContext.language`, and the class names.
public protocol MultilabelDecoder: Module {
    /// The logits of all classes for each image, before the sigmoid.
    ///
    /// - Parameters:
    ///   - visual: V, the image's tokens in the space of the text, the global one first:
    ///     `[n, p, c]`
    ///   - codebook: S, the text of all classes, not normalised: `[K, c]`
    ///   - step: the pass, for intermediate results and random numbers
    /// - Returns: S_l, `[n, K]`
    func callAsFunction(_ visual: Tensor, _ codebook: Tensor, _ step: ForwardPass) throws -> Tensor
}

extension ComponentKinds {
    /// The multi-label decoders by the names that the setting `multilabel_decoder` of CLIPSP takes.
    public var multilabelDecoders: ComponentKind<any MultilabelDecoder> {
        .init("multilabel_decoder")
    }
}

extension BuildContext {
    /// The width c of visual tokens and text.
    ///
    /// - Throws: `SettingError` where `language` is nil.
    func textWidth() throws -> Int {
        guard let width = language?.width else {
            throw SettingError("needs the width of the text, which CLIPSP gives")
        }
        return width
    }
}

/// The simple multi-label decoder: three linear layers with GELU between them on the global token,
/// and the normalised codebook as a fixed classifier. (section 4.1)
public final class MLP: Module, MultilabelDecoder {
    /// No settings: the width c comes from the prompter.
    public struct Configuration: YAMLConfiguration {
        public init() {}
    }

    let mlp: Sequential

    /// - Throws: `SettingError` where `context.language`, which gives the width c, is nil.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        let c = try context.textWidth()
        let linears = try (0..<3).map { _ in try Linear(c, c) }
        mlp = Sequential([linears[0], Activation(.gelu), linears[1], Activation(.gelu), linears[2]])
        super.init()
        for linear in linears { try linear.startAsProjection() }
    }

    /// The logits of all classes for each image, from its global token alone.
    ///
    /// - Parameters:
    ///   - visual: V, the image's tokens, the global one first: `[n, p, c]`
    ///   - codebook: S, the text of all classes: `[K, c]`
    ///   - step: the pass; this decoder needs nothing of it
    /// - Returns: S_l, `[n, K]`
    public func callAsFunction(_ visual: Tensor, _ codebook: Tensor, _ step: ForwardPass) throws
        -> Tensor
    {
        // S_l = f · S / |S|
        try mlp(visual.selected(1, 0)).matmul(codebook.normalized(1).transposed(0, 1))
    }
}
