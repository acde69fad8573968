import DenseKitCore

/// A pre-norm Transformer block of CLIP: attention and an MLP with QuickGELU, or with exact GELU.
/// Keys as in OpenAI's code.
final class ResidualAttentionBlock: Module {
    let attn: MultiheadAttention
    let ln1: LayerNorm
    let mlp: MLP
    let ln2: LayerNorm
    let dropPath: DropPath

    override var keys: [String: String] { ["ln1": "ln_1", "ln2": "ln_2"] }

    /// CLIP starts attention at std `width^-½`, the residual projections lower by √(2·layers).
    ///
    /// - Parameter quickGELU: `x · σ(1.702 x)`, as OpenAI's weights were trained; else `x · Φ(x)`
    init(_ width: Int, heads: Int, layers: Int, dropPath: Double = 0, quickGELU: Bool = true) throws
    {
        attn = try MultiheadAttention(width, heads: heads)
        ln1 = try LayerNorm(width)
        mlp = try MLP(width, quickGELU: quickGELU)
        ln2 = try LayerNorm(width)
        self.dropPath = DropPath(dropPath)
        super.init()
        let std = 1 / Double(width).squareRoot()
        let residual = std / Double(2 * layers).squareRoot()
        try attn.inProjWeight.normalInPlace(std: std)
        try attn.outProj.weight.normalInPlace(std: residual)
        try mlp.cFc.weight.normalInPlace(std: std / 2.0.squareRoot())
        try mlp.cProj.weight.normalInPlace(std: residual)
    }

    /// Every position attends to all. `[n, t, d] → [n, t, d]`
    func callAsFunction(_ x: Tensor) throws -> Tensor {
        try feedForward(x + dropPath(attn(ln1(x))))
    }

    func feedForward(_ x: Tensor) throws -> Tensor { try x + dropPath(mlp(ln2(x))) }

    final class MLP: Module {
        let cFc: Linear
        let cProj: Linear
        let quickGELU: Bool

        init(_ width: Int, quickGELU: Bool) throws {
            cFc = try Linear(width, 4 * width)
            cProj = try Linear(4 * width, width)
            self.quickGELU = quickGELU
        }

        func callAsFunction(_ x: Tensor) throws -> Tensor {
            let hidden = try cFc(x)
            return try cProj(quickGELU ? hidden.quickGELU() : hidden.gelu())
        }
    }
}
