import DenseKitCore
import Foundation
import Testing

@testable import DenseKitVerification

/// CLIP-SP with the text of its classes as an input, in place of token ids and a text encoder.
@Suite(.serialized) struct CodebookTests {
    /// The case of the whole model, with the codebook that its text encoder makes, changed by
    /// `change`.
    private func verify(
        _ change: (inout [[String: Any]]) -> Void = { _ in }, keepsTokens: Bool = false
    ) throws -> [Comparison] {
        let name = "clip_sp_r50_fpn_eval"
        let folder = try Folder(copyOf: name)
        let answers = try TensorFile.load(folder.path(name + ".safetensors")).tensors
        let codebook = try #require(answers["codebook"])
        try folder.edit(name + ".json") { object in
            let parameters = try #require(object["parameters"] as? [[String: Any]])
            object["parameters"] = parameters.filter {
                ($0["name"] as? String)?.hasPrefix("text_encoder.") != true
            }
            var inputs = try #require(object["inputs"] as? [[String: Any]])
            if !keepsTokens { inputs.removeAll { $0["name"] as? String == "tokens" } }
            inputs.append([
                "name": "codebook", "kind": "values", "shape": codebook.shape,
                "values": try codebook.floats().map(Double.init),
            ])
            change(&inputs)
            object["inputs"] = inputs
            var config = try #require(object["config"] as? [String: Any])
            config["text_encoder"] = nil
            object["config"] = config
        }
        return try verifier().verify(folder.path(name + ".json"))
    }

    @Test func theSameAnswersAsWithTheTextEncoder() throws {
        let comparisons = try verify()
        let failures = comparisons.filter { !$0.passes }.map { "\($0.output): \($0.note)" }
        #expect(failures.isEmpty, "\(failures)")
        #expect(comparisons.contains { $0.output == "codebook" && $0.maxAbs == 0 })
        #expect(comparisons.contains { $0.output == "seg_logits" })
    }

    @Test func anotherCodebookGivesOtherAnswers() throws {
        let failed = try verify { inputs in
            inputs[inputs.count - 1]["values"] = nil
            inputs[inputs.count - 1]["kind"] = nil
            inputs[inputs.count - 1].merge(["seed": "x", "offset": 0, "scale": 1]) { $1 }
        }.filter { !$0.passes }.map(\.output)
        #expect(failed.contains("codebook") && failed.contains("ml_logits"))
    }

    @Test func aCodebookOfAnotherWidth() throws {
        let comparisons = try verify {
            $0[$0.count - 1] = ["name": "codebook", "shape": [6, 512], "value": 0]
        }
        #expect(
            comparisons.contains {
                $0.output == "text_embeddings"
                    && $0.note == "shape [6, 1024], the reference has [6, 512]"
            })
    }

    @Test func aCodebookAndTokens() throws {
        let error = try #require(throws: GoldenCaseError.self) { try verify(keepsTokens: true) }
        #expect(
            error.description.hasSuffix(
                "has the text of its classes twice, as the input codebook and as token ids: give one of them"
            ))
    }
}
