import DenseKitCore
import DenseKitStandard
import SmallModels
import Testing

@testable import DenseKitCLIP
@testable import DenseKitDenseCLIP
@testable import DenseKitLanguageGuidance

/// A model whose text was computed once and kept, without text encoder.
@Suite struct CachedTextTests {
    private static let keepable: [PromptingMode] = [.post, .postTemplate, .contexts, .template]

    private func keeping(_ whole: DenseModel, _ mode: PromptingMode) throws -> DenseModel {
        try whole.cachingText {
            try model(tinyCLIP, "", prompting: mode, textIsCached: true, freeze: "[text_encoder]")
        }
    }

    @Test(arguments: keepable) func answersAreTheSameToTheBit(_ mode: PromptingMode) throws {
        let whole = try model(tinyCLIP, "", prompting: mode)
        try whole.setTraining(false)
        let small = try keeping(whole, mode)
        let (a, b) = try withoutGrad { try (whole.scores(), small.scores()) }
        #expect(try !small.isTraining && (a - b).abs().amax().item() == 0)
        let names = Set(try small.namedTensors().map(\.name))
        #expect(
            names.contains("text_embeddings")
                && !names.contains { $0.hasPrefix("text_encoder") || $0 == "contexts" })
        #expect(names.contains("gamma") == (mode == .post || mode == .postTemplate))
        let kept = try #require(try small.namedTensors().first { $0.name == "text_embeddings" })
        #expect(kept.tensor.shape == [3, 20] && kept.kind == .buffer)
    }

    /// A kept model can be kept again.
    @Test func again() throws {
        let whole = try model(tinyCLIP, "")
        try whole.setTraining(false)
        let small = try keeping(whole, .post)
        let again = try keeping(small, .post)
        #expect(try withoutGrad { try (again.scores() - whole.scores()).abs().amax().item() } == 0)
    }

    /// The vocabulary of a byte-pair encoding is not asked for.
    @Test func noVocabularyIsNeeded() throws {
        let registry = try Registry([CLIPPlugin(), DenseCLIPPlugin(), StandardPlugin()])
        var context = BuildContext(
            registry: registry, classNames: ["a", "b"],
            features: [FeatureSpec(channels: 64, stride: 32)])
        context.language = LanguageSpec(width: 8, stride: 32)
        var configuration = DenseCLIP.Configuration(.contexts)
        configuration.common.vocabulary = "no such file"
        #expect(throws: (any Error).self) { try DenseCLIP(configuration, context) }
        context.textIsCached = true
        #expect(
            try DenseCLIP(configuration, context).namedTensors().map(\.name) == ["text_embeddings"])
    }

    @Test func textOfTheImagesCannotBeKept() throws {
        let expected =
            "prompting: pre computes the text again for every image, so it cannot be cached in place of the text encoder; test and infer with the "
            + "checkpoint itself"
        let whole = try model(tinyCLIP, "", prompting: .pre)
        let error = try #require(throws: SettingError.self) { try keeping(whole, .pre) }
        #expect(error.description == expected)
        let build = try #require(throws: BuildError.self) {
            try model(tinyCLIP, "", prompting: .pre, textIsCached: true)
        }
        #expect(build.underlying == expected)
    }
}

/// Words that the model was not trained for, compared with every position.
@Suite struct NewClassNamesTests {
    private func scores(_ model: DenseModel, _ words: [String]) throws -> Tensor {
        try withoutGrad {
            let found = try model.classifier(for: words)(images())
            let scores = try #require(found as? SegmentationPredictions)
            return try scores.classify(scores.embedding)
        }
    }

    /// The model's own classes, in another order and with others between: each has the score map
    /// that it has alone.
    @Test(arguments: PromptingMode.allCases) func ownClassesKeepTheirScores(_ mode: PromptingMode)
        throws
    {
        // In the context decoder the texts see one another; with γ at 1e-4 that counts little.
        try RandomGenerator.seed(1)
        let model = try model(tinyCLIP, "", prompting: mode)
        try model.setTraining(false)
        let own = try withoutGrad { try model.scores() }  // road, sky, tree
        let words = try scores(model, ["tree", "oak", "road"])
        #expect(words.shape == [2, 3, 2, 3])
        for (word, index) in [(0, 2), (2, 0)] {
            #expect(
                try (words.selected(1, word) - own.selected(1, index)).abs().amax().item() < 1e-3)
        }
        #expect(try (words.selected(1, 1) - own.selected(1, 1)).abs().amax().item() > 1e-3)
        // And the model's own answers are what they were.
        #expect(try (withoutGrad { try model.scores() } - own).abs().amax().item() < 1e-5)
    }

    @Test func theLargestScoreDecides() throws {
        let model = try model(tinyCLIP, "")
        try model.setTraining(false)
        let words = ["wall", "sky", "hut", "oak"]
        let inference = try SegmentationInference(model, classNames: words, mode: .whole)
        let labels = try withoutGrad { try inference.labels(of: images()) }
        let expected = try scores(model, words).interpolated(to: Size2D(64, 96), .bilinear())
            .argmax(1)
        #expect(labels.shape == [2, 64, 96])
        #expect(try labels.to(.int64).equals(expected).to(.float32).mean().item() > 0.999)
        let windows = try SegmentationInference(
            model, classNames: words, mode: .slide(crop: Size2D(64, 64), stride: Size2D(32, 32)))
        #expect(try withoutGrad { try windows.labels(of: images()) }.shape == [2, 64, 96])
    }

    @Test func wordsThatDoNotFit() throws {
        // room for "road" and "tree": four bytes, start and end
        let contexts = try model(tinyCLIP, "")
        let error = try #require(throws: SettingError.self) {
            try contexts.classifier(for: ["sky", "house"])
        }
        #expect(
            error.description == """
                'house' makes a prompt of 7 tokens with start and end, and the text encoder of this model has room for 6: use a shorter word
                """)
        let template = try model(tinyCLIP, "template: 'a {}'", prompting: .template)
        let other = try #require(throws: SettingError.self) {
            try template.classifier(for: ["house"])
        }
        #expect(
            other.description.hasPrefix("'house' makes a prompt of 9 tokens with start and end"))
    }

    @Test func modelsThatCannot() throws {
        let whole = try model(tinyCLIP, "")
        let small = try whole.cachingText { try model(tinyCLIP, "", textIsCached: true) }
        let error = try #require(throws: SettingError.self) {
            try small.classifier(for: ["a", "b"])
        }
        #expect(
            error.description == """
                new class names need the model's text encoder and tokenizer, and this model has none: it was exported with the text of its own \
                classes. Use the checkpoint that it was exported from
                """)
        let registry = try Registry([CLIPPlugin(), StandardPlugin(), SmallModelsPlugin()])
        let plain = try DenseModel(
            .decode(yaml: "{backbone: \(tinyCLIP), head: AllLevels}"),
            BuildContext(registry: registry, classNames: ["a"]))
        let none = try #require(throws: LanguageError.self) {
            try plain.classifier(for: ["a", "b"])
        }
        #expect(
            none.description
                == "a model without prompter has no score map that new class names could be compared with; that takes a prompter with language"
        )
        let text = try #require(throws: LanguageError.self) { try plain.cachingText { plain } }
        #expect(
            text.description
                == "a model without prompter has no text that could be cached in place of a text encoder; use its checkpoint as it is"
        )
    }
}
