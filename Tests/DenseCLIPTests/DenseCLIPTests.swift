import DenseKitCore
import DenseKitStandard
import SmallModels
import Testing

@testable import DenseKitCLIP
@testable import DenseKitDenseCLIP
@testable import DenseKitLanguageGuidance

@Suite struct DenseCLIPTests {
    /// A backbone without language gets an attention pool on its last stage.
    @Test func anyBackbone() throws {
        let model = try model(resNet18)
        let prompter = try model.denseCLIP
        #expect(
            prompter.visual.level == 3 && prompter.outputs.map(\.channels) == [64, 128, 256, 515])
        #expect(
            prompter.visual.attnpool?.attention.heads == 8 && prompter.visual.attnpool?.grid == 2)
        let names = try model.namedTensors().map(\.name)
        for name in [
            "attnpool.positional_embedding", "attnpool.q_proj.weight", "contexts", "gamma",
            "text_encoder.token_embedding.weight",
            "text_encoder.transformer.resblocks.1.attn.in_proj_weight",
            "text_encoder.transformer.resblocks.0.mlp.c_fc.weight",
            "context_decoder.memory_proj.0.weight",
            "context_decoder.decoder.0.cross_attn.q_proj.weight",
        ] { #expect(names.contains(name), "\(name)") }
        #expect(!names.contains { $0.hasPrefix("prompter") })
        #expect(
            try model.learned.contexts.shape == [1, 3, 16] && model.postModel.gamma.shape == [24])
        #expect(try abs(model.postModel.gamma.amax().item() - 1e-4) < 1e-10)
    }

    @Test func forwardAndBackward() throws {
        let model = try model(resNet18)
        let targets = Targets(labels: try Tensor.ones([2, 64, 96]).to(.int64))
        let losses = try model.losses(images(), targets, ForwardPass(wantsMetrics: true))
        #expect(
            losses.entries.map(\.name) == [
                "decode.loss_ce", "decode.acc_seg", "aux_identity.loss_ce", "aux_identity.acc_seg",
            ])
        try #require(try losses.total()).backward()
        for entry in try model.namedParameters() {
            let gradient = try #require(entry.tensor.grad, "\(entry.name)")
            #expect(try gradient.isFinite(), "\(entry.name)")
        }
    }

    @Test(arguments: [resNet18, tinyCLIP]) func mixedPrecisionTrains(_ backbone: String) throws {
        let model = try model(backbone)
        let targets = Targets(labels: try Tensor.ones([2, 64, 96]).to(.int64))
        let (exact, mixed) = try model.lossInAllPrecisions(images(), targets)
        for loss in mixed {
            #expect(try loss.dtype == .float32 && abs(loss.item() - exact) < 0.05 * exact)
        }
        #expect(try model.parametersWithoutGradient() == [])
    }

    @Test func aBackboneWithLanguageKeepsItsOwnPool() throws {
        let model = try model(tinyCLIP, "")
        let prompter = try model.denseCLIP
        #expect(
            try prompter.visual.attnpool == nil && model.postModel.gamma.shape == [20]
                && prompter.outputs.map(\.channels) == [32, 64, 128, 259])
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
            #expect(
                prompter.visual.level == level && prompter.outputs.map(\.channels) == channels
                    && prompter.visual.attnpool == nil)
            let prompted = try prompter(model.backbone(images(75, 101)), ForwardPass())
            #expect(
                prompted.maps.map { $0.size(1) } == channels
                    && prompted.scoreMaps[0].shape == [2, 3, 75 / patch, 101 / patch])
        }
    }

    /// Text is the plain one and γ times the context decoder's answer; scores are cosines.
    @Test func theScoreMapIsACosine() throws {
        let model = try model(tinyCLIP, "gamma: 0.5")
        let post = try model.postModel
        try model.setTraining(false)
        let seen = try model.recorded(images())
        let text = try #require(seen["text_embeddings"])
        let visual = try #require(seen["visual_embedding"])
        let global = try #require(seen["global_embedding"])
        let scores = try #require(seen["score_map"])
        #expect(
            text.shape == [2, 3, 20] && visual.shape == [2, 20, 2, 3] && global.shape == [2, 20]
                && scores.shape == [2, 3, 2, 3])
        let plain = try model.learned.textEncoder(
            model.denseCLIP.names, contexts: model.learned.contexts)
        let memory = try Tensor.cat(
            [global.unsqueezed(1), visual.reshaped([2, 20, 6]).transposed(1, 2)], dim: 1)
        let expected = try plain + post.contextDecoder(plain.expanded([2, 3, 20]), memory) * 0.5
        #expect(try (text - expected).abs().amax().item() < 1e-5)
        for image in 0..<2 {
            for k in 0..<3 {
                let t = try text.selected(0, image).selected(0, k)
                let v = try visual.selected(0, image).selected(1, 1).selected(1, 2)
                let cosine = try t.matmul(v).item() / (t.norm().item() * v.norm().item())
                #expect(
                    try abs(
                        scores.selected(0, image).selected(0, k).selected(0, 1).selected(0, 2)
                            .item() - cosine) < 1e-5)
            }
        }
        #expect(try scores.abs().amax().item() <= 1 + 1e-6)
    }

    @Test(arguments: [(33, 65), (32, 32), (95, 50)]) func oddSizes(_ height: Int, _ width: Int)
        throws
    {
        for backbone in [resNet18, tinyCLIP] {
            let model = try model(backbone)
            try model.setTraining(false)
            let found = try withoutGrad { try model.predictions(images(height, width)) }
            let embedding = try #require(found as? SegmentationPredictions).embedding
            // One rounds up at every step, the other only at the first.
            let sizes = [height, width].map {
                backbone == resNet18 ? ($0 + 31) / 32 : ($0 + 1) / 32
            }
            #expect(Array(embedding.shape.suffix(2)) == sizes)
            #expect(try embedding.isFinite())
        }
    }

    @Test func bytesAreTokens() throws {
        let model = try model(tinyCLIP, "", classes: ["sky", "Tree é"])
        #expect(
            try model.denseCLIP.names == [
                [256, 115, 107, 121, 257, 0, 0, 0, 0],
                [256, 116, 114, 101, 101, 32, 195, 169, 257],
            ])
        let encoder = try model.learned.textEncoder
        #expect(encoder.tokenEmbedding.weight.shape == [258, 16])
        #expect(encoder.positionalEmbedding.shape == [12, 16])  // 3 contexts and 9 tokens
    }

    @Test func givenTokensNeedNoVocabulary() throws {
        let registry = try Registry([CLIPPlugin(), DenseCLIPPlugin(), StandardPlugin()])
        var context = BuildContext(
            registry: registry, classNames: ["a", "b"],
            features: [FeatureSpec(channels: 64, stride: 32)])
        context.tokenIDs = [[49406, 320, 49407], [49406, 1, 49407]]
        context.language = LanguageSpec(width: 8, stride: 32)
        var configuration = DenseCLIP.Configuration(.contexts)
        configuration.common.textEncoder.width = 8
        configuration.common.textEncoder.layers = 1
        let prompter = try DenseCLIP(configuration, context)
        let source = try #require(prompter.prompting.text?.source as? LearnedContexts)
        #expect(
            prompter.names.count == 2
                && source.textEncoder.tokenEmbedding.weight.shape == [49408, 8])
    }

    @Test func noClasses() throws {
        let error = try #require(throws: BuildError.self) { try model(tinyCLIP, "", classes: []) }
        #expect(error.underlying == "needs the names of the classes, and the data set has none")
    }

    @Test func aBackboneThatForgetsItsLanguage() throws {
        let error = try #require(throws: SettingError.self) {
            try model("Forgetful", "").predictions(images())
        }
        #expect(
            error.description
                == "the backbone declares language outputs and returned none: set globalEmbedding and languageMap in its Features"
        )
    }
}
