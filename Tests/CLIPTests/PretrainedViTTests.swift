import DenseKit
import PublishedWeights
import Testing

@testable import CLIP

private func imageEncoder(_ settings: String) throws -> CLIPViT {
    try CLIPViT(.decode(yaml: "{\(settings)}"), BuildContext(registry: Registry()))
}

private let readAs = "(read as OpenAI CLIP)"
private let missing = "fpn1.0.weight, fpn1.0.bias, fpn1.1.weight, fpn1.1.bias, fpn1.2.weight, and 13 more"

@Suite(.serialized) struct OpenAIViTTests {
    @Test(
        "OpenAI's Vision Transformer loads; the grid of 14×14 positions is resized, and the pyramid begins anew",
        arguments: [
            (
                "input_resolution: 224",
                "matched 152, missing 18, unexpected 0, other shape 0, not needed 153 \(readAs)\n  missing in the file: \(missing)"
            ),
            (
                "input_resolution: 640",
                "matched 152, missing 18, unexpected 0, other shape 0, resized 1, not needed 153 \(readAs)\n"
                    + "  missing in the file: \(missing)\n  resized: positional_embedding (model [1601, 768], file [197, 768])"
            ),
            (
                "input_resolution: 224, embeddings: false",
                "matched 149, missing 18, unexpected 3, other shape 0, not needed 153 \(readAs)\n"
                    + "  missing in the file: \(missing)\n"
                    + "  unexpected in the file: visual.ln_post.bias, visual.ln_post.weight, visual.proj"
            ),
        ])
    func images(settings: String, report: String) throws {
        let encoder = try imageEncoder(settings)
        let file = try PublishedWeights.load("openai_clip_vit_b16")
        #expect("\(try encoder.loadPretrained(file, source: "ViT-B-16.pt"))" == report)
    }

    @Test("Asked to be whole, a file without the pyramid is refused; without blocks it is refused anyway")
    func wholeOrNot() throws {
        let encoder = try imageEncoder("input_resolution: 224")
        let file = try PublishedWeights.load("openai_clip_vit_b16")
        #expect(throws: LoadError.self) { try encoder.loadPretrained(file, atLeast: 1, source: "W") }
        let some = file.filter { !$0.key.contains("resblocks.3.") && !$0.key.contains("resblocks.4.") }
        #expect(throws: LoadError.self) { try encoder.loadPretrained(some, source: "W") }
    }

    @Test("A text encoder of another width and a ResNet are refused")
    func others() throws {
        let encoder = try imageEncoder("input_resolution: 224")
        for list in ["openai_clip_rn50", "openai_clip_rn50x4"] {
            let file = try PublishedWeights.load(list)
            #expect(throws: LoadError.self) { try encoder.loadPretrained(file, source: list) }
        }
    }

    @Test("Its text encoder loads too")
    func text() throws {
        var configuration = CLIPTextContextEncoder.Configuration()
        (configuration.outputDim, configuration.contextLength) = (512, 77)
        let encoder = try CLIPTextContextEncoder(configuration, BuildContext(registry: Registry()))
        let report = try encoder.loadPretrained(try PublishedWeights.load("openai_clip_vit_b16"), source: "ViT-B-16.pt")
        #expect("\(report)" == "matched 149, missing 0, unexpected 0, other shape 0, not needed 156 \(readAs)")
    }

    @Test("The global embedding is that of DenseCLIP's code: open_clip's with the class embedding counted twice")
    func embedding() throws {
        let answers = try TensorFile.load(PublishedWeights.path("tiny_clip_vit_answers.safetensors")).tensors
        func answer(_ name: String) throws -> Tensor { try #require(answers[name]).to(.float32) }
        let (weights, _) = try WeightsFile.load(PublishedWeights.path("tiny_clip_vit.pth"))
        let encoder = try imageEncoder(
            "layers: 4, width: 16, heads: 2, input_resolution: 64, output_dim: 32, out_indices: [0, 1, 2, 3]")
        #expect(try encoder.loadPretrained(weights, source: "W").missing.allSatisfy { $0.hasPrefix("fpn") })
        try encoder.setTraining(false)
        try withoutGrad {
            let found = try #require(try encoder(try answer("image")).globalEmbedding)
            #expect(try (found - answer("embedding")).abs().amax().item() < 1e-4)
            #expect(try (found - answer("openai_embedding")).abs().amax().item() > 1e-3)
            // With one of them taken from the position, it is OpenAI's.
            _ = try encoder.positionalEmbedding.narrowed(0, 0, 1).addInPlace(encoder.classEmbedding, scale: -1)
            let plain = try #require(try encoder(try answer("image")).globalEmbedding)
            #expect(try (plain - answer("openai_embedding")).abs().amax().item() < 1e-4)
        }
    }

    @Test("Positions of no square grid, or of another width, are not resized")
    func noGrid() throws {
        let encoder = try imageEncoder("layers: 4, width: 16, heads: 2, input_resolution: 32, out_indices: [0, 1, 2, 3]")
        let name = "positional_embedding"
        for rows in [0, 1, 3, 198] { #expect(try encoder.adapted(try Tensor.zeros([rows, 16]), name, to: [5, 16]) == nil) }
        #expect(try encoder.adapted(try Tensor.zeros([10, 15]), name, to: [5, 16]) == nil)
        #expect(try encoder.adapted(try Tensor.zeros([10, 16], dtype: .float16), name, to: [5, 16])?.shape == [5, 16])
        #expect(try encoder.adapted(try Tensor.zeros([10, 16]), "proj", to: [5, 16]) == nil)
    }
}
