import DenseKitCLIP
import DenseKitCore

/// Where text embeddings come from that no image changes.
public protocol TextSource: Module {
    /// Rows of token ids, `[k][length]` → `[1, k, d]`.
    func callAsFunction(_ names: [[Int]]) throws -> Tensor
}

/// Learned contexts before every name, `[p, e_k]`. (Zhou et al. 2022; equation 3)
public final class LearnedContexts: Module, TextSource {
    public let textEncoder: CLIPTextContextEncoder
    @Parameter public var contexts: Tensor  // [1, contexts, width]

    /// Contexts start as the released code's do: a normal distribution of std 1, cut at 2.
    public init(_ encoder: CLIPTextEncoder.Configuration, count: Int, _ context: BuildContext) throws {
        textEncoder = try SettingError.within("text_encoder", isSaid: false) { try CLIPTextContextEncoder(encoder, context) }
        contexts = try Tensor.empty([1, count, encoder.width]).truncatedNormalInPlace()
    }

    public func callAsFunction(_ names: [[Int]]) throws -> Tensor { try textEncoder(names, contexts: contexts) }
}

/// Whole prompts, such as "a photo of a wall.": nothing is learned beside the text encoder. (Radford et al. 2021, section 3.1.4)
public final class FixedTemplate: Module, TextSource {
    public let textEncoder: CLIPTextEncoder

    public init(_ encoder: CLIPTextEncoder.Configuration, _ context: BuildContext) throws {
        textEncoder = try SettingError.within("text_encoder", isSaid: false) { try CLIPTextEncoder(encoder, context) }
    }

    public func callAsFunction(_ names: [[Int]]) throws -> Tensor { try textEncoder(names).unsqueezed(0) }
}

/// The text of a model that was exported: no text encoder, and no other classes than its own. (section 3.3)
public final class CachedTextEmbeddings: Module, TextSource {
    @Buffer public var textEmbeddings: Tensor  // [k, d]

    public init(classes: Int, width: Int) throws { textEmbeddings = try Tensor.zeros([classes, width]) }

    public func callAsFunction(_ names: [[Int]]) throws -> Tensor { try textEmbeddings.unsqueezed(0) }
}

/// The text embeddings of names, `[1, k, d]`. At inference, where they depend on nothing but the weights, they are made once.
public final class ClassText: Module {
    public let source: any TextSource
    @Cached private(set) var made: (names: [[Int]], embeddings: Tensor)?

    override public var keys: [String: String] { ["source": ""] }

    public init(_ source: any TextSource) { self.source = source }

    public func callAsFunction(_ names: [[Int]]) throws -> Tensor {
        if isTraining || gradIsEnabled { return try source(names) }
        if let made, made.names == names { return made.embeddings }
        // Without mixed precision: made once, the exact text costs no more, and an exported model has the same.
        let embeddings = try withoutAutocast { try source(names) }
        made = (names, embeddings)
        return embeddings
    }

    override public func stateDidChange() { made = nil }
}
