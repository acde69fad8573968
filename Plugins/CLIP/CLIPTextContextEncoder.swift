import DenseKitCore

/// CLIP's text encoder over prompts that begin with contexts, learned or made from an image: `[start][contexts][name][end]`.
/// (contexts: Zhou et al. 2022, DenseCLIP section 3.3)
///
/// Contexts `[b, n, width]` and token ids of k names → text embeddings `[b, k, output]`. Start token and contexts are the prefix that all
/// names share.
public final class CLIPTextContextEncoder: CLIPTextEncoder {
    override class var usualLength: Int { 13 }

    /// - Parameters:
    ///   - tokens: a row for each name: start, name, end, padding; the end token has the largest id of the row
    ///   - contexts: `[b, n, width]`, put between the start token and the name
    /// - Returns: `[b, k, output]`
    public func callAsFunction(_ tokens: [[Int]], contexts: Tensor) throws -> Tensor {
        contexts.size(0) == 1
            ? try embeddings(tokens, shared: contexts, own: nil) : try embeddings(tokens, shared: nil, own: contexts)
    }

    /// The same with contexts of which the first are the same for all images: what stands there is computed once for all of them, which is
    /// exact under the causal mask.
    ///
    /// - Parameters:
    ///   - shared: `[1, m, width]`, behind the start token
    ///   - own: `[b, n, width]`, behind those
    /// - Returns: `[b, k, output]`
    public func callAsFunction(_ tokens: [[Int]], shared: Tensor, own: Tensor) throws -> Tensor {
        try embeddings(tokens, shared: shared, own: own)
    }

    /// Inputs `texts [k, length]` and `contexts [b, n, width]`; output `text_embeddings [b, k, output]`.
    override public func run(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        let tokens = try tokens(inputs)
        guard let contexts = inputs["contexts"] else { throw ModelPartError(missing: "contexts", among: inputs) }
        return ["text_embeddings": try self(tokens, contexts: contexts)]
    }
}
