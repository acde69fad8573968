import DenseKitCore
import DenseKitResNet
import DenseKitStandard
import SmallModels
import Testing

@testable import DenseKitCLIP
@testable import DenseKitICPC
@testable import DenseKitLanguageGuidance

let resNet18 = "{type: ResNet, depth: 18}"
let tinyCLIP =
    "{type: CLIPResNet, layers: [1, 1, 1, 1], width: 8, output_dim: 20, input_resolution: 64}"
let tinyViT =
    "{type: CLIPViT, layers: 4, width: 16, heads: 2, out_indices: [0, 1, 2, 3], output_dim: 20, input_resolution: 64}"

func model(
    _ backbone: String, _ settings: String = "", classes: [String] = ["road", "sky", "tree"],
    freeze: String = "[]",
    textIsCached: Bool = false
) throws -> DenseModel {
    let registry = try Registry([
        ResNetPlugin(), CLIPPlugin(), LanguageGuidancePlugin(), ICPCPlugin(), StandardPlugin(),
        SmallModelsPlugin(),
    ])
    let small =
        "type: ICPC, tokenizer: bytes, text_encoder: {width: 16, heads: 2, layers: 2}, "
        + "context_decoder: {width: 12, heads: 2, layers: 1}"
    let pool =
        backbone == resNet18 ? ["attention_pool: {output_dim: 24, input_resolution: 64}"] : []
    let hidden = settings.contains("projector_hidden") ? "" : "projector_hidden: 8"
    let prompter = ([small, hidden, settings] + pool).filter { !$0.isEmpty }.joined(separator: ", ")
    var context = BuildContext(registry: registry, classNames: classes)
    context.textIsCached = textIsCached
    return try makeModel(backbone: backbone, prompter: "{\(prompter)}", freeze: freeze, context)
}

extension DenseModel {
    var icpc: ICPC { get throws { try #require(prompter as? ICPC) } }

    /// What the prompter makes of the test images.
    func prompted(_ images: Tensor, _ step: ForwardPass = ForwardPass()) throws -> PrompterOutput {
        try icpc(backbone(images), step)
    }
}
