import DenseKitCore
import DenseKitResNet
import DenseKitStandard
import SmallModels
import Testing

@testable import DenseKitCLIP
@testable import DenseKitDenseCLIP

/// Classifies every position by the text: its projected features are compared with the text
/// embeddings of the classes, and the score map is added.
private final class TextHead: Module, Head {
    struct Configuration: YAMLConfiguration {
        var width = 20
    }

    let checkpointKey = "decode_head"
    var task: any HeadTask { SegmentationTask() }
    let projection: Conv2d
    let loss: any Loss

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        guard let first = context.features.first else { throw SettingError("needs features") }
        projection = try Conv2d(first.channels, configuration.width, kernel: 1)
        loss = try context.registry.losses.make(ComponentNode(type: "CrossEntropy"), context)
    }

    /// `[n, k, h, w]` at the size of the finest level
    private func logits(_ maps: [Tensor], _ step: ForwardPass) throws -> Tensor {
        guard let prompted = step.prompted else { throw SettingError("needs a prompter") }
        let seen = try projection(maps[0])  // [n, d, h, w]
        let n = seen.size(0)
        let d = seen.size(1)
        let h = seen.size(2)
        let w = seen.size(3)
        let similarity = try prompted.textEmbeddings.matmul(seen.reshaped([n, d, h * w])).reshaped([
            n, -1, h, w,
        ])
        return try similarity + prompted.scoreMaps[0].interpolated(to: Size2D(h, w), .bilinear())
    }

    func losses(_ maps: [Tensor], _ targets: Targets, _ step: ForwardPass) throws -> Losses {
        try segmentationLosses(logits(maps, step), loss: loss, targets, step)
    }

    func predictions(_ maps: [Tensor], _ step: ForwardPass) throws -> any Predictions {
        SegmentationPredictions(embedding: try logits(maps, step)) { $0 }
    }
}

private struct TextHeadPlugin: Plugin {
    func register(in registry: inout Registry) {
        registry.heads.register("TextHead", TextHead.init)
    }
}

@Suite struct TextHeadTests {
    private func model(prompter: String?) throws -> DenseModel {
        let registry = try Registry([
            ResNetPlugin(), CLIPPlugin(), DenseCLIPPlugin(), StandardPlugin(), SmallModelsPlugin(),
            TextHeadPlugin(),
        ])
        let part = prompter.map { "prompter: \($0), " } ?? ""
        let configuration = try ModelConfiguration.decode(
            yaml: "{backbone: \(tinyCLIP), \(part)head: TextHead}")
        return try DenseModel(
            configuration, BuildContext(registry: registry, classNames: ["road", "sky", "tree"]))
    }

    @Test(arguments: [PromptingMode.post, .pre, .template])
    func aHeadReadsTextEmbeddingsAndScoreMaps(_ mode: PromptingMode) throws {
        let model = try model(prompter: prompter(mode))
        let step = ForwardPass()
        let labels = try Tensor.zeros([2, 64, 96], dtype: .int64)
        let losses = try model.losses(images(), Targets(labels: labels), step)
        let prompted = try #require(step.prompted)
        #expect(
            prompted.textEmbeddings.shape == [2, 3, 20]
                && prompted.scoreMaps.map(\.shape) == [[2, 3, 2, 3]])
        // The prompter learns from the head's loss.
        let total = try #require(losses.terms.first).value
        try total.backward()
        let text = try model.namedParameters().filter {
            $0.name.hasPrefix("text_encoder") && $0.tensor.requiresGrad
        }
        #expect(!text.isEmpty && text.allSatisfy { $0.tensor.grad != nil })
    }

    @Test func eachPassHasItsOwnText() throws {
        let model = try model(prompter: prompter(.post))
        let step = ForwardPass()
        try withoutGrad {
            _ = try model.predictions(images(), step)
            let first = try #require(step.prompted).scoreMaps[0]
            _ = try model.predictions(images(128, 64), step)
            #expect(
                first.shape == [2, 3, 2, 3] && step.prompted?.scoreMaps[0].shape == [2, 3, 4, 2])
        }
    }

    @Test func withoutAPrompterThereIsNothing() throws {
        let model = try model(prompter: nil)
        #expect(throws: SettingError.self) { try model.predictions(images()) }
    }
}
