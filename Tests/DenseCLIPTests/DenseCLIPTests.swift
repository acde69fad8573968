import DenseKit
import ResNet
import Standard
import Testing

@testable import CLIP
@testable import DenseCLIP

/// A head that hands on what it is given.
private final class LastLevel: Module, SegmentationHead {
    struct Configuration: DenseKit.Configuration {}

    let convSeg: Conv2d
    let loss: any Loss

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        guard let last = context.features.last else { throw SettingError("needs features") }
        convSeg = try Conv2d(last.channels, context.classCount, kernel: 1)
        loss = try context.registry.losses.make(ComponentNode(type: "CrossEntropy"), context)
    }

    func embedding(_ maps: [Tensor]) throws -> Tensor { maps[maps.count - 1] }
    func classify(_ embedding: Tensor) throws -> Tensor { try convSeg(embedding) }
}

/// Declares a language map that it does not return.
private final class Forgetful: Module, Backbone {
    struct Configuration: DenseKit.Configuration {}

    let outputs = [FeatureSpec(channels: 3, stride: 1)]
    let language: LanguageSpec? = LanguageSpec(width: 8, stride: 1)

    init(_ configuration: Configuration) {}
    func callAsFunction(_ images: Tensor) throws -> Features { Features(maps: [images]) }
}

private struct TestPlugin: Plugin {
    func register(in registry: inout Registry) {
        registry.heads.register("LastLevel", LastLevel.init)
        registry.backbones.register("Forgetful", Forgetful.init)
    }
}

private let small = """
    type: DenseCLIP, tokenizer: bytes, num_contexts: 3, text_encoder: {width: 16, heads: 2, layers: 2}, \
    context_decoder: {width: 12, heads: 2, layers: 1}
    """
private let resNet18 = "{type: ResNet, depth: 18}"
private let tinyCLIP = "{type: CLIPResNet, layers: [1, 1, 1, 1], width: 8, output_dim: 20, input_resolution: 64}"

private func model(
    _ backbone: String, _ settings: String = "attention_pool: {output_dim: 24, input_resolution: 64}",
    classes: [String] = ["road", "sky", "tree"]
) throws -> DenseModel {
    let registry = try Registry([ResNetPlugin(), CLIPPlugin(), DenseCLIPPlugin(), StandardPlugin(), TestPlugin()])
    let prompter = "{\(small)\(settings.isEmpty ? "" : ", ")\(settings)}"
    let configuration = try ModelConfiguration.decode(yaml: "{backbone: \(backbone), prompter: \(prompter), head: LastLevel}")
    return try DenseModel(configuration, BuildContext(registry: registry, classNames: classes))
}

private func images(_ height: Int = 64, _ width: Int = 96) throws -> Tensor {
    try Tensor.randomNormal([2, 3, height, width], generator: try Generator(seed: 2))
}

@Suite struct DenseCLIPTests {
    /// A backbone without language gets an attention pool on its last stage.
    @Test func anyBackbone() throws {
        let model = try model(resNet18)
        let prompter = try #require(model.prompter as? DenseCLIP)
        #expect(prompter.level == 3 && prompter.outputs.map(\.channels) == [64, 128, 256, 515])
        #expect(prompter.attnpool?.heads == 8 && prompter.attnpool?.grid == 2)
        let names = try model.namedTensors().map(\.name)
        for name in [
            "attnpool.positional_embedding", "attnpool.q_proj.weight", "contexts", "gamma", "text_encoder.token_embedding.weight",
            "text_encoder.transformer.resblocks.1.attn.in_proj_weight", "text_encoder.transformer.resblocks.0.mlp.c_fc.weight",
            "context_decoder.memory_proj.0.weight", "context_decoder.decoder.0.cross_attn.q_proj.weight",
        ] { #expect(names.contains(name), "\(name)") }
        #expect(!names.contains { $0.hasPrefix("prompter") })
        #expect(prompter.contexts.shape == [1, 3, 16] && prompter.gamma.shape == [24])
        #expect(try abs(prompter.gamma.amax().item() - 1e-4) < 1e-10)
    }

    @Test func forwardAndBackward() throws {
        let model = try model(resNet18)
        let targets = Targets(labels: try Tensor.ones([2, 64, 96]).to(.int64))
        let losses = try model.losses(images(), targets, Step(wantsMetrics: true))
        #expect(losses.terms.map(\.name) == ["decode.loss_ce", "decode.acc_seg", "aux_identity.loss_ce", "aux_identity.acc_seg"])
        try #require(try losses.total()).backward()
        for entry in try model.namedParameters() {
            let gradient = try #require(entry.tensor.grad, "\(entry.name)")
            #expect(try gradient.isFinite(), "\(entry.name)")
        }
    }

    @Test(arguments: [resNet18, tinyCLIP]) func mixedPrecisionTrains(_ backbone: String) throws {
        let model = try model(backbone)
        for (_, module) in try model.namedModules() { (module as? Dropout)?.probability = 0 }
        let targets = Targets(labels: try Tensor.ones([2, 64, 96]).to(.int64))
        func total(_ dtype: DType?) throws -> Tensor {
            try #require(try withAutocast(dtype) { try model.losses(images(), targets, Step()) }.total())
        }
        let exact = try total(nil).item()
        let mixed = try total(.bfloat16)
        #expect(try mixed.dtype == .float32 && abs(mixed.item() - exact) < 0.05 * exact)
        try mixed.backward()
        for entry in try model.namedParameters() {
            let gradient = try #require(entry.tensor.grad, "\(entry.name)")
            #expect(try gradient.dtype == .float32 && gradient.isFinite(), "\(entry.name)")
        }
    }

    @Test func aBackboneWithLanguageKeepsItsOwnPool() throws {
        let model = try model(tinyCLIP, "")
        let prompter = try #require(model.prompter as? DenseCLIP)
        #expect(
            prompter.attnpool == nil && prompter.gamma.shape == [20] && prompter.outputs.map(\.channels) == [32, 64, 128, 259])
        #expect(try model.namedTensors().contains { $0.name == "backbone.attnpool.c_proj.weight" })
    }

    /// A Vision Transformer's language map has stride 16: the score map joins the third level.
    @Test func theScoreMapJoinsTheLevelOfItsStride() throws {
        for (patch, level) in [(16, 2), (8, 1)] {
            let vit =
                "{type: CLIPViT, layers: 4, width: 16, heads: 2, out_indices: [0, 1, 2, 3], output_dim: 20, patch_size: \(patch)}"
            let model = try model(vit, "")
            let prompter = try #require(model.prompter as? DenseCLIP)
            var channels = [16, 16, 16, 16]
            channels[level] += 3
            #expect(prompter.level == level && prompter.outputs.map(\.channels) == channels && prompter.attnpool == nil)
            let prompted = try prompter(try model.backbone(images(75, 101)), Step())
            #expect(
                prompted.maps.map { $0.size(1) } == channels && prompted.scoreMaps[0].shape == [2, 3, 75 / patch, 101 / patch])
        }
    }

    /// Text is the plain one and γ times the context decoder's answer; scores are cosines.
    @Test func theScoreMapIsACosine() throws {
        let model = try model(tinyCLIP, "gamma: 0.5")
        let prompter = try #require(model.prompter as? DenseCLIP)
        try model.setTraining(false)
        var seen: [String: Tensor] = [:]
        try withoutGrad { _ = try model.predictions(images(), Step { name, tensor in seen[name] = tensor }) }
        let (text, visual) = (try #require(seen["text_embeddings"]), try #require(seen["visual_embedding"]))
        let (global, scores) = (try #require(seen["global_embedding"]), try #require(seen["score_map"]))
        #expect(
            text.shape == [2, 3, 20] && visual.shape == [2, 20, 2, 3] && global.shape == [2, 20] && scores.shape == [2, 3, 2, 3])
        let plain = try prompter.textEncoder(prompter.tokens, contexts: prompter.contexts)
        let memory = try Tensor.cat([try global.unsqueezed(1), try visual.reshaped([2, 20, 6]).transposed(1, 2)], dim: 1)
        let expected = try plain + prompter.contextDecoder(try plain.expanded([2, 3, 20]), memory) * 0.5
        #expect(try (text - expected).abs().amax().item() < 1e-5)
        for image in 0..<2 {
            for k in 0..<3 {
                let (t, v) = (
                    try text.selected(0, image).selected(0, k), try visual.selected(0, image).selected(1, 1).selected(1, 2)
                )
                let cosine = try t.matmul(v).item() / (t.norm().item() * v.norm().item())
                #expect(try abs(scores.selected(0, image).selected(0, k).selected(0, 1).selected(0, 2).item() - cosine) < 1e-5)
            }
        }
        #expect(try scores.abs().amax().item() <= 1 + 1e-6)
    }

    @Test(arguments: [(33, 65), (32, 32), (95, 50)]) func oddSizes(_ height: Int, _ width: Int) throws {
        for backbone in [resNet18, tinyCLIP] {
            let model = try model(backbone)
            try model.setTraining(false)
            guard case .segmentation(let embedding, _) = try withoutGrad({ try model.predictions(try images(height, width)) })
            else { return }
            // One rounds up at every step, the other only at the first.
            let sizes = [height, width].map { backbone == resNet18 ? ($0 + 31) / 32 : ($0 + 1) / 32 }
            #expect(Array(embedding.shape.suffix(2)) == sizes)
            #expect(try embedding.isFinite())
        }
    }

    @Test func bytesAreTokens() throws {
        let prompter = try #require(try model(tinyCLIP, "", classes: ["sky", "Tree é"]).prompter as? DenseCLIP)
        #expect(
            prompter.tokens == [
                [256, 115, 107, 121, 257, 0, 0, 0, 0], [256, 116, 114, 101, 101, 32, 195, 169, 257],
            ])
        #expect(prompter.textEncoder.tokenEmbedding.weight.shape == [258, 16])
        #expect(prompter.textEncoder.positionalEmbedding.shape == [12, 16])  // 3 contexts and 9 tokens
    }

    @Test func givenTokensNeedNoVocabulary() throws {
        let registry = try Registry([CLIPPlugin(), DenseCLIPPlugin(), StandardPlugin()])
        var context = BuildContext(
            registry: registry, classNames: ["a", "b"], features: [FeatureSpec(channels: 64, stride: 32)],
            tokenIDs: [[49406, 320, 49407], [49406, 1, 49407]])
        context.language = LanguageSpec(width: 8, stride: 32)
        var configuration = DenseCLIP.Configuration()
        (configuration.textEncoder.width, configuration.textEncoder.layers, configuration.contextDecoder.width) = (8, 1, 8)
        let prompter = try DenseCLIP(configuration, context)
        #expect(prompter.tokens.count == 2 && prompter.textEncoder.tokenEmbedding.weight.shape == [49408, 8])
    }

    @Test(arguments: [
        ("num_contexts: 0", "num_contexts must be 1…4096, found 0"),
        ("num_contexts: 9223372036854775807", "num_contexts must be 1…4096, found 9223372036854775807"),
        ("context_length: 1", "context_length must be 2…4096, found 1"),
        ("temperature: 0", "temperature must be above 0, found 0.0"),
        ("text_encoder: {width: 10, heads: 3}", "the text encoder's width 10 cannot be shared by 3 heads"),
        ("context_decoder: {width: 10, heads: 3}", "the context decoder's width 10 cannot be shared by 3 heads"),
        ("context_decoder: {width: 0}", "the context decoder's width 0 cannot be shared by 4 heads"),
        (
            "context_decoder: {layers: 9223372036854775807}",
            "the context decoder's layers must be 1…1000, found 9223372036854775807"
        ),
        ("context_decoder: {dropout: -1}", "the context decoder's dropout must be 0.0…1.0, found -1.0"),
        ("attention_pool: {output_dim: 0}", "output_dim must be 1…65536, found 0"),
        (
            "attention_pool: {input_resolution: 9223372036854775807}",
            "input_resolution must be 32…32768, found 9223372036854775807"
        ),
    ])
    func settingsOutOfRange(_ settings: String, _ expected: String) throws {
        let registry = try Registry([CLIPPlugin(), DenseCLIPPlugin(), StandardPlugin()])
        let context = BuildContext(registry: registry, classNames: ["a"], features: [FeatureSpec(channels: 64, stride: 32)])
        let text = settings.hasPrefix("text_encoder") ? "" : "text_encoder: {width: 8, heads: 2, layers: 1}, "
        struct Root: Configuration { var prompter: ComponentNode? }
        let node = try Node.parse("prompter: {type: DenseCLIP, tokenizer: bytes, \(text)\(settings)}")
        let component = try #require(try node.decode(Root.self).prompter)
        let error = try #require(throws: BuildError.self) { try registry.prompters.make(component, context) }
        #expect(error.underlying == expected)
    }

    @Test func noClasses() throws {
        let error = try #require(throws: BuildError.self) { try model(tinyCLIP, "", classes: []) }
        #expect(error.underlying == "needs the names of the classes, and the data set has none")
    }

    @Test func aBackboneThatForgetsItsLanguage() throws {
        let error = try #require(throws: SettingError.self) { try model("Forgetful", "").predictions(images()) }
        #expect(
            error.description
                == "the backbone declares language outputs and returned none: set globalEmbedding and languageMap in its Features"
        )
    }
}

/// At inference the text does not depend on the image: it is computed once.
@Suite struct TextCacheTests {
    private func scores(_ model: DenseModel) throws -> Tensor {
        var scores: Tensor?
        _ = try model.predictions(images(), Step { name, tensor in if name == "score_map" { scores = tensor } })
        return try #require(scores).detached()
    }

    private func prompter(_ model: DenseModel) throws -> DenseCLIP { try #require(model.prompter as? DenseCLIP) }

    @Test func keptInInference() throws {
        let model = try model(tinyCLIP, "")
        try model.setTraining(false)
        #expect(try prompter(model).text == nil)
        let first = try withoutGrad { try scores(model) }
        let kept = try #require(try prompter(model).text)
        #expect(kept.shape == [1, 3, 20])
        let second = try withoutGrad { try scores(model) }
        #expect(try prompter(model).text === kept)
        #expect(try (first - second).abs().amax().item() == 0)
        // It is what answers are made of.
        try withoutGrad { _ = try kept.normalInPlace() }
        #expect(try (withoutGrad { try scores(model) } - first).abs().amax().item() > 0.01)
    }

    @Test func notKeptInTrainingNorWhereGradientsAreWanted() throws {
        let model = try model(tinyCLIP, "")
        _ = try withoutGrad { try scores(model) }
        #expect(try prompter(model).text == nil)
        try model.setTraining(false)
        _ = try scores(model)
        #expect(try prompter(model).text == nil)
    }

    @Test func droppedWhenModeOrWeightsChange() throws {
        let model = try model(tinyCLIP, "")
        func keep() throws { _ = try withoutGrad { try scores(model) } }
        try model.setTraining(false)
        try keep()
        try model.setTraining(true)
        #expect(try prompter(model).text == nil)
        try model.setTraining(false)
        try keep()
        let before = try withoutGrad { try scores(model) }
        try withoutGrad { _ = try prompter(model).contexts.fillInPlace(2) }
        try model.weightsDidChange()
        #expect(try prompter(model).text == nil)
        #expect(try (withoutGrad { try scores(model) } - before).abs().amax().item() > 1e-4)
        #expect(try prompter(model).text != nil)
        try model.move(to: .cpu)
        #expect(try prompter(model).text == nil)
    }

    @Test func keptUnderMixedPrecisionItServesWithoutIt() throws {
        let model = try model(tinyCLIP, "")
        try model.setTraining(false)
        let exact = try withoutGrad { try scores(model) }
        try model.weightsDidChange()
        try withoutGrad { _ = try withAutocast(.bfloat16) { try scores(model) } }
        #expect(try prompter(model).text?.dtype == .float32)
        let after = try withoutGrad { try scores(model) }
        #expect(after.dtype == .float32)
        #expect(try (after - exact).abs().amax().item() < 0.05)
    }

    @Test func theTextIsNotPartOfTheCheckpoint() throws {
        let model = try model(tinyCLIP, "")
        try model.setTraining(false)
        let before = try model.namedTensors().map(\.name)
        _ = try withoutGrad { try scores(model) }
        #expect(try model.namedTensors().map(\.name) == before)
    }
}
