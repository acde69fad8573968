import DenseKitCore
import DenseKitResNet
import DenseKitStandard
import SmallModels
import Testing

@testable import DenseKitCLIP
@testable import DenseKitCLIPSP
@testable import DenseKitLanguageGuidance

let resNet18 = "{type: ResNet, depth: 18}"
let tinyCLIP =
    "{type: CLIPResNet, layers: [1, 1, 1, 1], width: 8, output_dim: 32, input_resolution: 64, language_grid: fixed}"
let tinyViT =
    "{type: CLIPViT, layers: 4, width: 16, heads: 2, out_indices: [0, 1, 2, 3], output_dim: 32, input_resolution: 64, language_grid: fixed}"

/// Settings of a small decoder with two blocks.
let tinyDecoder = "multilabel_decoder: {blocks: 2, nodes: 6, head_width: 8}"

func buildContext(_ classes: [String] = ["road", "sky", "tree"]) throws -> BuildContext {
    let registry = try Registry([
        ResNetPlugin(), CLIPPlugin(), LanguageGuidancePlugin(), CLIPSPPlugin(), StandardPlugin(),
        SmallModelsPlugin(),
    ])
    return BuildContext(registry: registry, classNames: classes)
}

func model(_ backbone: String, _ settings: String = "", _ context: BuildContext? = nil) throws
    -> DenseModel
{
    let small =
        "type: CLIPSP, tokenizer: bytes, text_encoder: {width: 16, heads: 2, layers: 2}, "
        + "visual_proj: {output_dim: 32, input_resolution: 64}"
    let decoder = settings.contains("multilabel_decoder") ? "" : tinyDecoder
    let k = settings.contains("k: ") ? "" : "k: 2"
    let prompter = [small, decoder, k, settings].filter { !$0.isEmpty }.joined(separator: ", ")
    return try makeModel(backbone: backbone, prompter: "{\(prompter)}", context ?? buildContext())
}

extension DenseModel {
    var clipSP: CLIPSP { get throws { try #require(prompter as? CLIPSP) } }

    /// What the prompter makes of the test images.
    func prompted(_ images: Tensor, _ step: ForwardPass = ForwardPass()) throws -> PrompterOutput {
        try clipSP(backbone(images), step)
    }
}
