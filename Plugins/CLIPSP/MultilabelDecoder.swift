import DenseKitCore

/// Says which classes an image shows.
///
/// Built with the width of tokens and text in `BuildContext.language`, and the names of the classes.
public protocol MultilabelDecoder: Module {
    /// - Parameters:
    ///   - visual: V, the image's tokens in the space of the text, the global one first: `[n, p, c]`
    ///   - codebook: S, the text of all classes: `[K, c]`
    /// - Returns: S_l, logits `[n, K]`
    func callAsFunction(_ visual: Tensor, _ codebook: Tensor, _ step: ForwardPass) throws -> Tensor
}

extension Registry {
    /// What `multilabel_decoder` of CLIPSP can name.
    public var multilabelDecoders: ComponentTable<any MultilabelDecoder> {
        get { self[(any MultilabelDecoder).self, kind: "multilabel_decoder"] }
        set { self[(any MultilabelDecoder).self, kind: "multilabel_decoder"] = newValue }
    }
}

extension BuildContext {
    /// The width c of visual tokens and text. Throws `SettingError` where nothing says it.
    func textWidth() throws -> Int {
        guard let width = language?.width else { throw SettingError("needs the width of the text, which CLIPSP gives") }
        return width
    }
}

/// The simple decoder: three linear layers on the global token, and the codebook as a fixed classifier. (section 4.1)
public final class MLP: Module, MultilabelDecoder {
    public struct Configuration: YAMLConfiguration {
        public init() {}
    }

    let mlp: Sequential

    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        let c = try context.textWidth()
        let linears = try (0..<3).map { _ in try Linear(c, c) }
        mlp = Sequential([linears[0], Activation(.gelu), linears[1], Activation(.gelu), linears[2]])
        super.init()
        for linear in linears { try linear.startAsProjection() }
    }

    public func callAsFunction(_ visual: Tensor, _ codebook: Tensor, _ step: ForwardPass) throws -> Tensor {
        try mlp(visual.selected(1, 0)).matmul(codebook.normalized(1).transposed(0, 1))  // S_l = f · S / |S|
    }
}
