import DenseKitCore

/// A multi-label decoder of two ways, image and text: each is a graph with learned edges that
/// attends to the other by cross-attention. (section 3.2, Figure 4, equation 2)
///
/// V `[n, p, c]` and S `[K, c]` → logits `[n, K]`.
public final class DualGraphFormer: Module, MultilabelDecoder {
    /// Settings of the decoder; the width c of tokens and text comes from the prompter.
    public struct Configuration: YAMLConfiguration {
        /// Blocks in a row, 1…1000.
        public var blocks = 3
        /// N: nodes that the positions of an image are gathered in, 1…65536.
        public var nodes = 100
        /// Width inside the cross-attention, a multiple of `headWidth`; nil: half of c.
        public var attentionWidth: Int?
        /// Width of an attention head in the cross-attention.
        public var headWidth = 64
        /// What the edges between classes start with: `auto`, how often classes occur together in
        /// the training set; `none`, no edges; else the path of a JSON file with such counts.
        public var coOccurrence: LocatedValue<String> = "auto"

        public init() {}
    }

    let blocks: [Block]
    let classifier: Linear

    /// Counts or reads co-occurrence only where training begins: elsewhere the weights are loaded.
    ///
    /// - Throws: `SettingError` for settings out of range and for a file of counts that does not
    ///   fit, and what counting labels throws.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        let c = try context.textWidth()
        let width = configuration.attentionWidth ?? max(1, c / 2)
        try SettingError.check("blocks", configuration.blocks, in: 1...1000)
        try SettingError.check("nodes", configuration.nodes, in: 1...65536)
        try SettingError.check("attention_width", width, in: 1...65536)
        guard configuration.headWidth > 0, width.isMultiple(of: configuration.headWidth) else {
            throw SettingError(
                key: "head_width",
                "an attention_width of \(width) cannot be shared by heads of \(configuration.headWidth): set head_width"
            )
        }
        let edges = try StartingEdges(configuration.coOccurrence, context)
        blocks = try (0..<configuration.blocks).map { _ in
            try Block(
                c, nodes: configuration.nodes, edges, width: width,
                heads: width / configuration.headWidth)
        }
        classifier = try Linear(c, 1)
        super.init()
        try classifier.startAsProjection()
        try blocks.last?.freezeVisualWay()
    }

    /// The logits of all classes for each image, before the sigmoid.
    ///
    /// - Parameters:
    ///   - visual: V, the image's tokens, the global one first: `[n, p, c]`
    ///   - codebook: S, the text of all classes: `[K, c]`
    ///   - step: the pass, for intermediate results and random numbers
    /// - Returns: S_l, `[n, K]`
    public func callAsFunction(_ visual: Tensor, _ codebook: Tensor, _ step: ForwardPass) throws
        -> Tensor
    {
        // before the first cross-attention, S is the same for all images
        var v = visual
        var s = try codebook.unsqueezed(0)
        for block in blocks.dropLast() { (v, s) = try block(v, s) }
        if let last = blocks.last { s = try last.text(v, s) }
        try step.record(["multilabel_visual": v.transposed(1, 2), "multilabel_text": s])
        return try classifier(s).squeezed(2)
    }

    /// V' = w_v V + Bᵀ attn(hv, hs), S' = w_s S + attn(hs, hv)
    final class Block: Module {
        @Parameter var wV: Tensor
        @Parameter var wS: Tensor
        let compress: PointwiseConv1d
        let visualGraph: GraphConvolution
        let textGraph: GraphConvolution
        let textAttn: CrossAttention
        let visualAttn: CrossAttention

        init(_ c: Int, nodes: Int, _ edges: StartingEdges, width: Int, heads: Int) throws {
            wV = try Tensor.ones([1])
            wS = try Tensor.ones([1])
            compress = try PointwiseConv1d(c, nodes)
            visualGraph = try GraphConvolution(nodes, width: c)
            textGraph = try GraphConvolution(edges.classes, width: c)
            textAttn = try .betweenNodes(c, width: width, heads: heads)
            visualAttn = try .betweenNodes(c, width: width, heads: heads)
            super.init()
            try compress.weight.truncatedNormalInPlace(std: 0.02)
            try edges.write(into: textGraph.conv.weight)
        }

        /// - Returns: V' `[n, p, c]` and S' `[n, K, c]`
        func callAsFunction(_ v: Tensor, _ s: Tensor) throws -> (v: Tensor, s: Tensor) {
            let (b, hv, hs) = try graphs(v, s)
            return try (wV * v + b.matmul(visualAttn(hv, hs)), wS * s + textAttn(hs, hv))
        }

        /// S' alone: V' is not used behind the last block.
        func text(_ v: Tensor, _ s: Tensor) throws -> Tensor {
            let (_, hv, hs) = try graphs(v, s)
            return try wS * s + textAttn(hs, hv)
        }

        /// Bᵀ `[n, p, N]`, a node's shares of the positions; hv `[n, N, c]` and hs
        /// `[n or 1, K, c]`, both graphs convolved.
        private func graphs(_ v: Tensor, _ s: Tensor) throws -> (b: Tensor, hv: Tensor, hs: Tensor)
        {
            let b = try compress.acrossChannels(v).softmax(1)
            return try (b, visualGraph(b.transposed(1, 2).matmul(v)), textGraph(s))
        }

        /// In the last block, the layers that compute V' get no gradient.
        func freezeVisualWay() throws {
            try visualAttn.freeze()
            try wV.setRequiresGrad(false)
        }
    }
}
