import DenseKitBuiltIn
import DenseKitCore
import Testing

/// A model of 150 classes whose names need no vocabulary.
private func wholeModel(_ yaml: String, freeze: String = "[]", tokens: Int = 5) throws -> DenseModel
{
    let configuration = try ModelConfiguration.decode(yaml: yaml + "\nfreeze: \(freeze)")
    let rows = (0..<150).map { [49406, $0 + 1, 49407] + [Int](repeating: 0, count: tokens - 3) }
    var context = BuildContext(
        registry: try Registry(BuiltIn.plugins), classNames: rows.indices.map { "class \($0)" })
    context.tokenIDs = rows
    return try DenseModel(configuration, context)
}

private let full = """
    backbone: { type: CLIPResNet, depth: 50 }
    neck: { type: FPN, channels: 256 }
    head: { type: SemanticFPN, channels: 256 }
    """

/// The rows of DenseCLIP's ablations that are made by the prompter's settings.
@Suite("Ablations of DenseCLIP", .serialized) struct AblationTests {
    /// Numbers that learn, without the text encoder's and in all.
    private func counts(_ model: DenseModel) throws -> (own: Int, all: Int) {
        let tensors = try model.namedParameters()
        func sum(_ chosen: [NamedTensor]) -> Int { chosen.reduce(0) { $0 + $1.tensor.count } }
        return (sum(tensors.filter { !$0.name.hasPrefix("text_encoder.") }), sum(tensors))
    }

    /// The text encoder does not count where its text can be kept: with pre-model prompting it
    /// does.
    @Test(
        "Parameters at full size, in millions",
        arguments: [("contexts", 46.30, 109.96), ("post", 50.25, 113.91), ("pre", 53.14, 116.80)])
    func parameters(prompting: String, own: Double, all: Double) throws {
        let found = try counts(
            wholeModel(full + "\nprompter: { type: DenseCLIP, prompting: \(prompting) }"))
        #expect(
            abs(Double(found.own) / 1e6 - own) < 0.005
                && abs(Double(found.all) / 1e6 - all) < 0.005, "\(found)")
    }

    private let small = """
        backbone: { type: CLIPResNet, layers: [1, 1, 1, 1], width: 4 }
        head: { type: SemanticFPN, channels: 8 }
        """

    @Test(
        "Table 7: a template has no contexts, and is otherwise the same",
        arguments: [("template", "contexts"), ("post_template", "post")])
    func template(prompting: String, learned: String) throws {
        func model(_ prompting: String, tokens: Int) throws -> DenseModel {
            let text = "text_encoder: { width: 8, heads: 2, layers: 1 }"
            return try wholeModel(
                small + "\nprompter: { type: DenseCLIP, prompting: \(prompting), \(text) }",
                tokens: tokens)
        }
        let fixed = try model(prompting, tokens: 77)
        let other = try model(learned, tokens: 5)
        #expect(try counts(fixed).own == counts(other).own - 8 * 8)
        #expect(
            try Set(fixed.namedTensors().map(\.name))
                == Set(other.namedTensors().map(\.name)).subtracting(["contexts"]))
    }

    /// The optimizer's multiplier for every parameter that learns.
    private func multipliers(_ model: DenseModel, _ customKeys: String) throws -> [String: Double] {
        struct Root: YAMLConfiguration { var optimizer = ComponentNode(type: "AdamW") }
        let root = try Root.decode(yaml: "optimizer: { type: AdamW, custom_keys: \(customKeys) }")
        let registry = try Registry(BuiltIn.plugins)
        let recipe = try registry.optimizers.make(root.optimizer, BuildContext(registry: registry))
        var result: [String: Double] = [:]
        for group in try recipe.optimizer(for: model.namedParameters()).groups {
            for name in group.names { result[name] = group.learningRateMultiplier }
        }
        return result
    }

    @Test(
        "Table 6: learning rates of text and image encoder; a frozen one has none",
        arguments: [
            ("[text_encoder]", nil, 0.1), ("[text_encoder]", nil, 1), ("[]", 0.1, 0.1),
        ] as [(String, Double?, Double)])
    func learningRates(freeze: String, text: Double?, image: Double) throws {
        let prompter =
            "\nprompter: { type: DenseCLIP, text_encoder: { width: 8, heads: 2, layers: 1 } }"
        let model = try wholeModel(small + prompter, freeze: freeze)
        let keys =
            "{ backbone: { lr_mult: \(image) }, text_encoder: { lr_mult: \(text ?? 0) }, norm: { decay_mult: 0 } }"
        let found = try multipliers(model, keys)
        #expect(
            found["text_encoder.ln_final.weight"] == text && found["backbone.conv1.weight"] == image
        )
        #expect(
            found["gamma"] == 1 && found["contexts"] == 1
                && found["decode_head.conv_seg.weight"] == 1)
    }

    @Test(
        "Table 8: γ at the start, learned or not",
        arguments: [
            (1e-4, "[text_encoder, gamma]"), (1e-4, "[text_encoder]"), (1, "[text_encoder]"),
        ])
    func gamma(start: Double, freeze: String) throws {
        let prompter =
            "\nprompter: { type: DenseCLIP, gamma: \(start), text_encoder: { width: 8, heads: 2, layers: 1 } }"
        let model = try wholeModel(small + prompter, freeze: freeze)
        let gamma = try #require(try model.namedParameters().first { $0.name == "gamma" }).tensor
        #expect(gamma.requiresGrad == !freeze.contains("gamma"))
        #expect(
            try abs(gamma.amax().item() - start) < 1e-9
                && gamma.amin().item() == gamma.amax().item())
        #expect(try multipliers(model, "{}").keys.contains("gamma") == gamma.requiresGrad)
    }
}
