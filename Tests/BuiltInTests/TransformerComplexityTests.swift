import DenseKitCore
import Testing

private let auxiliary =
    "model.auxiliary_heads=[{type: FCN, in_index: 2, channels: 256, num_convs: 1, concat_input: false}]"
private let upernet = ["model.neck=null", "model.head={type: UPerNet, channels: 512}", auxiliary]

/// A model, `[configuration] + overrides`, with its parameters in millions and its multiply-adds /
/// 1e9 by both counts of transposed convolutions.
private struct Expected: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let config: String
    let overrides: [String]
    var size = 1024
    let parameters: String
    let gflops: String
    var atOutputs: String?
}

private let models = [
    Expected(
        testDescription: "CLIP ViT-B, Semantic FPN", config: fpn50,
        overrides: ["model.backbone={type: CLIPViT, embeddings: false, input_resolution: 512}"],
        parameters: "100.84",
        gflops: "863.46", atOutputs: "1037.41"),
    Expected(
        testDescription: "CLIP ViT-B, Semantic FPN, at 512", config: fpn50,
        overrides: ["model.backbone={type: CLIPViT, embeddings: false, input_resolution: 512}"],
        size: 512, parameters: "100.84",
        gflops: "157.95"),
    Expected(
        testDescription: "DenseCLIP on ViT-B", config: dense50,
        overrides: ["model.backbone={type: CLIPViT, input_resolution: 640}"],
        parameters: "105.27", gflops: "869.16", atOutputs: "1043.10"),
    Expected(
        testDescription: "DenseCLIP on ViT-B, at 640", config: dense50,
        overrides: ["model.backbone={type: CLIPViT, input_resolution: 640}"], size: 640,
        parameters: "105.27", gflops: "266.26"),
    Expected(
        testDescription: "UperNet on ResNet-50", config: fpn50, overrides: upernet,
        parameters: "66.52", gflops: "953.25"),
    Expected(
        testDescription: "UperNet on ResNet-101", config: fpn50,
        overrides: upernet + ["model.backbone.depth=101"],
        parameters: "85.51", gflops: "1031.04"),
    Expected(
        testDescription: "UperNet on Swin-T", config: fpn50,
        overrides: upernet + ["model.backbone={type: Swin}"],
        parameters: "59.94", gflops: "945.71"),
    Expected(
        testDescription: "UperNet on Swin-S", config: fpn50,
        overrides: upernet + ["model.backbone={type: Swin, variant: small}"],
        parameters: "81.26", gflops: "1040.77"),
    Expected(
        testDescription: "DenseCLIP with UperNet on Swin-T", config: denseIN50,
        overrides: upernet + ["model.backbone={type: Swin}"], parameters: "66.86", gflops: "951.6"),
    Expected(
        testDescription: "DenseCLIP with UperNet on Swin-S", config: denseIN50,
        overrides: upernet + ["model.backbone={type: Swin, variant: small}"], parameters: "88.18",
        gflops: "1046.7"),
    Expected(
        testDescription: "learned contexts alone", config: dense50 + "_contexts", overrides: [],
        parameters: "46.30",
        gflops: "268.4"),
]

@Suite struct TransformerComplexityTests {
    @Test(
        "Transformers, UperNet and ways of prompting, without a text encoder that runs once",
        arguments: models)
    private func wholeModels(_ expected: Expected) throws {
        let found = try complexity(expected.config, expected.overrides, size: expected.size)
        let millions = Double(found.parametersPerImage) / 1e6
        let cost = found.model.total.cost
        #expect(
            agrees(millions, expected.parameters), "\(millions) M, expected \(expected.parameters)")
        #expect(
            agrees(cost.perImage / 1e9, expected.gflops),
            "\(cost.perImage / 1e9) G, expected \(expected.gflops)")
        guard let atOutputs = expected.atOutputs else { return }
        #expect(
            agrees(cost.perImageAtOutputs / 1e9, atOutputs),
            "\(cost.perImageAtOutputs / 1e9) G, expected \(atOutputs)")
    }

    @Test("The backbones by themselves", arguments: [("tiny", "98.9"), ("small", "193.9")])
    func swin(_ variant: String, _ gflops: String) throws {
        let model = try complexity(
            fpn50, upernet + ["model.backbone={type: Swin, variant: \(variant)}"]
        ).model
        let part = try #require(model["backbone"]).total.cost.perImage / 1e9
        #expect(agrees(part, gflops), "\(part) G, expected \(gflops)")
    }

    /// Published for the head are its layers alone; the whole has resizes from level to level, to
    /// the finest, and of what was pooled.
    @Test(
        "UperNet's head without its resizes",
        arguments: [("{type: Swin}", "845.6"), ("{type: ResNet, depth: 50, stem: v1c}", "861.1")])
    func head(_ backbone: String, _ gflops: String) throws {
        let head = try #require(
            complexity(fpn50, upernet + ["model.backbone=\(backbone)"]).model["decode_head"]
        ).total
        let positions = 256 * 256 + 128 * 128 + 64 * 64 + 3 * 256 * 256 + 4 * 32 * 32
        let layers = (head.cost.perImage - Double(4 * 512 * positions)) / 1e9
        #expect(agrees(layers, gflops), "\(layers) G, expected \(gflops)")
    }

    @Test("Pre-model prompting has the text encoder in the sums: it runs for every image")
    func preModel() throws {
        let found = try complexity(dense50 + "_pre")
        #expect(
            found.model.onceParts.isEmpty
                && found.parametersPerImage == found.model.total.parameters)
        #expect(agrees(Double(found.parametersPerImage) / 1e6, "116.8"))
        let text = try #require(found.model["text_encoder"]).total.cost
        #expect(agrees(text.perImage / 1e9, "74.12") && text.once == 0)
        #expect(
            found.model.total.cost.perImage > 342e9
                && found.asRun.perImage < found.model.total.cost.perImage - 40e9)
    }
}
