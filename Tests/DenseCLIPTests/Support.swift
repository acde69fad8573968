import DenseKitCore
import DenseKitResNet
import DenseKitStandard
import SmallModels
import Testing

@testable import DenseKitCLIP
@testable import DenseKitDenseCLIP
@testable import DenseKitLanguageGuidance

/// Declares a language map that it does not return.
final class Forgetful: Module, Backbone {
    struct Configuration: YAMLConfiguration {}

    let outputs = [FeatureSpec(channels: 3, stride: 1)]
    let language: LanguageSpec? = LanguageSpec(width: 8, stride: 1)

    init(_ configuration: Configuration) {}
    func callAsFunction(_ images: Tensor) throws -> Features { Features(maps: [images]) }
}

struct TestPlugin: Plugin {
    func register(in registry: inout Registry) {
        registry.backbones.register("Forgetful", Forgetful.init)
    }
}

/// A prompter's settings in small: those of every way of prompting, and those of each.
private let common =
    "type: DenseCLIP, tokenizer: bytes, text_encoder: {width: 16, heads: 2, layers: 2}"
private let own: [PromptingMode: String] = {
    let decoder = "context_decoder: {width: 12, heads: 2, layers: 1}"
    return [
        .post: "num_contexts: 3, \(decoder)", .postTemplate: "prompting: post_template, \(decoder)",
        .pre: "prompting: pre, num_contexts: 3, \(decoder)",
        .contexts: "prompting: contexts, num_contexts: 3",
        .template: "prompting: template",
    ]
}()
let resNet18 = "{type: ResNet, depth: 18}"
let tinyCLIP =
    "{type: CLIPResNet, layers: [1, 1, 1, 1], width: 8, output_dim: 20, input_resolution: 64}"

/// `{type: DenseCLIP, …}` in small, with further settings.
func prompter(_ mode: PromptingMode, _ settings: String = "") -> String {
    "{" + [common, own[mode] ?? "", settings].filter { !$0.isEmpty }.joined(separator: ", ") + "}"
}

/// - Parameter textIsCached: without text encoder, for text that comes with the weights
func model(
    _ backbone: String,
    _ settings: String = "attention_pool: {output_dim: 24, input_resolution: 64}",
    prompting mode: PromptingMode = .post, classes: [String] = ["road", "sky", "tree"],
    textIsCached: Bool = false,
    freeze: String = "[]"
) throws -> DenseModel {
    let registry = try Registry([
        ResNetPlugin(), CLIPPlugin(), DenseCLIPPlugin(), StandardPlugin(), SmallModelsPlugin(),
        TestPlugin(),
    ])
    var context = BuildContext(registry: registry, classNames: classes)
    context.textIsCached = textIsCached
    return try makeModel(
        backbone: backbone, prompter: prompter(mode, settings), freeze: freeze, context)
}

extension DenseModel {
    var denseCLIP: DenseCLIP { get throws { try #require(prompter as? DenseCLIP) } }
    var postModel: PostModelPrompting {
        get throws { try #require(try denseCLIP.prompting as? PostModelPrompting) }
    }
    var learned: LearnedContexts {
        get throws { try #require(try denseCLIP.prompting.text?.source as? LearnedContexts) }
    }

    /// The score map of the test images.
    func scores() throws -> Tensor {
        var scores: Tensor?
        let step = ForwardPass { name, tensor in if name == "score_map" { scores = tensor } }
        _ = try predictions(images(), step)
        return try #require(scores).detached()
    }
}
