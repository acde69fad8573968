import CLIP
import DenseKit

/// Where text embeddings come from that no image changes.
protocol TextSource: Module {
    /// Rows of token ids, `[k][length]` → `[1, k, d]`.
    func callAsFunction(_ names: [[Int]]) throws -> Tensor
}

/// Learned contexts before every name, `[p, e_k]`. (Zhou et al. 2022; equation 3)
final class LearnedContexts: Module, TextSource {
    let textEncoder: CLIPTextContextEncoder
    @Parameter var contexts: Tensor  // [1, contexts, width]

    /// Contexts start as the released code's do: a normal distribution of std 1, cut at 2.
    init(_ encoder: CLIPTextEncoder.Configuration, count: Int, _ context: BuildContext) throws {
        textEncoder = try CLIPTextContextEncoder(encoder, context)
        contexts = try Tensor.empty([1, count, encoder.width]).truncatedNormalInPlace()
    }

    func callAsFunction(_ names: [[Int]]) throws -> Tensor { try textEncoder(names, contexts: contexts) }
}

/// Whole prompts, such as "a photo of a wall.": nothing is learned beside the text encoder. (Radford et al. 2021, section 3.1.4)
final class FixedTemplate: Module, TextSource {
    let textEncoder: CLIPTextEncoder

    init(_ encoder: CLIPTextEncoder.Configuration, _ context: BuildContext) throws {
        textEncoder = try CLIPTextEncoder(encoder, context)
    }

    func callAsFunction(_ names: [[Int]]) throws -> Tensor { try textEncoder(names).unsqueezed(0) }
}

/// The text of a model that was exported: no text encoder, and no other classes than its own. (section 3.3)
final class KeptText: Module, TextSource {
    @Buffer var textEmbeddings: Tensor  // [k, d]

    init(classes: Int, width: Int) throws { textEmbeddings = try Tensor.zeros([classes, width]) }

    func callAsFunction(_ names: [[Int]]) throws -> Tensor { try textEmbeddings.unsqueezed(0) }
}

/// The text embeddings of names, `[1, k, d]`. At inference, where they depend on nothing but the weights, they are made once.
final class ClassText: Module {
    let source: any TextSource
    @Cached private(set) var made: (names: [[Int]], embeddings: Tensor)?

    override var keys: [String: String] { ["source": ""] }

    init(_ source: any TextSource) { self.source = source }

    func callAsFunction(_ names: [[Int]]) throws -> Tensor {
        if isTraining || gradIsEnabled { return try source(names) }
        if let made, made.names == names { return made.embeddings }
        // Without mixed precision: made once, the exact text costs no more, and an exported model has the same.
        let embeddings = try withoutAutocast { try source(names) }
        made = (names, embeddings)
        return embeddings
    }

    override func stateDidChange() { made = nil }
}
