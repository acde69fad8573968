import DenseKitCore
import Testing

@testable import DenseKitLanguageGuidance

/// Class names as rows of token ids.
@Suite struct PromptTokensTests {
    private func context(_ classes: [String]) throws -> BuildContext {
        BuildContext(registry: try Registry([]), classNames: classes)
    }

    @Test(
        "The text encoder's GELU is the backbone's; by itself it says its own; a contradiction is refused"
    )
    func gelu() throws {
        func quick(_ language: LanguageSpec?, _ setting: Bool?) throws -> Bool {
            var context = try self.context(["sky"])
            context.language = language
            var settings = TextEncoderSettings()
            settings.quickGelu = setting
            let tokens = try PromptTokens(
                context, PromptForm(contexts: 1, length: nil), .bytes, vocabulary: nil)
            return try tokens.encoder(settings, outputDim: 8).quickGelu
        }
        let exact = LanguageSpec(width: 8, stride: 32, quickGELU: false)
        let openAI = LanguageSpec(width: 8, stride: 32)
        #expect(
            try quick(nil, nil) && quick(openAI, nil) && quick(openAI, true) && !quick(nil, false))
        #expect(try !quick(exact, nil) && !quick(exact, false))
        let error = try #require(throws: SettingError.self) { try quick(exact, true) }
        #expect(
            error.description
                == "text_encoder.quick_gelu is true, and the backbone's quick_gelu is false: both belong to one CLIP; set it at "
                + "the backbone alone")
    }

    @Test func bytes() throws {
        let form = try PromptForm(contexts: 3, length: nil)
        let tokens = try PromptTokens(context(["sky", "oak tree"]), form, .bytes, vocabulary: nil)
        #expect(tokens.rows.map(\.count) == [10, 10] && tokens.vocabularySize == 258)
        #expect(tokens.rows[0] == [256, 115, 107, 121, 257, 0, 0, 0, 0, 0])
        let encoder = try tokens.encoder(TextEncoderSettings(), outputDim: 24)
        #expect(
            encoder.contextLength == 13 && encoder.outputDim == 24 && encoder.vocabularySize == 258)
        let words = try #require(tokens.tokenize)
        #expect(try words(["sea"])[0].prefix(5) == [256, 115, 101, 97, 257])
        let error = try #require(throws: SettingError.self) { try words(["oak trees"]) }
        #expect(
            error.description.hasPrefix(
                "'oak trees' makes a prompt of 11 tokens with start and end, and the text encoder"))
    }

    /// Without a vocabulary on shapes alone: a name is three tokens.
    @Test func shapesAlone() throws {
        let forms = try [
            PromptForm(contexts: 8, length: nil), PromptForm(contexts: 8, length: 7),
            PromptForm(contexts: 8, length: 4),
            PromptForm(template: "a photo of a {}.", length: nil),
            PromptForm(template: "a photo of a {}.", length: 77),
        ]
        let counts = try withDevice(.meta) {
            try forms.map {
                try PromptTokens(context(["sky", "oak"]), $0, .bpe, vocabulary: "no such file").rows
                    .map(\.count)
            }
        }
        #expect(counts == [[5, 5], [7, 7], [4, 4], [9, 9], [77, 77]])
    }

    @Test func givenTokens() throws {
        var context = try context(["a", "b"])
        context.tokenIDs = [[49406, 320, 49407], [49406, 1, 49407]]
        let tokens = try PromptTokens(
            context, PromptForm(contexts: 2, length: 5), .bpe, vocabulary: "no such file")
        #expect(
            tokens.rows == context.tokenIDs && tokens.vocabularySize == 49408
                && tokens.tokenize == nil)
    }

    @Test(arguments: [
        (0, 5, "num_contexts must be 1…4096, found 0"),
        (8, 1, "context_length must be 2…4096, found 1"),
        (8, 4097, "context_length must be 2…4096, found 4097"),
    ])
    func outOfRange(_ contexts: Int, _ length: Int, _ expected: String) throws {
        let error = try #require(throws: SettingError.self) {
            try PromptForm(contexts: contexts, length: length)
        }
        #expect(error.description == expected)
    }

    @Test(arguments: ["a photo", "{} and {}"]) func templates(_ template: String) throws {
        let error = try #require(throws: SettingError.self) {
            try PromptForm(template: template, length: nil)
        }
        #expect(
            error.description
                == "template needs one {} where the class's name goes, found '\(template)'")
    }

    @Test func noClasses() throws {
        let form = try PromptForm(contexts: 1, length: nil)
        let error = try #require(throws: SettingError.self) {
            try PromptTokens(context([]), form, .bytes, vocabulary: nil)
        }
        #expect(error.description == "needs the names of the classes, and the data set has none")
    }
}

/// What text is compared with.
@Suite struct VisualEmbeddingsTests {
    private func context(language: LanguageSpec?) throws -> BuildContext {
        let features = [
            FeatureSpec(channels: 8, stride: 4), FeatureSpec(channels: 64, stride: 16),
            FeatureSpec(channels: 64, stride: 32),
        ]
        return BuildContext(
            registry: try Registry([]), classNames: ["a"], features: features, language: language)
    }

    private var pool: AttentionPoolSettings {
        var pool = AttentionPoolSettings()
        pool.outputDim = 24
        pool.inputResolution = 64
        return pool
    }

    @Test func ofTheBackbone() throws {
        let visual = try VisualEmbeddings(
            pool, context(language: LanguageSpec(width: 20, stride: 16)))
        #expect(try visual.width == 20 && visual.level == 1 && visual.namedTensors().isEmpty)
        var features = Features(maps: [])
        #expect(throws: SettingError.self) { try visual(features, ForwardPass()) }
        features.globalEmbedding = try Tensor.ones([2, 20])
        features.languageMap = try Tensor.ones([2, 20, 3, 5])
        #expect(try visual(features, ForwardPass()).memory().shape == [2, 16, 20])
    }

    @Test func ofItsOwnPool() throws {
        let visual = try VisualEmbeddings(pool, context(language: nil))
        #expect(visual.width == 24 && visual.level == 2 && visual.attnpool != nil)
        let maps = try [
            Tensor.ones([2, 8, 12, 20]), Tensor.ones([2, 64, 3, 5]), Tensor.ones([2, 64, 2, 3]),
        ]
        let seen = try visual(Features(maps: maps), ForwardPass())
        #expect(seen.global.shape == [2, 24] && seen.local.shape == [2, 24, 2, 3])
    }

    @Test func scoresAreCosines() throws {
        // two positions: (3, 4) and (1, 0)
        let map = try Tensor.from([3, 1, 4, 0] as [Float], shape: [1, 2, 1, 2])
        let text = try Tensor.from([0, 2, 5, 0, 0, 0] as [Float], shape: [1, 3, 2])
        let scores = try scoreMap(map, text)
        #expect(scores.shape == [1, 3, 1, 2])
        for (found, expected) in zip(try scores.floats(), [0.8, 0, 0.6, 1, 0, 0] as [Float]) {
            #expect(abs(found - expected) < 1e-6)
        }
    }

    @Test func noFeatures() throws {
        let empty = BuildContext(registry: try Registry([]), classNames: ["a"])
        let error = try #require(throws: SettingError.self) { try VisualEmbeddings(pool, empty) }
        #expect(error.description == "needs a backbone with at least one level of features")
    }
}
