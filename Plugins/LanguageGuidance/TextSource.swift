import DenseKitCLIP
import DenseKitCore

/// Makes text embeddings that no image changes.
public protocol TextSource: Module {
    /// Rows of token ids, `[k][length]` → `[1, k, d]`.
    func callAsFunction(_ names: [[Int]]) throws -> Tensor
}

/// A text source with learned context vectors before every class name, `[p, e_k]`. (CoOp, Zhou et
/// al. 2022; DenseCLIP equation 3)
public final class LearnedContexts: Module, TextSource {
    /// The encoder of contexts and name; checkpoint keys `text_encoder.*`.
    public let textEncoder: CLIPTextContextEncoder
    /// p: the learned context vectors of all classes, `[1, contexts, width]`.
    @Parameter public var contexts: Tensor  // [1, contexts, width]

    /// Contexts start from a normal distribution of std 1, cut at 2, as in DenseCLIP's code.
    ///
    /// - Parameters:
    ///   - encoder: the configuration of the text encoder
    ///   - count: number of context vectors
    ///   - context: says whether text embeddings are kept in place of the encoder
    /// - Throws: `SettingError` for settings of the encoder out of range.
    public init(_ encoder: CLIPTextEncoder.Configuration, count: Int, _ context: BuildContext)
        throws
    {
        textEncoder = try SettingError.within("text_encoder", namesKey: false) {
            try CLIPTextContextEncoder(encoder, context)
        }
        contexts = try Tensor.empty([1, count, encoder.width]).truncatedNormalInPlace()
    }

    /// Token ids of the bare names, `[k][length]` → text embeddings `[1, k, d]`.
    ///
    /// - Throws: `SettingError` where contexts and name do not fit into the encoder's positions.
    public func callAsFunction(_ names: [[Int]]) throws -> Tensor {
        try textEncoder(names, contexts: contexts)
    }
}

/// A text source of whole prompts, such as "a photo of a wall.": only the text encoder has weights.
/// (Radford et al. 2021, section 3.1.4)
public final class FixedTemplate: Module, TextSource {
    /// The encoder of whole prompts; checkpoint keys `text_encoder.*`.
    public let textEncoder: CLIPTextEncoder

    /// - Throws: `SettingError` for settings of the encoder out of range.
    public init(_ encoder: CLIPTextEncoder.Configuration, _ context: BuildContext) throws {
        textEncoder = try SettingError.within("text_encoder", namesKey: false) {
            try CLIPTextEncoder(encoder, context)
        }
    }

    /// Token ids of whole prompts, `[k][length]` → text embeddings `[1, k, d]`.
    ///
    /// - Throws: `SettingError` where a prompt does not fit into the encoder's positions.
    public func callAsFunction(_ names: [[Int]]) throws -> Tensor {
        try textEncoder(names).unsqueezed(0)
    }
}

/// The text source of an exported model: stored embeddings of its own classes in place of a text
/// encoder. (DenseCLIP section 3.3)
public final class CachedTextEmbeddings: Module, TextSource {
    /// The stored embeddings, `[k, d]`; checkpoint key `text_embeddings`.
    @ModuleBuffer public var textEmbeddings: Tensor  // [k, d]

    /// Embeddings of 0, `[classes, width]`, to be loaded from a checkpoint.
    public init(classes: Int, width: Int) throws {
        textEmbeddings = try Tensor.zeros([classes, width])
    }

    /// The stored embeddings of all classes, `[1, k, d]`, whatever `names` are.
    public func callAsFunction(_ names: [[Int]]) throws -> Tensor {
        try textEmbeddings.unsqueezed(0)
    }
}

/// The text embeddings of the classes, `[1, k, d]`. At inference, where they depend on nothing but
/// the weights, they are computed once and cached.
public final class ClassText: Module {
    /// What computes the embeddings; the keys of its parts have no prefix in a checkpoint.
    public let source: any TextSource
    @CachedValue private(set) var made: (names: [[Int]], embeddings: Tensor)?

    override public var keys: [String: String] { ["source": ""] }

    /// Caches the embeddings that `source` computes.
    public init(_ source: any TextSource) { self.source = source }

    /// Token ids `[k][length]` → text embeddings `[1, k, d]`.
    ///
    /// In training, or where gradients are recorded, they are computed at every call. Else they are
    /// computed without mixed precision and cached until names or weights change.
    public func callAsFunction(_ names: [[Int]]) throws -> Tensor {
        if isTraining || gradIsEnabled { return try source(names) }
        if let made, made.names == names { return made.embeddings }
        // Without mixed precision: made once, the exact text costs no more, and an exported model
        // has the same.
        let embeddings = try withoutAutocast { try source(names) }
        made = (names, embeddings)
        return embeddings
    }

    /// Drops the cached embeddings: weights, mode or device have changed.
    override public func stateDidChange() { made = nil }
}
