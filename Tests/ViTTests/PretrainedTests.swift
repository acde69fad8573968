import DenseKit
import PublishedWeights
import Testing

@testable import ViT

private func build(_ settings: String) throws -> ViT {
    try ViT(.decode(yaml: "{\(settings)}"), BuildContext(registry: Registry()))
}

private let missing = "  missing in the file: fpn1.0.weight, fpn1.0.bias, fpn1.1.weight, fpn1.1.bias, fpn1.2.weight, and 13 more"

/// A list, the network it belongs to, and what is reported.
private let table: [(list: String, settings: String, report: String)] = [
    (
        "timm_vit_b16", "input_resolution: 224, final_norm: true",
        "matched 150, missing 18, unexpected 0, other shape 0, not needed 2 (read as timm or DeiT ViT)\n\(missing)"
    ),
    (
        "timm_vit_b16", "input_resolution: 512",
        "matched 148, missing 18, unexpected 2, other shape 0, resized 1, not needed 2 (read as timm or DeiT ViT)\n\(missing)\n"
            + "  unexpected in the file: norm.bias, norm.weight\n  resized: pos_embed (model [1, 1025, 768], file [1, 197, 768])"
    ),
    (
        "torchvision_vit_b16", "input_resolution: 224, final_norm: true",
        "matched 150, missing 18, unexpected 0, other shape 0, not needed 2 (read as torchvision ViT)\n\(missing)"
    ),
    (
        "mmseg_1x_fpn_vit_b16", "input_resolution: 512, final_norm: true, out_indices: [2, 5, 8, 11]",
        "matched 150, missing 18, unexpected 0, other shape 0, not needed 60 (read as mmsegmentation)\n\(missing)"
    ),
]

@Suite(.serialized) struct PretrainedTests {
    @Test("Published Vision Transformers load by their own names; the pyramid begins anew", arguments: table)
    func published(list: String, settings: String, report: String) throws {
        let network = try build(settings)
        #expect("\(try network.loadPretrained(try PublishedWeights.load(list), source: list))" == report)
        // Nothing is left as it was, and nothing went to two places.
        let loaded = try network.namedTensors().filter { !$0.name.hasPrefix("fpn") }
        let values = try loaded.map { try $0.tensor.detached().amax().item().rounded() }
        #expect(Set(values).count == values.count)
    }

    @Test("In a whole model's file, too, where the backbone alone is asked for")
    func part() throws {
        let network = try build("input_resolution: 512, final_norm: true, out_indices: [2, 5, 8, 11]")
        let file = try PublishedWeights.load("mmseg_1x_fpn_vit_b16")
        #expect(try network.loadPretrained(file, prefix: "backbone", source: "W").matched.count == 150)
        #expect(throws: LoadError.self) { try network.loadPretrained(file, prefix: "backbone", atLeast: 1, source: "W") }
    }

    @Test("Files of other models are refused")
    func others() throws {
        let network = try build("input_resolution: 224")
        for list in ["openai_clip_vit_b16", "torchvision_resnet50"] {
            let file = try PublishedWeights.load(list)
            #expect(throws: LoadError.self) { try network.loadPretrained(file, source: list) }
        }
    }

    @Test("Maps are those of timm, torchvision and mmsegmentation", arguments: ["timm", "torchvision", "mmsegmentation"])
    func maps(project: String) throws {
        let answers = try TensorFile.load(PublishedWeights.path("tiny_vit_answers.safetensors")).tensors
        let (weights, _) = try WeightsFile.load(PublishedWeights.path("tiny_vit_\(project).pth"))
        let network = try build(
            "width: 16, heads: 2, layers: 4, input_resolution: 64, out_indices: [0, 1, 2, 3], final_norm: true")
        #expect(try network.loadPretrained(weights, source: project).missing.allSatisfy { $0.hasPrefix("fpn") })
        try network.setTraining(false)
        let found = try withoutGrad { try network(try #require(answers["\(project).image"])) }.maps
        // The third level is the third block's map, normalised; the fourth the last block's, normalised and pooled.
        let (third, fourth) = (try #require(answers["\(project).2"]), try #require(answers["\(project).3"]))
        #expect(try (found[2] - third).abs().amax().item() < 1e-4)
        #expect(try (found[3] - fourth.maxPool2d(2)).abs().amax().item() < 1e-4)
    }

    @Test("Positions of no square grid, or of another width, are not resized")
    func noGrid() throws {
        let network = try build("layers: 4, width: 16, heads: 2, input_resolution: 32, out_indices: [0, 1, 2, 3]")
        func adapted(_ shape: [Int], _ key: String = "pos_embed") throws -> [Int]? {
            try network.adapted(try Tensor.zeros(shape, dtype: .float16), key, to: [1, 5, 16])?.shape
        }
        #expect(try adapted([1, 197, 16]) == [1, 5, 16] && adapted([1, 10, 16]) == [1, 5, 16])
        for shape in [[1, 198, 16], [1, 1, 16], [1, 10, 15], [10, 16], [2, 10, 16]] { #expect(try adapted(shape) == nil) }
        #expect(try adapted([1, 10, 16], "cls_token") == nil)
    }
}
