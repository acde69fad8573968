import DenseKitCore

/// Settings of the module that refines the last stage by the scene tokens. (section 3.3)
public struct SceneRefinementSettings: YAMLConfiguration {
    /// Width between the two layers that turn tokens into channels, 1…65536; nil: a sixteenth of
    /// the last stage's channels.
    public var hidden: Int?
    /// Width of the attention from positions to tokens, which has one head: 1…65536.
    public var width = 256
    /// What the activation of the channels passes before it scales the last stage: a sigmoid, or
    /// none.
    public var gate = Gate.sigmoid

    /// What the activation of the channels passes before it scales the last stage.
    public enum Gate: String, Codable, Sendable, CaseIterable {
        /// A sigmoid, as in squeeze-and-excitation.
        case sigmoid
        /// No function: equations 3 and 4 to the letter.
        case none
    }

    public init() {}
}

/// Refines the last stage by scene tokens: they scale its channels, and every position attends to
/// them. (section 3.3, Figure 5)
///
/// Stage 4 `[n, c4, h, w]` and tokens `[n, k, c + 1]` → a map `[n, c, h, w]`, and the logits of the
/// attention.
final class SceneRefinement: Module {
    let mlp: Sequential
    let pool: Linear
    let qProj: Conv2d
    let kProj: Linear
    let vProj: Linear
    let outProj: Conv2d
    let fuse: Conv2d
    private let gate: SceneRefinementSettings.Gate
    private let width: Int

    /// - Parameters:
    ///   - text: c, the width of the text in a token
    ///   - labels: k, tokens of an image
    init(_ settings: SceneRefinementSettings, _ c4: Int, text: Int, labels: Int, output: Int) throws
    {
        let hidden = settings.hidden ?? max(1, c4 / 16)
        width = settings.width
        gate = settings.gate
        try SettingError.check("scene_refinement.hidden", hidden, in: 1...65536)
        try SettingError.check("scene_refinement.width", width, in: 1...65536)
        let layers = try [Linear(text + 1, hidden), Linear(hidden, c4)]
        mlp = Sequential([layers[0], Activation(.relu), layers[1]])
        pool = try Linear(labels, 1)
        qProj = try Conv2d(c4, width, kernel: 1)
        kProj = try Linear(text + 1, width, bias: false)  // a bias would cancel in the softmax
        vProj = try Linear(text + 1, width)
        outProj = try Conv2d(width, c4, kernel: 1)
        fuse = try Conv2d(2 * c4, output, kernel: 1)
        super.init()
        for linear in layers + [kProj, vProj] { try linear.startAsProjection() }
        for conv in [qProj, outProj, fuse] { try conv.startAsProjection() }
        try withoutGrad {  // the mean of all tokens
            _ = try pool.weight.fillInPlace(1 / Double(labels))
            _ = try pool.bias?.fillInPlace(0)
        }
    }

    /// - Returns: what takes the place of stage 4, and the attention's logits QKᵀ/√d `[n, k, h, w]`
    func callAsFunction(_ x4: Tensor, _ tokens: Tensor, _ step: ForwardPass) throws -> (
        map: Tensor, attention: Tensor
    ) {
        let n = x4.size(0)
        let h = x4.size(2)
        let w = x4.size(3)
        let gate = try activation(tokens)  // T_g: [n, c4]
        let x = try gate.reshaped([n, -1, 1, 1]) * x4  // equation 4
        // [n, hw, k]
        let logits =
            try qProj(x).asTokens().matmul(kProj(tokens).transposed(1, 2))
            / Double(width).squareRoot()
        let attention = try logits.softmax(2)  // m, equation 7
        let attended = try attention.matmul(vProj(tokens)).reshaped([n, h, w, width]).permuted(
            0, 3, 1, 2)
        let map = try fuse(Tensor.cat([outProj(attended), x], dim: 1))

        func asMap(_ positions: Tensor) throws -> Tensor {
            try positions.reshaped([n, h, w, -1]).permuted(0, 3, 1, 2)
        }
        let scores = try asMap(logits)
        try step.record([
            "gate": gate, "refined": x, "attention": asMap(attention), "attention_logits": scores,
            "fused": map,
        ])
        return (map, scores)
    }

    /// T_g: channels by the tokens of the scene, pooled with learned shares.
    /// `[n, k, c + 1] → [n, c4]` (equation 3)
    private func activation(_ tokens: Tensor) throws -> Tensor {
        let pooled = try pool(mlp(tokens).transposed(1, 2)).squeezed(2)
        return gate == .sigmoid ? try pooled.sigmoid() : pooled
    }
}

/// The target of the attention in scene refinement: at each position, its true label. (equations 6
/// and 8)
enum SceneLoss {
    /// The label of the pixel in the middle of each cell of a map `[n, k, h, w]`: labels
    /// `[n, height, width] → [n, h, w]`
    static func cellLabels(_ labels: Tensor, _ map: Tensor) throws -> Tensor {
        func middles(_ count: Int, of size: Int) -> [Int64] {
            (0..<count).map { Int64((2 * $0 + 1) * size / (2 * count)) }
        }
        let places = try Tensor.from(
            [middles(map.size(2), of: labels.size(1)), middles(map.size(3), of: labels.size(2))],
            on: labels.device)
        return try labels.indexed(1, places[0]).indexed(2, places[1])
    }

    /// The mean over all cells of −log m at the cell's own label; cells whose label is not selected
    /// count 0.
    ///
    /// - Parameters:
    ///   - attention: logits `[n, k, h, w]`
    ///   - cells: `[n, h, w]`
    ///   - selected: `[n, k]`
    static func value(_ attention: Tensor, _ cells: Tensor, _ selected: Tensor, _ ignoreIndex: Int)
        throws -> Tensor
    {
        let each = try selected.reshaped([selected.size(0), selected.size(1), 1, 1])
        let own = try cells.unsqueezed(1).equals(each).to(.float32)  // ŷ: [n, k, h, w]
        let counted = try cells.differs(from: Double(ignoreIndex)).to(.float32).unsqueezed(1)
        let logarithms = try attention.to(.float32).logSoftmax(1)
        return try -((logarithms * own * counted).sum() / Double(max(1, cells.count)))
    }
}
