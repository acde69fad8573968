import DenseKitCore
import SmallModels
import Testing

@testable import DenseKitCLIP
@testable import DenseKitICPC
@testable import DenseKitLanguageGuidance

@Suite struct ICPCTests {
    /// A score map joins every level from the language map's stride down to 4.
    @Test(arguments: [
        (tinyCLIP, "", [35, 67, 131, 259], [32, 16, 8, 4]),
        (resNet18, "", [67, 131, 259, 515], [32, 16, 8, 4]),
        (tinyViT, "", [19, 19, 19, 16], [16, 8, 4]),
        (tinyCLIP, "multi_scale: false", [32, 64, 128, 259], [32]),
        (tinyViT, "multi_scale: false", [16, 16, 19, 16], [16]),
    ])
    func levels(_ backbone: String, _ settings: String, _ channels: [Int], _ strides: [Int]) throws
    {
        let model = try model(backbone, settings)
        #expect(try model.icpc.outputs.map(\.channels) == channels)
        let prompted = try model.prompted(images())
        #expect(prompted.maps.map { $0.size(1) } == channels)
        #expect(prompted.scoreMaps.map(\.shape) == strides.map { [2, 3, 64 / $0, 96 / $0] })
        #expect(
            prompted.textEmbeddings.shape == [2, 3, backbone == resNet18 ? 24 : 20]
                && prompted.predictions == nil)
    }

    @Test func parts() throws {
        let names = Set(try model(resNet18).namedTensors().map(\.name))
        for name in [
            "contexts", "gamma", "projector.linear1.weight", "projector.linear2.bias",
            "alignment.embed_ups.0.0.weight",
            "alignment.score_ups.4.0.bias", "alignment.score_ups.2.2.weight",
            "attnpool.q_proj.weight",
            "context_decoder.memory_proj.0.weight", "text_encoder.positional_embedding",
        ] { #expect(names.contains(name), "\(name)") }
        #expect(
            !names.contains {
                $0.hasPrefix("alignment.score_ups.5") || $0.hasPrefix("alignment.embed_ups.1")
            })
        let plain = Set(
            try model(resNet18, "prompting: coop, multi_scale: false, contrastive: null")
                .namedTensors().map(\.name))
        #expect(
            names.subtracting(plain).allSatisfy {
                $0.hasPrefix("projector.") || $0.hasPrefix("alignment.")
            })
        #expect(plain.isSubset(of: names) && plain.contains("contexts"))
    }

    @Test(arguments: InstancePrompting.allCases, [tinyCLIP, resNet18, tinyViT])
    func everyParameterLearns(_ prompting: InstancePrompting, _ backbone: String) throws {
        try RandomGenerator.seed(3)
        let model = try model(backbone, "prompting: \(prompting.rawValue), gamma: 0.5")
        for (_, module) in try model.namedModules() { (module as? Dropout)?.probability = 0 }
        let losses = try model.losses(
            images(), Targets(labels: stripes()), ForwardPass(wantsMetrics: true))
        #expect(
            losses.entries.map(\.name) == [
                "decode.loss_ce", "decode.acc_seg", "aux_identity.loss_ce", "aux_identity.acc_seg",
                "loss_contrast",
            ])
        try #require(try losses.total()).backward()
        for entry in try model.namedParameters() {
            let gradient = try #require(entry.tensor.grad, "\(entry.name)")
            #expect(try gradient.isFinite(), "\(entry.name)")
            if entry.name.hasSuffix("k_proj.bias") { continue }
            #expect(try gradient.abs().amax().item() > 0, "\(entry.name)")
        }
    }

    /// A frozen text encoder hands gradients on to contexts, projector and image.
    @Test func gradientsPassAFrozenTextEncoder() throws {
        let model = try model(tinyCLIP, freeze: "[text_encoder]")
        try #require(try model.losses(images(), Targets(labels: stripes()), ForwardPass()).total())
            .backward()
        for entry in try model.namedParameters() {
            #expect(
                (entry.tensor.grad == nil) == entry.name.hasPrefix("text_encoder."), "\(entry.name)"
            )
        }
    }

    @Test(arguments: [tinyCLIP, tinyViT]) func mixedPrecisionTrains(_ backbone: String) throws {
        let model = try model(backbone, "contrast_weight: 0.01")
        let (exact, mixed) = try model.lossInAllPrecisions(images(), Targets(labels: stripes()))
        for loss in mixed {
            #expect(try loss.dtype == .float32 && abs(loss.item() - exact) < 0.05 * exact)
        }
        #expect(try model.parametersWithoutGradient() == [])
    }

    @Test(arguments: [(33, 65), (32, 32), (95, 50)]) func oddSizes(_ height: Int, _ width: Int)
        throws
    {
        for backbone in [resNet18, tinyCLIP, tinyViT] {
            let model = try model(backbone)
            try model.setTraining(false)
            let prompted = try withoutGrad { try model.prompted(images(height, width)) }
            let maps = Array(
                (backbone == tinyViT ? Array(prompted.maps.prefix(3)) : prompted.maps).reversed())
            #expect(
                prompted.scoreMaps.map { $0.shape.suffix(2) } == maps.map { $0.shape.suffix(2) })
            #expect(try prompted.scoreMaps.allSatisfy { try $0.isFinite() })
        }
    }

    /// With everything new off, the model is DenseCLIP's: the text is the plain one and γ times the
    /// context decoder's answer.
    @Test func withoutItsPartsItIsDenseCLIP() throws {
        let model = try model(
            tinyCLIP, "prompting: coop, multi_scale: false, contrastive: null, gamma: 0.5")
        try model.setTraining(false)
        let icpc = try model.icpc
        let losses = try model.losses(images(), Targets(labels: stripes()), ForwardPass())
        #expect(losses.entries.map(\.name) == ["decode.loss_ce", "aux_identity.loss_ce"])
        var seen: [String: Tensor] = [:]
        _ = try withoutGrad { try model.prompted(images(), ForwardPass { seen[$0] = $1 }) }
        let source = try #require(icpc.prompting.text?.source as? LearnedContexts)
        let plain = try source.textEncoder(icpc.names, contexts: source.contexts)
        let global = try #require(seen["global_embedding"])
        let visual = try #require(seen["visual_embedding"])
        let memory = try ImageEmbeddings(global: global, local: visual).memory()
        let text = try plain + icpc.contextDecoder(plain.expanded([2, 3, 20]), memory) * 0.5
        #expect(try (text - #require(seen["text_embeddings"])).abs().amax().item() < 1e-5)
        #expect(
            try (scoreMap(visual, text) - #require(seen["score_map"])).abs().amax().item() < 1e-5)
    }

    /// Table 11: the coarsest map over τ in place of the head's logits.
    @Test func predictsFromTheAlignment() throws {
        let model = try model(tinyCLIP, "predict_from: alignment")
        try model.setTraining(false)
        let prompted = try withoutGrad { try model.prompted(images()) }
        let predictions = try withoutGrad { try model.predictions(images()) }
        let found = try #require(predictions as? SegmentationPredictions)
        #expect(
            try (found.classify(found.embedding) * 0.07 - prompted.scoreMaps[0]).abs().amax().item()
                < 1e-5)
        let labels = try withoutGrad {
            try SegmentationInference(model, mode: .whole).labels(of: images())
        }
        let expected = try prompted.scoreMaps[0].interpolated(to: Size2D(64, 96), .bilinear())
            .argmax(1)
        #expect(try labels.to(.int64).equals(expected).to(.float32).mean().item() > 0.999)
        // It learns as any other.
        #expect(
            try model.losses(images(), Targets(labels: stripes()), ForwardPass()).entries.count == 3
        )
    }

    /// New words are compared with the language map; the model's own classes keep their scores.
    @Test func newWords() throws {
        let model = try model(tinyCLIP)
        try model.setTraining(false)
        let own = try withoutGrad { try model.prompted(images()).scoreMaps[0] }
        let words = try withoutGrad {
            let found = try model.classifier(for: ["tree", "oak", "road"])(images())
            let scores = try #require(found as? SegmentationPredictions)
            return try scores.classify(scores.embedding)
        }
        // In the context decoder the texts see one another; with γ at 1e-4 that counts little.
        for (word, index) in [(0, 2), (2, 0)] {
            #expect(
                try (words.selected(1, word) - own.selected(1, index)).abs().amax().item() < 1e-3)
        }
    }

    @Test(arguments: [
        ("temperature: 0", "temperature must be 1e-06…1000000.0, found 0.0"),
        ("num_contexts: 0", "num_contexts must be 1…4095, found 0"),
        (
            "prompting: cocoop, num_contexts: 9223372036854775807",
            "num_contexts must be 1…4095, found 9223372036854775807"
        ),
        ("context_length: 1", "context_length must be 2…4096, found 1"),
        ("projector_hidden: 0", "projector_hidden must be 1…65536, found 0"),
        ("contrast_weight: -1", "contrast_weight must be 0.0…1000000.0, found -1.0"),
        ("contrastive: {points: 0}", "contrastive.points must be 1…65536, found 0"),
        (
            "contrastive: {temperature: 0}",
            "contrastive.temperature must be 1e-06…1000000.0, found 0.0"
        ),
        (
            "prompting: template, template: photo",
            "template needs one {} where the class's name goes, found 'photo'"
        ),
    ])
    func outOfRange(_ settings: String, _ expected: String) throws {
        #expect(try refusal { try model(tinyCLIP, settings) } == expected)
    }

    @Test(arguments: [
        ("prompting: post", "prompting: 'post' is none of icpc, coop, cocoop, instance, template"),
        ("predict_from: text", "predict_from: 'text' is none of head, alignment"),
        (
            "contrastive: {sampling: hard}",
            "contrastive.sampling: 'hard' is none of easy_to_hard, random"
        ),
        ("contrastive: {point: 5}", "did you mean 'points'?"),
    ])
    func unknownWords(_ settings: String, _ expected: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try model(tinyCLIP, settings) }
        #expect(error.description.contains(expected), "\(error)")
    }

    @Test func textOfTheImagesCannotBeKept() throws {
        let whole = try model(tinyCLIP)
        let error = try #require(throws: LanguageError.self) { try whole.cachingText { whole } }
        #expect(
            error.description.hasPrefix(
                "the prompter ICPC has no text that could be cached in place of a text encoder"))
        let build = try #require(throws: BuildError.self) {
            try model(tinyCLIP, textIsCached: true)
        }
        #expect(build.underlying == ICPC.notCached)
    }
}
