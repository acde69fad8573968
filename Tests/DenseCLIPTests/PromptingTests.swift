import DenseKitCore
import SmallModels
import Testing

@testable import DenseKitCLIP
@testable import DenseKitDenseCLIP
@testable import DenseKitLanguageGuidance

/// The ways of making the text, in small models.
@Suite struct PromptingTests {
    private static let modes = PromptingMode.allCases

    /// The parts of the prompter at the top of a checkpoint, without the attention pool.
    private func parts(_ model: DenseModel) throws -> Set<String> {
        let names = try model.namedTensors().map { String($0.name.prefix { $0 != "." }) }
        return Set(names).subtracting(["backbone", "decode_head", "attnpool"])
    }

    @Test(arguments: [
        (PromptingMode.post, ["text_encoder", "contexts", "context_decoder", "gamma"]),
        (.postTemplate, ["text_encoder", "context_decoder", "gamma"]),
        (.pre, ["text_encoder", "queries", "context_decoder"]),
        (.contexts, ["text_encoder", "contexts"]),
        (.template, ["text_encoder"]),
    ])
    func everyWayHasItsParts(_ mode: PromptingMode, _ expected: [String]) throws {
        #expect(try parts(model(tinyCLIP, "", prompting: mode)) == Set(expected))
        // On a backbone without language too.
        #expect(try parts(model(resNet18, prompting: mode)) == Set(expected))
    }

    @Test(arguments: modes) func shapesAndLosses(_ mode: PromptingMode) throws {
        let model = try model(tinyCLIP, "", prompting: mode)
        #expect(try model.denseCLIP.outputs.map(\.channels) == [32, 64, 128, 259])
        var seen: [String: [Int]] = [:]
        let step = ForwardPass(wantsMetrics: true) { name, tensor in seen[name] = tensor.shape }
        let losses = try model.losses(
            images(), Targets(labels: Tensor.ones([2, 64, 96]).to(.int64)), step)
        #expect(
            losses.entries.map(\.name) == [
                "decode.loss_ce", "decode.acc_seg", "aux_identity.loss_ce", "aux_identity.acc_seg",
            ])
        #expect(seen["text_embeddings"] == [2, 3, 20] && seen["score_map"] == [2, 3, 2, 3])
        try #require(try losses.total()).backward()
        for entry in try model.namedParameters() {
            let gradient = try #require(entry.tensor.grad, "\(entry.name)")
            #expect(
                try gradient.isFinite() && gradient.abs().amax().item() > 0
                    || entry.name.hasSuffix("k_proj.bias"),
                "\(entry.name)")
        }
    }

    /// A frozen text encoder hands gradients on to what stands before the names, and takes none.
    @Test(arguments: modes) func gradientsPassAFrozenTextEncoder(_ mode: PromptingMode) throws {
        let model = try model(tinyCLIP, "", prompting: mode, freeze: "[text_encoder]")
        let losses = try model.losses(
            images(), Targets(labels: Tensor.ones([2, 64, 96]).to(.int64)), ForwardPass())
        try #require(try losses.total()).backward()
        for entry in try model.namedParameters() {
            #expect(
                (entry.tensor.grad == nil) == entry.name.hasPrefix("text_encoder."), "\(entry.name)"
            )
        }
    }

    @Test(arguments: modes) func mixedPrecisionTrains(_ mode: PromptingMode) throws {
        let model = try model(tinyCLIP, "", prompting: mode)
        for (_, module) in try model.namedModules() { (module as? Dropout)?.probability = 0 }
        func total(_ dtype: DType?) throws -> Tensor {
            let targets = Targets(labels: try Tensor.ones([2, 64, 96]).to(.int64))
            return try #require(
                try withAutocast(dtype) { try model.losses(images(), targets, ForwardPass()) }
                    .total())
        }
        let exact = try total(nil).item()
        for dtype in DType.mixed(on: .cpu) {
            let mixed = try total(dtype)
            #expect(try mixed.dtype == .float32 && abs(mixed.item() - exact) < 0.05 * exact)
            try mixed.backward()
        }
        for entry in try model.namedParameters() {
            #expect(try #require(entry.tensor.grad, "\(entry.name)").isFinite(), "\(entry.name)")
        }
    }

    /// γ that stays what it is: the supplement's ablation.
    @Test func aFrozenGamma() throws {
        let model = try model(tinyCLIP, "gamma: 1.0", freeze: "[text_encoder, gamma]")
        let losses = try model.losses(
            images(), Targets(labels: Tensor.ones([2, 64, 96]).to(.int64)), ForwardPass())
        try #require(try losses.total()).backward()
        let gamma = try model.postModel.gamma
        #expect(try gamma.grad == nil && gamma.amin().item() == 1 && gamma.amax().item() == 1)
        #expect(try model.learned.contexts.grad != nil)
    }

    /// Each image's contexts are the decoder's answer to the queries, and its text that of the
    /// encoder behind them.
    @Test func preModelPromptingByHand() throws {
        let model = try model(tinyCLIP, "", prompting: .pre)
        let pre = try #require(try model.denseCLIP.prompting as? PreModelPrompting)
        #expect(pre.queries.shape == [1, 3, 16])
        try model.setTraining(false)
        let seen = try model.recorded(images())
        let text = try #require(seen["text_embeddings"])
        let local = try #require(seen["visual_embedding"])
        let memory = try Tensor.cat(
            [
                #require(seen["global_embedding"]).unsqueezed(1),
                local.reshaped([2, 20, 6]).transposed(1, 2),
            ], dim: 1)
        for image in 0..<2 {
            let contexts = try pre.contextDecoder(pre.queries, memory.narrowed(0, image, 1))
            let expected = try pre.textEncoder(model.denseCLIP.names, contexts: contexts)
            #expect(try (text.narrowed(0, image, 1) - expected).abs().amax().item() < 1e-5)
        }
        // the image counts
        #expect(try (text.selected(0, 0) - text.selected(0, 1)).abs().amax().item() > 1e-5)
    }

    @Test func templatesAreWholePrompts() throws {
        let model = try model(
            tinyCLIP, "template: 'my {}!'", prompting: .template, classes: ["sky", "oak"])
        #expect(
            try model.denseCLIP.names
                == ["my sky!", "my oak!"].map { [256] + $0.utf8.map(Int.init) + [257] })
        let source = try #require(try model.denseCLIP.prompting.text?.source as? FixedTemplate)
        #expect(source.textEncoder.positionalEmbedding.shape == [9, 16])
        let usual = LanguagePrompting.TemplateSettings()
        #expect(try usual.form.filled("sky") == "a photo of a sky." && usual.form.length == 77)
    }

    @Test(arguments: modes) func savedAndLoaded(_ mode: PromptingMode) throws {
        let first = try model(tinyCLIP, "", prompting: mode)
        let second = try model(tinyCLIP, "", prompting: mode)
        for model in [first, second] { try model.setTraining(false) }
        let tensors = Dictionary(
            uniqueKeysWithValues: try first.namedTensors().map { ($0.name, $0.tensor) })
        let expected = try withoutGrad { try first.scores() }
        #expect(try (withoutGrad { try second.scores() } - expected).abs().amax().item() > 1e-3)
        try second.load(tensors)
        #expect(try (withoutGrad { try second.scores() } - expected).abs().amax().item() == 0)
    }
}
