import DenseKitCore
import PublishedWeights
import Testing

@testable import DenseKitSwin

/// Small Swins of other projects with what their stages answer.
@Suite struct AnswerTests {
    @Test("Stages answer as those of timm and torchvision", arguments: ["timm", "torchvision"])
    func stages(project: String) throws {
        let yaml =
            "{type: Swin, embed_dims: 4, depths: [2, 2, 2, 1], num_heads: [1, 2, 2, 4], window_size: 3}"
        let network = try build(yaml)
        let file = PublishedWeights.path("tiny_swin_\(project).safetensors")
        let report = try network.loadPretrained(TensorFile.load(file).tensors, source: file)
        #expect(report.missing.count == 8 && report.unexpected.isEmpty && report.mismatched.isEmpty)
        try network.setTraining(false)
        let answers = try TensorFile.load(PublishedWeights.path("tiny_swin_answers.safetensors"))
            .tensors
        try withoutGrad {
            let maps = try network(#require(answers["image"])).maps
            for (stage, map) in maps.enumerated() {
                let answer = try #require(answers["\(project)_\(stage)"]).permuted(0, 3, 1, 2)
                #expect(try distance(map, answer) < 1e-4, "stage \(stage + 1)")
            }
        }
    }
}
