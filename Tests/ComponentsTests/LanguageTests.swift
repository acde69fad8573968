import DenseKitComponents
import Testing

/// A prompter with a text table, which a model with kept text has as a buffer.
private final class Texts: Module, TextCaching {
    struct Configuration: YAMLConfiguration {}

    @Parameter var table: Tensor?
    @ModuleBuffer var text: Tensor?
    let outputs: [FeatureSpec]

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        if context.textIsCached {
            text = try Tensor.zeros([context.classCount])
        } else {
            table = try Tensor.full([context.classCount, 2], 3)
        }
        outputs = context.features
    }

    func callAsFunction(_ features: Features, _ step: ForwardPass) throws -> PrompterOutput {
        let text = try text ?? cachedText()["text"]
        return PrompterOutput(
            maps: features.maps, textEmbeddings: try #require(text), scoreMaps: [])
    }

    func losses(_ prompted: PrompterOutput, _ targets: Targets, _ step: ForwardPass) throws
        -> Losses
    { Losses() }
    func cachedText() throws -> [String: Tensor] { ["text": try (#require(table)).sum(1)] }
}

@Suite struct CachedTextTests {
    private func model(_ prompter: String, textIsCached: Bool = false) throws -> DenseModel {
        var registry = try tinyRegistry()
        registry.prompters.register("Texts", Texts.init)
        let configuration = try ModelConfiguration.decode(
            yaml:
                "{backbone: TinyNet, \(prompter)head: TinyHead, freeze: [\(prompter.contains("Texts") ? "table" : "")]}"
        )
        var context = BuildContext(registry: registry, classNames: ["road", "sky", "tree"])
        context.textIsCached = textIsCached
        return try DenseModel(configuration, context)
    }

    /// What is frozen need not be there any more.
    @Test func theRestOfTheModelStays() throws {
        let whole = try model("prompter: Texts, ")
        try whole.setTraining(false)
        let small = try whole.cachingText { try model("prompter: Texts, ", textIsCached: true) }
        let tensors = try small.namedTensors()
        let own = try whole.namedTensors()
        #expect(
            Set(tensors.map(\.name)) == Set(own.map(\.name)).subtracting(["table"]).union(["text"]))
        for entry in tensors {
            let expected =
                try own.first { $0.name == entry.name }?.tensor.detached().floats() ?? [6, 6, 6]
            #expect(try entry.tensor.detached().floats() == expected, "\(entry.name)")
        }
        #expect(!small.isTraining)
    }

    @Test(arguments: [
        ("", "a model without prompter"), ("prompter: TinyPrompter, ", "the prompter TinyPrompter"),
    ])
    func modelsWithoutLanguage(_ prompter: String, _ owner: String) throws {
        let model = try model(prompter)
        let text = try #require(throws: LanguageError.self) { try model.cachingText { model } }
        #expect(
            text.description
                == "\(owner) has no text that could be cached in place of a text encoder; use its checkpoint as it is"
        )
        let words = try #require(throws: LanguageError.self) {
            try model.classifier(for: ["a", "b"])
        }
        #expect(
            words.description
                == "\(owner) has no score map that new class names could be compared with; that takes a prompter with language"
        )
    }
}
