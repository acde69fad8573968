import DenseKitCore
import SmallModels
import Testing

@testable import DenseKitCLIP
@testable import DenseKitCLIPSP
@testable import DenseKitLanguageGuidance

@Suite struct PrompterTests {
    /// The last stage gets the text's width, and nothing else changes.
    @Test(arguments: [
        (tinyCLIP, [32, 64, 128, 32]), (resNet18, [64, 128, 256, 32]), (tinyViT, [16, 16, 16, 32]),
    ])
    func levels(_ backbone: String, _ channels: [Int]) throws {
        let model = try model(backbone)
        #expect(try model.clipSP.outputs.map(\.channels) == channels)
        var seen: [String: [Int]] = [:]
        let prompted = try model.prompted(images(), ForwardPass { seen[$0] = $1.shape })
        #expect(prompted.maps.map { $0.size(1) } == channels)
        #expect(
            prompted.maps[3].shape == [2, 32, 2, 3] && prompted.textEmbeddings.shape == [2, 3, 32])
        #expect(
            prompted.classLogits?.shape == [2, 3]
                && prompted.scoreMaps.map(\.shape) == [[2, 2, 2, 3]])
        #expect(prompted.scoreLabels?.shape == [2, 2])
        #expect(
            seen["visual"] == [2, 5, 32] && seen["codebook"] == [3, 32] && seen["gate"]?.first == 2)
    }

    @Test func parts() throws {
        let names = Set(try model(resNet18).namedTensors().map(\.name))
        for name in [
            "visual_proj.weight", "text_encoder.positional_embedding",
            "multilabel_decoder.blocks.1.w_v",
            "multilabel_decoder.blocks.0.text_graph.conv.weight",
            "multilabel_decoder.classifier.bias",
            "scene_refinement.pool.weight",
            "scene_refinement.k_proj.weight",
        ] { #expect(names.contains(name), "\(name)") }
        #expect(
            !names.contains("scene_refinement.k_proj.bias")
                && !names.contains("multilabel_decoder.blocks.0.compress.bias"))
        let mlp = Set(
            try model(tinyCLIP, "multilabel_decoder: {type: MLP}").namedTensors().map(\.name))
        #expect(
            mlp.contains("multilabel_decoder.mlp.4.bias") && !mlp.contains("visual_proj.weight"))
    }

    @Test(
        arguments: [
            "", "multilabel_decoder: {type: MLP}, batch_drop: none",
            "scene_refinement: {gate: none}",
        ],
        [tinyCLIP, resNet18, tinyViT])
    func everyParameterLearns(_ settings: String, _ backbone: String) throws {
        try RandomGenerator.seed(3)
        let model = try model(backbone, settings)
        let losses = try model.losses(images(), Targets(labels: stripes()), ForwardPass())
        #expect(
            losses.entries.map(\.name) == [
                "decode.loss_ce", "aux_multilabel.loss_asl", "aux_scene.loss_ce",
            ])
        let total = try #require(try losses.total())
        try total.backward()
        for entry in try model.namedParameters() {
            let isFrozen =
                entry.name.hasPrefix("text_encoder.")
                || entry.name.contains("blocks.1.visual_attn.")
                || entry.name.hasSuffix("blocks.1.w_v")
            guard !isFrozen else {
                #expect(entry.tensor.grad == nil && !entry.tensor.requiresGrad, "\(entry.name)")
                continue
            }
            #expect(try #require(entry.tensor.grad, "\(entry.name)").isFinite(), "\(entry.name)")
        }
    }

    /// The factors are λ₁ and λ₂.
    @Test func weights() throws {
        let model = try model(tinyCLIP)
        try model.setTraining(false)
        let step = ForwardPass()
        let prompted = try model.prompted(images(), step)
        func losses(_ settings: String) throws -> [Double] {
            let other = try CLIPSPTests.model(tinyCLIP, settings).clipSP
            return try other.losses(prompted, Targets(labels: stripes()), step).entries.map {
                try $0.value.item()
            }
        }
        let plain = try losses("lambda_1: 1, lambda_2: 1")
        let weighted = try losses("lambda_1: 3, lambda_2: 0.5")
        #expect(
            abs(weighted[0] - 3 * plain[0]) < 1e-6 && abs(weighted[1] - 0.5 * plain[1]) < 1e-6
                && plain.allSatisfy { $0 > 0 })
    }

    @Test(arguments: [tinyCLIP, tinyViT]) func mixedPrecisionTrains(_ backbone: String) throws {
        let model = try model(backbone)
        for dtype in DType.mixed(on: .cpu) {
            let total = try #require(
                try withAutocast(dtype) {
                    try model.losses(images(), Targets(labels: stripes()), ForwardPass())
                }.total())
            #expect(try total.dtype == .float32 && total.isFinite())
            try total.backward()
        }
        for entry in try model.namedParameters() {
            if let gradient = entry.tensor.grad {
                #expect(try gradient.isFinite(), "\(entry.name)")
            }
        }
    }

    /// The tokens of the text stand on a fixed grid, whatever the image.
    @Test(arguments: [(33, 65), (32, 32), (95, 50), (128, 64)]) func sizes(
        _ height: Int, _ width: Int
    ) throws {
        for backbone in [resNet18, tinyCLIP, tinyViT] {
            let model = try model(backbone)
            try model.setTraining(false)
            var tokens: [Int] = []
            let prompted = try withoutGrad {
                try model.prompted(
                    images(height, width), ForwardPass { if $0 == "visual" { tokens = $1.shape } })
            }
            #expect(tokens == [2, 5, 32])
            #expect(try prompted.maps.allSatisfy { try $0.isFinite() })
        }
    }

    @Test func nativeGrid() throws {
        for backbone in [tinyCLIP, tinyViT] {
            let model = try model(backbone.replacing("fixed", with: "native"))
            var tokens = 0
            _ = try model.prompted(
                images(), ForwardPass { if $0 == "visual" { tokens = $1.size(1) } })
            #expect(tokens == (backbone == tinyCLIP ? 2 * 3 : 4 * 6) + 1)
        }
    }

    /// The codebook is computed once, and again for other weights.
    @Test func codebook() throws {
        let model = try model(tinyCLIP)
        let codebook = try model.clipSP.codebook
        let first = try codebook()
        #expect(try codebook() === first && !first.requiresGrad)
        let projection = try #require(
            model.namedParameters().first { $0.name == "text_encoder.text_projection" }
        ).tensor
        try withoutGrad { _ = try projection.mulInPlace(2) }
        try model.weightsDidChange()
        #expect(try (codebook() - first * 2).abs().amax().item() < 1e-5)
    }

    /// Exported with its text, a model predicts the same.
    @Test func cachedText() throws {
        let whole = try model(tinyCLIP)
        try whole.setTraining(false)
        let kept = try whole.cachingText {
            var context = try buildContext()
            context.textIsCached = true
            return try model(tinyCLIP, "", context)
        }
        #expect(try !kept.namedTensors().contains { $0.name.hasPrefix("text_encoder.") })
        let (a, b) = try withoutGrad {
            try (whole.prompted(images()).maps[3], kept.prompted(images()).maps[3])
        }
        #expect(try (a - b).abs().amax().item() == 0)
    }

    @Test(arguments: [
        ("k: 0", "k must be 1…65535, found 0"),
        ("lambda_1: -1", "lambda_1 must be 0.0…1000000.0, found -1.0"),
        ("batch_drop: {start: 2}", "batch_drop.start must be 0.0…1.0, found 2.0"),
        ("batch_drop: {decay: -0.5}", "batch_drop.decay must be 0.0…1.0, found -0.5"),
        ("scene_refinement: {width: 0}", "scene_refinement.width must be 1…65536, found 0"),
        ("scene_refinement: {hidden: 0}", "scene_refinement.hidden must be 1…65536, found 0"),
        ("multilabel_decoder: {blocks: 0}", "blocks must be 1…1000, found 0"),
        ("multilabel_decoder: {nodes: 0}", "nodes must be 1…65536, found 0"),
        (
            "multilabel_decoder: {head_width: 5}",
            "an attention_width of 16 cannot be shared by heads of 5: set head_width"
        ),
        ("template: photo", "template needs one {} where the class's name goes, found 'photo'"),
        ("asymmetric_loss: {clip: 2}", "clip must be 0.0…1.0, found 2.0"),
        ("asymmetric_loss: {eps: 0}", "eps must be above 0 and below 1, found 0.0"),
    ])
    func outOfRange(_ settings: String, _ expected: String) throws {
        #expect(try refusal { try model(tinyCLIP, settings) } == expected)
    }

    @Test(arguments: [
        ("batch_drop: sometimes", "batch_drop: expected a mapping"),
        ("multilabel_decoder: {type: MPL}", "did you mean 'MLP'?"),
        ("lamda_1: 3", "did you mean 'lambda_1'?"),
        ("scene_refinement: {gate: relu}", "'relu' is none of sigmoid, none"),
    ])
    func unknownWords(_ settings: String, _ expected: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try model(tinyCLIP, settings) }
        #expect(error.description.contains(expected), "\(error)")
    }

    @Test func fixedGridsBelongToNoLevel() throws {
        let error = try #require(throws: SettingError.self) {
            var context = try buildContext()
            context.features = [FeatureSpec(channels: 8, stride: 32)]
            context.language = LanguageSpec(width: 8, stride: 32, side: 2)
            return try VisualEmbeddings(AttentionPoolSettings(), context)
        }
        #expect(
            error.problem
                == "the backbone's language map has 2×2 positions whatever the image (language_grid: fixed), and this prompter compares it "
                + "with a level of the pyramid: set language_grid: native")
    }
}
